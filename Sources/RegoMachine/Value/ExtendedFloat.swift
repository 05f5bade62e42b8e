/// A binary floating-point number with a mantissa of 64 bits and an exponent that does not
/// overflow: what OPA computes with where a number is no integer.
///
/// Every operation rounds its exact result to nearest, ties to even. Zero has a sign.
/// - Source: Go's `math/big.Float`, whose roundings this follows bit by bit.
struct ExtendedFloat {
    let isNegative: Bool
    /// The highest bit is set, or all are 0.
    let mantissa: UInt64
    /// The value is mantissa × 2^exponent.
    let exponent: Int
    static let precision = 64

    static let half = ExtendedFloat(rounding: Natural(1), exponent: -1)

    /// Zero.
    init(isNegative: Bool) {
        self.isNegative = isNegative
        (mantissa, exponent) = (0, 0)
    }

    /// The nearest to `magnitude` × 2^`exponent`, which lies below the true value by less than one
    /// unit of `magnitude` where `isInexact`.
    init(
        isNegative: Bool = false, rounding magnitude: Natural, exponent: Int,
        isInexact: Bool = false
    ) {
        let rounded = WideFloat(mantissa: magnitude, exponent: exponent, isInexact: isInexact)
            .rounded(to: ExtendedFloat.precision)
        let word = rounded.mantissa.word ?? 0
        let shift = word == 0 ? 0 : word.leadingZeroBitCount
        self.isNegative = isNegative
        self.mantissa = word << UInt64(shift)
        self.exponent = word == 0 ? 0 : rounded.exponent - shift
    }

    init(_ number: Int64) {
        self.init(
            isNegative: number < 0, rounding: Natural(number.magnitude), exponent: 0)
    }

    /// - Throws: `.limit(.numberDigits)`.
    init(_ decimal: Decimal) throws(BuiltinError) {
        if decimal.isZero {
            self.init(isNegative: decimal.isNegative)
            return
        }
        try decimal.checkSize()
        var digits = Natural(digits: decimal.significant)
        if decimal.trailingZeros > 0 { digits = digits * .powerOf10(decimal.trailingZeros) }
        let power = decimal.point - decimal.digitCount - decimal.trailingZeros
        let coefficient = WideFloat(mantissa: digits, exponent: 0)
        let wide =
            power == 0
            ? coefficient
            : power > 0
                ? coefficient.multiplied(by: .powerOf5(power))
                : coefficient.divided(by: .powerOf5(-power), bits: ExtendedFloat.precision)
        self.init(
            isNegative: decimal.isNegative, rounding: wide.mantissa, exponent: wide.exponent,
            isInexact: wide.isInexact)
    }

    var isZero: Bool { mantissa == 0 }
    var isInteger: Bool { isZero || exponent + mantissa.trailingZeroBitCount >= 0 }

    /// Without what follows the point.
    /// - Throws: `.limit(.numberDigits)`.
    func truncated() throws(BuiltinError) -> BigInteger {
        if exponent <= -64 { return BigInteger(0) }
        guard exponent < Limits.numberDigits * 10 / 3 else { throw .limit(.numberDigits) }
        let magnitude =
            exponent >= 0
            ? Natural(mantissa) << exponent : Natural(mantissa >> UInt64(-exponent))
        return BigInteger(isNegative: isNegative, magnitude: magnitude)
    }
}

extension ExtendedFloat {
    static prefix func - (number: ExtendedFloat) -> ExtendedFloat {
        number.with(isNegative: !number.isNegative)
    }

    func with(isNegative: Bool) -> ExtendedFloat {
        isZero
            ? ExtendedFloat(isNegative: isNegative)
            : ExtendedFloat(
                isNegative: isNegative, rounding: Natural(mantissa), exponent: exponent)
    }

    static func + (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        if right.isZero {
            return left.isZero && !(left.isNegative && right.isNegative)
                ? ExtendedFloat(isNegative: false) : left
        }
        if left.isZero { return right }
        let (low, high) = left.exponent <= right.exponent ? (left, right) : (right, left)
        let distance = high.exponent - low.exponent
        if distance > 130 {
            // The small one decides nothing but which side of the large one the sum lies on.
            return add(high, muchSmaller: low)
        }
        let a = Natural(high.mantissa) << distance
        let b = Natural(low.mantissa)
        if high.isNegative == low.isNegative {
            return ExtendedFloat(
                isNegative: high.isNegative, rounding: a + b, exponent: low.exponent)
        }
        if a == b { return ExtendedFloat(isNegative: false) }
        return ExtendedFloat(
            isNegative: a < b ? low.isNegative : high.isNegative, rounding: a < b ? b - a : a - b,
            exponent: low.exponent)
    }

    private static func add(
        _ large: ExtendedFloat, muchSmaller small: ExtendedFloat
    ) -> ExtendedFloat {
        let wide = Natural(large.mantissa) << 66
        let isSum = large.isNegative == small.isNegative
        return ExtendedFloat(
            isNegative: large.isNegative, rounding: isSum ? wide : wide - Natural(1),
            exponent: large.exponent - 66, isInexact: true)
    }

    static func - (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        left + -right
    }

    static func * (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        ExtendedFloat(
            isNegative: left.isNegative != right.isNegative,
            rounding: Natural(left.mantissa) * Natural(right.mantissa),
            exponent: left.exponent + right.exponent)
    }

    /// - Precondition: `right` is not 0.
    static func / (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        let quotient = WideFloat(mantissa: Natural(left.mantissa), exponent: left.exponent)
            .divided(
                by: WideFloat(mantissa: Natural(right.mantissa), exponent: right.exponent),
                bits: precision)
        return ExtendedFloat(
            isNegative: left.isNegative != right.isNegative, rounding: quotient.mantissa,
            exponent: quotient.exponent, isInexact: quotient.isInexact)
    }
}

/// A positive number with a mantissa of any size, for the steps between text and float.
struct WideFloat {
    var mantissa: Natural
    /// The value is mantissa × 2^exponent, or a little more where `isInexact`.
    var exponent: Int
    var isInexact = false

    /// To nearest, ties to even.
    func rounded(to bits: Int) -> WideFloat {
        let surplus = mantissa.bitCount - bits
        guard surplus > 0 else {
            // Invariant: whoever sets `isInexact` keeps at least two bits more than are wanted.
            return WideFloat(mantissa: mantissa, exponent: exponent)
        }
        let kept = mantissa >> surplus
        let isHalfSet = (mantissa >> (surplus - 1)).isOdd
        let isMoreThanHalf = isInexact || mantissa.trailingZeroBitCount < surplus - 1
        let isUp = isHalfSet && (isMoreThanHalf || kept.isOdd)
        return WideFloat(
            mantissa: isUp ? kept + Natural(1) : kept, exponent: exponent + surplus)
    }

    func multiplied(by other: WideFloat) -> WideFloat {
        WideFloat(mantissa: mantissa * other.mantissa, exponent: exponent + other.exponent)
    }

    /// With at least two bits more than `bits`, and exactness noted.
    func divided(by other: WideFloat, bits: Int) -> WideFloat {
        let shift = max(0, bits + 2 + other.mantissa.bitCount - mantissa.bitCount)
        let (quotient, remainder) = (mantissa << shift)
            .quotientAndRemainder(dividingBy: other.mantissa)
        return WideFloat(
            mantissa: quotient, exponent: exponent - other.exponent - shift,
            isInexact: !remainder.isZero)
    }

    /// 10^`power` as mantissa 5^`power`, rounded to 128 bits step by step as Go does it, so that
    /// literals with long exponents become the same floats.
    static func powerOf5(_ power: Int) -> WideFloat {
        let start = min(power, 27)
        var result = WideFloat(mantissa: .powerOf5(start), exponent: power)
        var rest = power - start
        var factor = WideFloat(mantissa: Natural(5), exponent: 0)
        while rest > 0 {
            if rest & 1 == 1 { result = result.multiplied(by: factor).rounded(to: 128) }
            rest >>= 1
            if rest > 0 { factor = factor.multiplied(by: factor).rounded(to: 192) }
        }
        return result
    }
}

extension Natural {
    var isOdd: Bool { (limbs.first ?? 0) & 1 == 1 }
}
