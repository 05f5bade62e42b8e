import Testing

@testable import RegoMachine

private let call = Calls(
    rows: Builtin.operators + Builtin.numbers + Builtin.aggregates + Builtin.bits
        + Builtin.conversions)

extension Calls {
    /// A call with as many operands as a row of a table has.
    func callAsFunction(_ name: String, with operands: [Term]) throws -> Term {
        try inQuery { call in try call(name, operands) }
    }
}

/// A call of one builtin on numbers, and the text of its result.
struct NumberRow: Sendable, CustomTestStringConvertible {
    let name: String
    let operands: [String]
    let result: String

    init(_ name: String, _ operands: String..., gives result: String) {
        (self.name, self.operands, self.result) = (name, operands, result)
    }

    var testDescription: String { "\(name)(\(operands.joined(separator: ", "))) = \(result)" }
}

@Suite struct NumberRefusalTests {
    @Test(arguments: ["0", "0.0", "0e5", "-0"])
    func divisionByAnyZeroFails(divisor: String) {
        #expect(throws: BuiltinError.failed("divide by zero")) {
            try call("div", 1, .number(divisor))
        }
    }

    @Test func remaindersAreOfIntegersAndNotByZero() {
        #expect(throws: BuiltinError.failed("modulo by zero")) { try call("rem", 7, 0) }
        #expect(throws: BuiltinError.failed("modulo on floating-point number")) {
            try call("rem", .number("1.1"), 1)
        }
    }

    @Test(arguments: ["1e1000000000", "1e-1000000000", "1e99999999999999999999"])
    func longExponentsAreRefusedBeforeTheyAreExpanded(bomb: String) {
        for name in ["plus", "minus", "mul", "div"] {
            #expect(throws: BuiltinError.limit(.numberDigits)) {
                try call(name, .number(bomb), .number("1.5"))
            }
        }
        #expect(throws: BuiltinError.limit(.numberDigits)) { try call("floor", .number(bomb)) }
    }

    @Test func hugeResultsAreRefused() {
        #expect(throws: BuiltinError.limit(.numberDigits)) {
            try call("mul", .number("1e60000"), .number("1e60000"))
        }
        #expect(throws: BuiltinError.limit(.numberDigits)) {
            try call("bits.lsh", 1, 999_999_999_999)
        }
    }

    @Test func longRangesAreRefusedBeforeTheyAreBuilt() {
        #expect(throws: BuiltinError.limit(.steps)) {
            try call("numbers.range", 0, 999_999_999_999)
        }
        #expect(throws: BuiltinError.limit(.memory)) {
            try call("numbers.range", 0, .number("9223372036854775807"))
        }
    }

    @Test func differencesAreOfOneKind() {
        #expect(throws: BuiltinError.operand(position: 2, expected: ["set"], got: "number")) {
            try call("minus", .set([1]), 1)
        }
        #expect(throws: BuiltinError.operand(position: 2, expected: ["number"], got: "set")) {
            try call("minus", 1, .set([1]))
        }
    }

    @Test func bitsAreOfIntegers() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 1, message: "must be integer number but got floating-point number")
        ) { try call("bits.and", .number("7.2"), 1) }
        #expect(
            throws: BuiltinError.operandContent(
                position: 2,
                message: "must be an unsigned integer number but got a negative integer")
        ) { try call("bits.lsh", 7, -1) }
    }

    @Test func stepsArePositive() {
        #expect(
            throws: BuiltinError.failed("numbers.range_step: step must be a positive integer")
        ) { try call("numbers.range_step", 0, 10, -2) }
    }

    @Test func sumNamesWhatIsNoNumber() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 1, message: "must be array of numbers but got array containing string")
        ) { try call("sum", [1, "a"]) }
    }

    @Test(arguments: ["broken", "", "007", "+3", "0x10", " 1", "1__0", "_1", "1e", "."])
    func toNumberRefusesWhatIsNoNumber(text: String) {
        #expect(
            throws: BuiltinError.failed(
                "strconv.ParseFloat: parsing \"\(text)\": invalid syntax")
        ) { try call("to_number", .string(text)) }
    }

    @Test(arguments: ["inf", "-iNf", "Infinity", "+nan"])
    func toNumberRefusesWhatIsNotFinite(text: String) {
        #expect(
            throws: BuiltinError.operand(
                position: 1, expected: ["valid number string"], got: "string")
        ) { try call("to_number", .string(text)) }
    }

    @Test(arguments: ["", "-", "01", "1.", ".5", "1e", "+1", "1_0", "0x1", "1 "])
    func literalsAreJSON(text: String) {
        #expect(!Numbers.isLiteral(Array(text.utf8)))
    }
}

@Suite struct NumberTests {
    /// OPA's results: the conformance cases' own, and generated ones.
    static let golden: [NumberRow] = [
        .init("plus", "18446744073709551617", "1", gives: "18446744073709551618"),
        .init("plus", "9223372036854775807", "1", gives: "9223372036854775808"),
        .init("plus", "1.0", "1e2", gives: "101"),
        .init("plus", "1.5", "2.5", gives: "4"),
        .init("plus", "1.1", "2.2", gives: "3.3000000000000000002"),
        .init("plus", "0.1", "0.2", gives: "0.3"),
        .init("minus", "-18446744073709551617", "1", gives: "-18446744073709551618"),
        .init("minus", "0.3", "0.3", gives: "0"),
        .init("mul", "18446744073709551617", "2", gives: "36893488147419103234"),
        .init("mul", "-2.5", "0", gives: "-0"),
        .init("div", "1", "100", gives: "0.01"),
        .init("div", "1", "1.50", gives: "0.6666666666666666667"),
        .init("div", "1", "1e18", gives: "1e-18"),
        .init("div", "1", "12345678901234567890", gives: "8.1000000729000006636e-20"),
        .init("div", "1e18", "3.999999999999999999", gives: "2.5000000000000000006e+17"),
        .init("div", "1e18", "1e-3", gives: "1000000000000000000060"),
        .init("div", "-9223372036854775808", "-1", gives: "9223372036854775808"),
        .init("div", "0", "-5", gives: "-0"),
        .init("rem", "-7", "4", gives: "-3"),
        .init("rem", "-9223372036854775808", "-1", gives: "0"),
        .init("rem", "10", "18446744073709551616", gives: "10"),
        .init("rem", "18446744073709551617", "18446744073709551616", gives: "1"),
        .init("rem", "100", "-18446744073709551616", gives: "100"),
        .init("abs", "1.50", gives: "1.5"),
        .init("abs", "-9223372036854775808", gives: "9223372036854775808"),
        .init("round", "-0.5", gives: "-1"),
        .init("round", "3.999999999999999999", gives: "4"),
        .init("round", "-98765432109876543210", gives: "-98765432109876543208"),
        .init("div", "1", "3", gives: "0.33333333333333333334"),
        .init("mul", "31.5541248321533203125", "1", gives: "31.554124832153320312"),
        .init("floor", "18446744073709551615.9", gives: "18446744073709551616"),
        .init("floor", "-1.001", gives: "-2"),
        .init("floor", "-0.5", gives: "0"),
        .init("ceil", "-1.99999", gives: "-1"),
        .init("ceil", "-0.5", gives: "1"),
        .init("ceil", "12345678901234567890", gives: "12345678901234567890"),
        .init("bits.lsh", "9223372036854775807", "1", gives: "18446744073709551614"),
        .init("bits.rsh", "-2", "64", gives: "-1"),
        .init("bits.rsh", "-18446744073709551616", "3", gives: "-2305843009213693952"),
        .init("bits.and", "18446744073709551615", "-1", gives: "18446744073709551615"),
        .init("bits.or", "-18446744073709551617", "18446744073709551616", gives: "-1"),
        .init("bits.xor", "-18446744073709551616", "1", gives: "-18446744073709551615"),
        .init("bits.negate", "18446744073709551615", gives: "-18446744073709551616"),
    ]

    @Test(arguments: golden)
    func computesAsOPADoes(row: NumberRow) throws {
        let operands = row.operands.map { Term.number($0) }
        #expect(try call(row.name, with: operands) == .number(row.result))
    }

    static let aggregates: [(name: String, list: [String], result: String)] = [
        ("sum", ["0.30000000000000004", "0.1", "1e-3"], "0.40100000000000003998"),
        ("sum", ["12345678901234567890", "1", "-2.5"], "12345678901234567888"),
        ("sum", ["9223372036854775807", "1"], "9223372036854775808"),
        ("sum", ["18446744073709551617", "1"], "18446744073709551618"),
        ("sum", [], "0"),
        ("product", ["0.30000000000000004", "1.50"], "0.45000000000000006"),
        ("product", ["4611686018427387904", "1e18"], "4611686018427387904000000000000000000"),
        ("product", [], "1"),
        ("max", ["1", "1.0"], "1.0"),
    ]

    @Test(arguments: aggregates)
    func aggregatesAreExactWhereAllAreIntegers(
        row: (name: String, list: [String], result: String)
    ) throws {
        #expect(
            try call(row.name, .array(row.list.map { .number($0) })) == .number(row.result))
    }

    @Test func aggregatesOfNothingThatNeedSomethingAreUndefined() throws {
        #expect(try call("max", []) == .undefined)
        #expect(try call("min", .set([])) == .undefined)
    }

    @Test func rangesGoUpAndDown() throws {
        #expect(try call("numbers.range", 2, -1) == [2, 1, 0, -1])
        #expect(try call("numbers.range_step", 2, 5, 2) == [2, 4])
        #expect(try call("numbers.range_step", 0, 10, .number("99999999999999999999")) == [0])
        let (last, beyond): (Term, Term) = (
            .number("9223372036854775807"), .number("9223372036854775808")
        )
        #expect(try call("numbers.range", last, beyond) == [last, beyond])
    }

    @Test func formatIntDropsFractions() throws {
        #expect(try call("format_int", .number("-15.9"), 16) == "-f")
        #expect(
            try call("format_int", .number("-18446744073709551617"), 8)
                == "-2000000000000000000001")
        #expect(try call("format_int", 5, 2) == "101")
    }

    @Test func toNumberKeepsTheText() throws {
        #expect(try call("to_number", "-42.0") == .number("-42.0"))
        #expect(try call("to_number", ".5") == .number("0.5"))
        #expect(try call("to_number", true) == 1)
    }
}

@Suite struct NumberOrderTests {
    static let ordered: [(left: String, right: String, order: Int)] = [
        ("1e1000000000", "5", 1), ("1.0", "1", 0), ("1e2", "100", 0), ("0.5", "0.50", 0),
        ("-1e400", "-1e401", 1), ("28857836529306024611913", "28857836529306024611912", 1),
        ("12.5", "12.49", 1), ("-0", "0", 0), ("0.1", "0.10000000000000000000001", -1),
        ("9223372036854775808", "9223372036854775807", 1), ("1e-400", "0", 1),
        ("-1e-400", "0", -1), ("123.456", "1.23456e2", 0), ("1E+2", "100.00", 0),
        ("-9223372036854775809", "-9223372036854775808", -1),
    ]

    @Test(arguments: ordered)
    func comparesExactlyAndHashesAlike(row: (left: String, right: String, order: Int)) throws {
        let arena = Arena.make(bytesMax: 1 << 20)
        defer { arena.destroy() }
        let left = try Numbers.parse(Array(row.left.utf8), in: arena)
        let right = try Numbers.parse(Array(row.right.utf8), in: arena)
        #expect(Numbers.compare(left, right).signum() == row.order)
        #expect(Numbers.compare(right, left).signum() == -row.order)
        #expect((Numbers.hash(left) == Numbers.hash(right)) == (row.order == 0))
    }

    @Test(arguments: [
        0.1, 1e21, 1e20, .leastNonzeroMagnitude, 1.7976931348623157e308, 2.2250738585072014e-308,
        1e-7, 0.5, 8.41e21, 9.5367431640625e-07, 9007199254740992, -0.30000000000000004,
    ])
    func doublesSurviveTheirShortestText(double: Double) throws {
        let arena = Arena.make(bytesMax: 1 << 20)
        defer { arena.destroy() }
        let number = try Numbers.value(of: double, in: arena)
        #expect(Numbers.double(number) == double)
        #expect(Double(String(decoding: Numbers.text(number), as: UTF8.self)) == double)
    }

    @Test func divisionUndoesMultiplication() {
        let seed: UInt64 = 0x5DEE_CE66
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mixed = state ^ state >> 31
            return [0, .max, mixed, mixed, mixed >> 40, 1 << 63][Int(mixed % 6)]
        }
        for round in 0..<2_000 {
            let dividend = Natural(limbs: (0..<(1 + round % 9)).map { _ in next() })
            let divisor = Natural(limbs: (0..<(1 + round % 5)).map { _ in next() | 1 })
            let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
            #expect(remainder < divisor, "seed \(seed), round \(round)")
            #expect(quotient * divisor + remainder == dividend, "seed \(seed), round \(round)")
            #expect(Natural(digits: dividend.decimalText) == dividend)
        }
    }
}

@Suite struct ExtendedFloatTests {
    private static func random(_ state: inout UInt64) -> ExtendedFloat {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let mixed = state ^ state >> 29
        let mantissas = [mixed, mixed << 50, mixed >> 40 | 1, 1 << 63, .max, 10, 3]
        return ExtendedFloat(
            isNegative: mixed & 1 == 1, rounding: Natural(mantissas[Int(mixed >> 8 % 7)]),
            exponent: Int(mixed >> 16 % 160) - 80)
    }

    /// The short ways through 128 bits against the long way through big integers.
    @Test func roundsAsExactArithmeticDoes() {
        let seed: UInt64 = 7
        var state = seed
        for round in 0..<2_000 {
            let (a, b) = (Self.random(&state), Self.random(&state))
            let low = min(a.exponent, b.exponent)
            let sum =
                BigInteger(
                    isNegative: a.isNegative, magnitude: Natural(a.mantissa) << (a.exponent - low))
                + BigInteger(
                    isNegative: b.isNegative, magnitude: Natural(b.mantissa) << (b.exponent - low))
            let exact = ExtendedFloat(
                isNegative: sum.isNegative, rounding: sum.magnitude, exponent: low)
            #expect((a + b).text == exact.text, "seed \(seed), round \(round)")
            guard !a.isZero, !b.isZero else { continue }
            let quotient = WideFloat(mantissa: Natural(a.mantissa), exponent: a.exponent)
                .divided(
                    by: WideFloat(mantissa: Natural(b.mantissa), exponent: b.exponent), bits: 64)
            let divided = ExtendedFloat(
                isNegative: a.isNegative != b.isNegative, rounding: quotient.mantissa,
                exponent: quotient.exponent, isInexact: quotient.isInexact)
            #expect((a / b).text == divided.text, "seed \(seed), round \(round)")
        }
    }

    @Test func shortTextsAreTheShortest() {
        var state: UInt64 = 11
        for round in 0..<2_000 {
            let number = Self.random(&state)
            guard !number.isZero else { continue }
            let shortest = DecimalDigits(
                shortest: Natural(number.mantissa), exponent: number.exponent, precision: 64)
            let digits = number.isInteger ? shortest.plain : shortest.general(-4..<6)
            let text = number.isNegative ? [0x2D] + digits : digits
            #expect(number.text == text, "round \(round)")
        }
    }
}
