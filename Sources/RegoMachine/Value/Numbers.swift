/// Numbers as OPA 1.20 has them: `Int64` in the word, anything else its JSON literal.
///
/// Integers of any size are exact in `+`, `-`, `*` and `%`. What is no integer goes through a
/// binary float with 64 bits of mantissa and is printed as the shortest decimal that gives it back.
/// Comparing, hashing and copying never expand a number; what does is bounded by
/// `Limits.numberDigits`.
public enum Numbers {
    /// By exact numeric value: a negative number, 0, or a positive one.
    static func compare(_ left: Value, _ right: Value) -> Int {
        if let a = left.integer {
            if let b = right.integer { return a < b ? -1 : a > b ? 1 : 0 }
            return -Decimal(right.bytes).compare(a)
        }
        if let b = right.integer { return Decimal(left.bytes).compare(b) }
        return Decimal(left.bytes).compare(Decimal(right.bytes))
    }

    /// Equal for numbers that are equal, whether integer or decimal.
    static func hash(_ value: Value) -> UInt32 {
        value.kind == .integer ? Value.mix(value.word) : Decimal(value.bytes).hash
    }

    /// The `Int64` that a number exactly equals, as `1.0` and `1e2` do.
    public static func integer(_ value: Value) -> Int64? {
        value.integer ?? Decimal(value.bytes).int64
    }

    /// The integer that is written as one: `1.0` is none, as OPA sees operands.
    static func plainInteger(_ value: Value) -> Int64? {
        value.integer ?? (isNegativeZero(value.bytes) ? 0 : nil)
    }

    static func isNegativeZero(_ literal: some Collection<UInt8>) -> Bool {
        literal.elementsEqual([0x2D, 0x30])
    }

    /// The number's JSON text.
    static func text(_ value: Value) -> [UInt8] {
        value.integer.map { Array(String($0).utf8) } ?? Array(value.bytes)
    }
}

extension Numbers {
    /// A number from a JSON literal whose grammar the caller has checked; a decimal copies it.
    public static func parse(
        _ literal: some Collection<UInt8>, in arena: Arena
    ) throws(BuiltinError) -> Value {
        if let plain = plainInt64(literal) { return .integer(plain) }
        return try .decimal(literal, in: arena)
    }

    /// A number from a JSON literal whose grammar the caller has checked, in memory that outlives
    /// the value.
    public static func parse(sharing literal: Bytes) -> Value {
        if let plain = plainInt64(literal) { return .integer(plain) }
        let text = Value.string(sharing: literal)
        return Value(.decimal, length: text.length, word: text.word)
    }

    /// A number from any text, or `nil` where it is no JSON number.
    public static func parse(
        checking text: some Collection<UInt8>, in arena: Arena
    ) throws(BuiltinError) -> Value? {
        isLiteral(text) ? try parse(text, in: arena) : nil
    }

    /// What a literal of nothing but a sign and digits says, where 64 bits hold it.
    private static func plainInt64(_ literal: some Collection<UInt8>) -> Int64? {
        let isNegative = literal.first == 0x2D
        let digits = literal.count - (isNegative ? 1 : 0)
        guard digits > 0, digits <= 19 else { return nil }
        var magnitude: UInt64 = 0
        for byte in literal.dropFirst(isNegative ? 1 : 0) {
            guard byte &- 0x30 < 10 else { return nil }
            magnitude = magnitude &* 10 &+ UInt64(byte &- 0x30)
        }
        if !isNegative { return Int64(exactly: magnitude) }
        // `-0` keeps its text.
        guard magnitude != 0, magnitude <= 1 << 63 else { return nil }
        return Int64(truncatingIfNeeded: 0 &- magnitude)
    }

    /// Whether a text is a number by JSON's grammar.
    /// - Source: RFC 8259, section 6.
    public static func isLiteral(_ text: some Collection<UInt8>) -> Bool {
        var rest = text.makeIterator()
        var next = rest.next()
        func skipDigits() -> Bool {
            var count = 0
            while let byte = next, byte &- 0x30 < 10 {
                next = rest.next()
                count += 1
            }
            return count > 0
        }
        if next == 0x2D { next = rest.next() }
        if next == 0x30 {
            next = rest.next()
        } else if !skipDigits() {
            return false
        }
        if next == 0x2E {
            next = rest.next()
            if !skipDigits() { return false }
        }
        if next == 0x65 || next == 0x45 {
            next = rest.next()
            if next == 0x2B || next == 0x2D { next = rest.next() }
            if !skipDigits() { return false }
        }
        return next == nil
    }
}

extension Numbers {
    static func value(
        _ number: BigInteger, in arena: Arena
    ) throws(BuiltinError) -> Value {
        if let int64 = number.int64 { return .integer(int64) }
        guard number.magnitude.bitCount <= Limits.numberDigits * 10 / 3 else {
            throw .limit(.numberDigits)
        }
        return try .decimal(number.decimalText, in: arena)
    }

    static func value(
        _ number: ExtendedFloat, in arena: Arena
    ) throws(BuiltinError) -> Value {
        guard number.exponent.magnitude <= Limits.numberDigits * 10 / 3 else {
            throw .limit(.numberDigits)
        }
        return try parse(number.text, in: arena)
    }

    /// The integer of any size that a number is, or `nil` where it has a fraction.
    static func bigInteger(_ value: Value) throws(BuiltinError) -> BigInteger? {
        if let int64 = value.integer { return BigInteger(int64) }
        return try Decimal(value.bytes).bigInteger()
    }

    static func float(_ value: Value) throws(BuiltinError) -> ExtendedFloat {
        if let int64 = value.integer { return ExtendedFloat(int64) }
        return try ExtendedFloat(Decimal(value.bytes))
    }
}
