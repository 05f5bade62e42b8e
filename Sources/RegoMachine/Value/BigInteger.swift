/// An integer of any size: a sign and a magnitude. The bit operations see two's complement with
/// endless sign bits, as Go's `big.Int` does.
struct BigInteger: Hashable, Sendable {
    let isNegative: Bool
    let magnitude: Natural

    init(isNegative: Bool = false, magnitude: Natural) {
        // Invariant: there is one zero.
        self.isNegative = isNegative && !magnitude.isZero
        self.magnitude = magnitude
    }

    init(_ number: Int64) {
        self.init(isNegative: number < 0, magnitude: Natural(number.magnitude))
    }

    var isZero: Bool { magnitude.isZero }

    /// The value, where 64 bits hold it.
    var int64: Int64? {
        guard let word = magnitude.word else { return nil }
        if isNegative { return word <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- word) : nil }
        return Int64(exactly: word)
    }

    /// ASCII digits in base 10, with a sign where it is negative.
    var decimalText: [UInt8] { signed(magnitude.decimalText) }

    /// ASCII digits in base 2, 8 or 16: `bits` is 1, 3 or 4.
    func text(bitsPerDigit bits: Int) -> [UInt8] { signed(magnitude.text(bitsPerDigit: bits)) }

    private func signed(_ digits: [UInt8]) -> [UInt8] { isNegative ? [0x2D] + digits : digits }
}

extension BigInteger {
    static prefix func - (number: BigInteger) -> BigInteger {
        BigInteger(isNegative: !number.isNegative, magnitude: number.magnitude)
    }

    static func + (left: BigInteger, right: BigInteger) -> BigInteger {
        if left.isNegative == right.isNegative {
            return BigInteger(
                isNegative: left.isNegative, magnitude: left.magnitude + right.magnitude)
        }
        return left.magnitude < right.magnitude
            ? BigInteger(
                isNegative: right.isNegative, magnitude: right.magnitude - left.magnitude)
            : BigInteger(isNegative: left.isNegative, magnitude: left.magnitude - right.magnitude)
    }

    static func - (left: BigInteger, right: BigInteger) -> BigInteger { left + -right }

    static func * (left: BigInteger, right: BigInteger) -> BigInteger {
        BigInteger(
            isNegative: left.isNegative != right.isNegative,
            magnitude: left.magnitude * right.magnitude)
    }

    /// The remainder of a division towards 0; it has the sign of `left`.
    static func % (left: BigInteger, right: BigInteger) -> BigInteger {
        BigInteger(
            isNegative: left.isNegative,
            magnitude: left.magnitude.quotientAndRemainder(dividingBy: right.magnitude).remainder)
    }

    static func << (number: BigInteger, count: Int) -> BigInteger {
        BigInteger(isNegative: number.isNegative, magnitude: number.magnitude << count)
    }

    /// Towards negative infinity, as two's complement has it.
    static func >> (number: BigInteger, count: Int) -> BigInteger {
        number.isNegative
            ? ~(~number >> count) : BigInteger(magnitude: number.magnitude >> count)
    }

    static prefix func ~ (number: BigInteger) -> BigInteger { -number - BigInteger(1) }

    static func & (left: BigInteger, right: BigInteger) -> BigInteger { combine(left, right, &) }
    static func | (left: BigInteger, right: BigInteger) -> BigInteger { combine(left, right, |) }
    static func ^ (left: BigInteger, right: BigInteger) -> BigInteger { combine(left, right, ^) }

    private static func combine(
        _ left: BigInteger, _ right: BigInteger, _ operation: (UInt64, UInt64) -> UInt64
    ) -> BigInteger {
        let count = max(left.magnitude.limbs.count, right.magnitude.limbs.count) + 1
        let a = left.complement(count)
        let b = right.complement(count)
        let bits = (0..<count).map { operation(a[$0], b[$0]) }
        guard bits[count - 1] >> 63 == 1 else {
            return BigInteger(magnitude: Natural(limbs: bits))
        }
        return BigInteger(
            isNegative: true, magnitude: Natural(limbs: bits.map { ~$0 }) + Natural(1))
    }

    /// Two's complement in `count` limbs.
    private func complement(_ count: Int) -> [UInt64] {
        let source = isNegative ? (magnitude - Natural(1)).limbs : magnitude.limbs
        let padded = source + Array(repeating: 0, count: count - source.count)
        return isNegative ? padded.map { ~$0 } : padded
    }
}
