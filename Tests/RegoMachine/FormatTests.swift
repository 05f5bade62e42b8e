import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.strings)

/// One call of `sprintf` and what it gives.
struct FormatRow: Sendable, CustomTestStringConvertible {
    let format: String
    let arguments: [Term]
    let result: String

    init(_ format: String, _ arguments: [Term], _ result: String) {
        (self.format, self.arguments, self.result) = (format, arguments, result)
    }

    var testDescription: String { "\(format) -> \(result)" }
}

@Suite struct FormatTests {
    static let mistakes: [FormatRow] = [
        .init("%", [.number("12345678901234567890")],
            "%!(NOVERB)%!(EXTRA *big.Int=12345678901234567890)"),
        .init("%y", [-3], "%!y(int=-3)"),
        .init("%s", [5], "%!s(int=5)"),
        .init("%d", [.number("3.14")], "%!d(float64=3.14)"),
        .init("%d", ["x"], "%!d(string=x)"),
        .init("%t", [true], "%!t(string=true)"),
        .init("%f", [.number("18446744073709551615")], "%!f(big.Int=18446744073709551615)"),
        .init("%5.2f|", [.set([.number("1.5"), 100])], "%!f(string=   {1)|"),
        .init("%*d", [], "%!(BADWIDTH)%!d(MISSING)"),
        .init("%.*d", ["a", 1], "%!(BADPREC)1"),
        .init("%[2]v %[1]v", [0], "%!v(BADINDEX) 0"),
        .init("%d %d", [1], "1 %!d(MISSING)"),
        .init("none", [1, .number("-2.5")], "none%!(EXTRA int=1, float64=-2.5)"),
        .init("%1000000000d", [1], "%!(NOVERB)%!(EXTRA int=1)"),
    ]

    @Test(arguments: mistakes)
    func complainsAsGoDoes(row: FormatRow) throws {
        let text = try call("sprintf", .string(row.format), .array(row.arguments))
        #expect(text == .string(row.result))
    }

    static let numbers: [FormatRow] = [
        .init("%d|%5d|%-5d|%05d|%+d|% d", [1, 2, 3, 4, 5, 6], "1|    2|3    |00004|+5| 6"),
        .init("%.3d|%8.3d", [5, 5], "005|     005"),
        .init("%x %X %#x %o %#o %O %b", [255, 255, 255, 8, 8, 8, 5],
            "ff FF 0xff 10 010 0o10 101"),
        .init("%v %s", [.number("123456789123456789123"), .number("123456789123456789123")],
            "123456789123456789123 123456789123456789123"),
        .init("%x|%030d", [.number("18446744073709551616"), .number("-18446744073709551616")],
            "10000000000000000|-00000000018446744073709551616"),
        .init("%c %q %U %#U", [128_512, 65, 128_512, 65], "😀 'A' U+1F600 U+0041 'A'"),
        .init("%v %v %v", [.number("1e3"), .number("1e6"), .number("123456789.0")],
            "1000 1e+06 1.23456789e+08"),
        .init("%.2f|%8.3f|%-8.3f|%08.3f", [
            .number("3.1415"), .number("3.1415"), .number("3.1415"), .number("-3.1415"),
        ], "3.14|   3.142|3.142   |-003.142"),
        .init("%.0f %.0f", [.number("0.5"), .number("1.5")], "0 2"),
        .init("%e %.3E %g %G", [
            .number("1234.5678"), .number("1234.5678"), .number("1e-7"), .number("1e100"),
        ], "1.234568e+03 1.235E+03 1e-07 1E+100"),
        .init("%.3g|%.10g|%#g|%6.3v", [
            .number("1234.5678"), .number("1234.5678"), .number("1.5"),
            .number("0.30000000000000004"),
        ], "1.23e+03|1234.5678|1.50000|   0.3"),
        .init("%x %.2x", [.number("1.5"), .number("1.999")], "0x1.8p+00 0x1.00p+01"),
        .init("%v", [.number("2e308")], "2e308"),
        .init("%[3]*.[2]*[1]f", [.number("12.0"), 2, 6], " 12.00"),
    ]

    @Test(arguments: numbers)
    func formatsNumbersAsGoDoes(row: FormatRow) throws {
        let text = try call("sprintf", .string(row.format), .array(row.arguments))
        #expect(text == .string(row.result))
    }

    static let texts: [FormatRow] = [
        .init("%s|%5s|%-5s|%.1s|%05s", ["é", "é", "é", "éa", "é"], "é|    é|é    |é|0000é"),
        .init("%q %+q %#q", ["a\"b\n\u{1}é", "é😀", "ab"],
            #""a\"b\n\x01é" "\u00e9\U0001f600" `ab`"#),
        .init("%x|% X|%#x", ["abc", "abc", "abc"], "616263|61 62 63|0x616263"),
        .init("%v %s", [["there", 5, .number("3.14")], nil], "[\"there\", 5, 3.14] null"),
        .init("%v", [["a": .set([]), "b": .set([2, 1])]], "{\"a\": set(), \"b\": {1, 2}}"),
        .init("%T %T %T %T", [1, "a", .number("1.5"), .number("99999999999999999999")],
            "int string float64 *big.Int"),
        .init("100%%", [], "100%"),
    ]

    @Test(arguments: texts)
    func formatsTextsAndTerms(row: FormatRow) throws {
        let text = try call("sprintf", .string(row.format), .array(row.arguments))
        #expect(text == .string(row.result))
    }
}
