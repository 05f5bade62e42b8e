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

    static let half = ExtendedFloat(rounding: UInt128(1), exponent: -1)

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

    /// The same from a magnitude of at most 128 bits: no memory is allocated.
    init(
        isNegative: Bool = false, rounding magnitude: UInt128, exponent: Int,
        isInexact: Bool = false
    ) {
        let surplus = magnitude == 0 ? 0 : 64 - magnitude.leadingZeroBitCount
        var kept = surplus > 0 ? magnitude >> UInt128(surplus) : magnitude << UInt128(-surplus)
        var shift = surplus
        if surplus > 0 {
            let rest = magnitude - kept << UInt128(surplus)
            let half = UInt128(1) << UInt128(surplus - 1)
            if rest > half || rest == half && (isInexact || kept & 1 == 1) { kept += 1 }
            if kept >> 64 != 0 {
                kept >>= 1
                shift += 1
            }
        }
        self.isNegative = isNegative
        mantissa = UInt64(truncatingIfNeeded: kept)
        self.exponent = magnitude == 0 ? 0 : exponent + shift
    }

    init(_ number: Int64) {
        self.init(
            isNegative: number < 0, rounding: UInt128(number.magnitude), exponent: 0)
    }

    /// - Throws: `.limit(.numberDigits)`.
    init(_ decimal: Decimal) throws(BuiltinError) {
        if decimal.isZero {
            self.init(isNegative: decimal.isNegative)
            return
        }
        if let short = ExtendedFloat(short: decimal) {
            self = short
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

    /// Of a literal of up to 19 digits whose power of ten, up to 27, 64 bits hold as one of five.
    private init?(short decimal: Decimal) {
        let digits = decimal.digitCount + decimal.trailingZeros
        let power = decimal.point - digits
        guard digits <= 19, power.magnitude <= 27 else { return nil }
        var coefficient: UInt64 = 0
        for byte in decimal.significant where byte != 0x2E {
            coefficient = coefficient &* 10 &+ UInt64(byte &- 0x30)
        }
        for _ in 0..<decimal.trailingZeros { coefficient &*= 10 }
        let five = UInt128((0..<power.magnitude).reduce(UInt64(1)) { scale, _ in scale * 5 })
        if power >= 0 {
            self.init(
                isNegative: decimal.isNegative, rounding: UInt128(coefficient) * five,
                exponent: power)
            return
        }
        // 2^64 above the divisor's 63 bits: the quotient has all the bits that rounding asks for.
        let shift = coefficient.leadingZeroBitCount
        let (quotient, rest) = (UInt128(coefficient << UInt64(shift)) << 64)
            .quotientAndRemainder(dividingBy: five)
        self.init(
            isNegative: decimal.isNegative, rounding: quotient,
            exponent: power - 64 - shift, isInexact: rest != 0)
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
                isNegative: isNegative, rounding: UInt128(mantissa), exponent: exponent)
    }

    static func + (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        if right.isZero {
            return left.isZero && !(left.isNegative && right.isNegative)
                ? ExtendedFloat(isNegative: false) : left
        }
        if left.isZero { return right }
        let (low, high) = left.exponent <= right.exponent ? (left, right) : (right, left)
        let distance = high.exponent - low.exponent
        guard distance < 64 else { return add(high, muchSmaller: low) }
        let a = UInt128(high.mantissa) << UInt128(distance)
        let b = UInt128(low.mantissa)
        if high.isNegative == low.isNegative {
            return ExtendedFloat(
                isNegative: high.isNegative, rounding: a + b, exponent: low.exponent)
        }
        if a == b { return ExtendedFloat(isNegative: false) }
        return ExtendedFloat(
            isNegative: a < b ? low.isNegative : high.isNegative, rounding: a < b ? b - a : a - b,
            exponent: low.exponent)
    }

    /// `small` lies below the last bit of `large`, and decides at most how the sum is rounded.
    private static func add(
        _ large: ExtendedFloat, muchSmaller small: ExtendedFloat
    ) -> ExtendedFloat {
        let distance = large.exponent - small.exponent
        let wide = UInt128(large.mantissa) << 63
        let tail = UInt128(small.mantissa)
        // In units of the 63rd bit below `large`, and whether more bits stand below that.
        let drop = distance - 63
        let whole = drop < 64 ? tail >> UInt128(drop) : 0
        let isInexact = drop >= 64 || whole << UInt128(drop) != tail
        let isSum = large.isNegative == small.isNegative
        let result = isSum ? wide + whole : wide - whole - (isInexact ? 1 : 0)
        return ExtendedFloat(
            isNegative: large.isNegative, rounding: result, exponent: large.exponent - 63,
            isInexact: isInexact)
    }

    static func - (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        left + -right
    }

    static func * (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        ExtendedFloat(
            isNegative: left.isNegative != right.isNegative,
            rounding: UInt128(left.mantissa) * UInt128(right.mantissa),
            exponent: left.exponent + right.exponent)
    }

    /// - Precondition: `right` is not 0.
    static func / (left: ExtendedFloat, right: ExtendedFloat) -> ExtendedFloat {
        let divisor = UInt128(right.mantissa)
        var (quotient, rest) = (UInt128(left.mantissa) << 64)
            .quotientAndRemainder(dividingBy: divisor)
        // One bit more, so that there is one to round by.
        quotient <<= 1
        rest <<= 1
        if rest >= divisor {
            quotient += 1
            rest -= divisor
        }
        return ExtendedFloat(
            isNegative: left.isNegative != right.isNegative, rounding: quotient,
            exponent: left.exponent - right.exponent - 65, isInexact: rest != 0)
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
        guard isHalfSet && (isMoreThanHalf || kept.isOdd) else {
            return WideFloat(mantissa: kept, exponent: exponent + surplus)
        }
        let raised = kept + Natural(1)
        // All bits were ones: a power of two, one bit longer than wanted.
        let isLonger = bits > 0 && raised.bitCount > bits
        return WideFloat(
            mantissa: isLonger ? raised >> 1 : raised,
            exponent: exponent + surplus + (isLonger ? 1 : 0))
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
