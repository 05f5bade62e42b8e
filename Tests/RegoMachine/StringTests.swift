import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.strings + Builtin.units + Builtin.aggregates)

@Suite struct StringTests {
    @Test func searchingForNothingFails() {
        for name in ["indexof", "indexof_n"] {
            #expect(throws: BuiltinError.failed("empty search character")) {
                try call(name, "a", "")
            }
        }
    }

    @Test func substringRefusesANegativeOffset() {
        #expect(throws: BuiltinError.failed("negative offset")) {
            try call("substring", "åäö", -1, -1)
        }
    }

    @Test func elementsMustBeStrings() {
        let message = "must be array of strings but got array containing number"
        #expect(throws: BuiltinError.operandContent(position: 2, message: message)) {
            try call("concat", "/", ["a", 1])
        }
        #expect(throws: BuiltinError.operandContent(position: 1, message: message)) {
            try call("strings.any_prefix_match", ["a", 1], "a")
        }
    }

    @Test func replacementsMustBeStrings() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 1, message: "non-string key found in pattern object")
        ) { try call("strings.replace_n", [2: "x"], "foo") }
        #expect(
            throws: BuiltinError.operandContent(
                position: 1, message: "non-string value found in pattern object")
        ) { try call("strings.replace_n", ["f": 100], "foo") }
    }

    @Test func templatesWithTwoValuesConflict() {
        #expect(
            throws: BuiltinError.conflict("template-strings must not produce multiple outputs")
        ) { try call("internal.template_string", [.set([1, 2])]) }
    }

    @Test func growthIsBoundedByTheArena() {
        var small = call
        small.limits.memoryBytes = 1 << 16
        let text = Term.string(String(repeating: "a", count: 2_000))
        #expect(throws: BuiltinError.limit(.memory)) { try small("replace", text, "a", text) }
        #expect(throws: BuiltinError.limit(.memory)) { try small("sprintf", "%900000d", [1]) }
    }

    static let rows: [(name: String, operands: [Term], result: Term)] = [
        ("split", ["test", ""], ["t", "e", "s", "t"]),
        ("split", ["", ""], []),
        ("split", ["", "."], [""]),
        ("split", ["foo.bar.", "."], ["foo", "bar", ""]),
        ("strings.split_n", ["a.b.c.d", ".", -2], ["c", "d"]),
        ("strings.split_n", ["a.b.c.d", ".", 0], []),
        ("strings.split_n", ["abc", "", 2], ["a", "b"]),
        ("indexof", ["🍧🍨🧁🍰🍮", "🍮"], 4),
        ("indexof", ["μ", "μμ"], -1),
        ("indexof_n", ["aaaa", "aa"], [0, 1, 2]),
        ("indexof_n", ["😇😀😇😀", "😀"], [1, 3]),
        ("substring", ["aåäö", 2, -1], "äö"),
        ("substring", ["åäö", 0, 2], "åä"),
        ("substring", ["åäö", 4, -1], ""),
        ("substring", ["abc", 1, .number("9223372036854775807")], "bc"),
        ("count", ["åäö"], 3),
        ("strings.count", ["dummy", ""], 6),
        ("strings.count", ["11111", "11"], 2),
        ("strings.reverse", ["1😀𝛾"], "𝛾😀1"),
        ("replace", ["foo...bar", "..", ",,"], "foo,,.bar"),
        ("replace", ["aé", "", "-"], "-a-é-"),
        ("strings.replace_n", [["foo": "xxx", "f": "x"], "foobar"], "xoobar"),
        ("trim", ["¡¡¡foo, bar!!!", "!¡"], "foo, bar"),
        ("trim_space", ["\t \u{A0}x\u{3000}\n"], "x"),
        ("trim_prefix", ["abc", "ab"], "c"),
        ("trim_suffix", ["abc", "bc"], "a"),
        ("trim_right", ["aÀÀ", "À"], "a"),
        ("lower", ["ﬀ İ ΣΑΣ"], "ﬀ i σασ"),
        ("upper", ["ÀÉß ﬀ ᾀ"], "ÀÉß ﬀ ᾈ"),
        ("concat", ["/", .set(["b", "a"])], "a/b"),
        ("strings.any_suffix_match", [["a/b/c"], ["/c"]], true),
        ("strings.any_prefix_match", [[], ["a"]], false),
        (
            "internal.template_string", [["a", .set([]), .set([[1, "x"]]), 42, nil]],
            "a<undefined>[1, \"x\"]42null"
        ),
    ]

    @Test(arguments: rows)
    func countsScalarsAsOPADoes(row: (name: String, operands: [Term], result: Term)) throws {
        #expect(try call(row.name, with: row.operands) == row.result)
    }

    @Test func longPatternsAreFoundInLinearTime() throws {
        let haystack = String(repeating: "ab", count: 200_000)
        let needle = String(repeating: "ab", count: 50_000) + "c"
        #expect(try call("contains", .string(haystack), .string(needle)) == false)
        #expect(try call("contains", .string(haystack + needle), .string(needle)) == true)
    }
}

@Suite struct UnitTests {
    static let refused: [(name: String, text: String, message: String)] = [
        ("units.parse", "", "no amount provided"),
        ("units.parse", "G", "no amount provided"),
        ("units.parse", ".5.2", "could not parse amount to a number"),
        ("units.parse", "100 k", "spaces not allowed in resource strings"),
        ("units.parse", "10e10000000Ei", "exponent too large"),
        ("units.parse", "1foo", "unit foo not recognized"),
        ("units.parse_bytes", "foo", "no byte amount provided"),
        ("units.parse_bytes", "0.0.0", "could not parse byte amount to a number"),
        ("units.parse_bytes", "5B", "byte unit b not recognized"),
    ]

    @Test(arguments: refused)
    func saysWhatItCannotRead(row: (name: String, text: String, message: String)) {
        #expect(throws: BuiltinError.failed("\(row.name): \(row.message)")) {
            try call(row.name, .string(row.text))
        }
    }

    @Test func anExponentThatFitsItsDigitsMayStillBeTooLong() {
        #expect(throws: BuiltinError.limit(.numberDigits)) {
            try call("units.parse_bytes", "1e999999")
        }
    }

    static let read: [(name: String, text: String, number: String)] = [
        ("units.parse", "500m", "0.5000000000"),
        ("units.parse", "1000m", "1"),
        ("units.parse", "100mi", "104857600"),
        ("units.parse", "1.5Ki", "1536"),
        ("units.parse", "2E", "2000000000000000000"),
        ("units.parse", "-1.00000000005m", "-0.0010000000"),
        ("units.parse_bytes", "\"100TIB\"", "109951162777600"),
        ("units.parse_bytes", "1.1KiB", "1126"),
        ("units.parse_bytes", ".5KB", "500"),
        ("units.parse_bytes", "10eib", "11529215046068469760"),
        ("units.parse_bytes", "1e-2KB", "10"),
    ]

    @Test(arguments: read)
    func readsAmounts(row: (name: String, text: String, number: String)) throws {
        #expect(try call(row.name, .string(row.text)) == .number(row.number))
    }
}
