/// Numbers and `Double`s.
extension Numbers {
    /// The nearest `Double`, ties to even, or `nil` where it would be infinite.
    public static func double(_ value: Value) -> Double? {
        if let integer = value.integer { return Double(integer) }
        return double(Decimal(value.bytes))
    }

    static func double(_ decimal: Decimal) -> Double? {
        let sign: Double = decimal.isNegative ? -1 : 1
        if decimal.isZero || decimal.point < -330 { return 0 * sign }
        if decimal.point > 310 { return nil }
        // Digits beyond any tie's length can only say "a little more".
        var digits = Natural(digits: decimal.significant.prefix(digitsMax + 1))
        var power = decimal.point - min(decimal.digitCount, digitsTaken(decimal))
        if digitsTaken(decimal) < decimal.digitCount {
            digits.multiply(byWord: 10, adding: 1)
            power -= 1
        }
        if let word = digits.word, word < 1 << 53, power.magnitude <= 22 {
            let scale = exactPower(power.magnitude)
            return sign * (power < 0 ? Double(word) / scale : Double(word) * scale)
        }
        let (top, bottom) =
            power < 0
            ? (digits, Natural.powerOf10(-power)) : (digits * .powerOf10(power), Natural(1))
        return nearest(top, bottom).map { $0 * sign }
    }

    private static let digitsMax = 800

    private static func digitsTaken(_ decimal: Decimal) -> Int {
        decimal.significant.prefix(digitsMax + 1).reduce(0) { $1 == 0x2E ? $0 : $0 + 1 }
    }

    /// Powers of ten up to 22 are exact.
    private static func exactPower(_ exponent: UInt) -> Double {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    private static func nearest(_ top: Natural, _ bottom: Natural) -> Double? {
        let quotient = WideFloat(mantissa: top, exponent: 0)
            .divided(by: WideFloat(mantissa: bottom, exponent: 0), bits: 55)
        // Below 2^-1022 a double has fewer bits.
        let bits = min(53, quotient.exponent + quotient.mantissa.bitCount + 1_074)
        if bits < 0 { return 0 }
        let rounded = quotient.rounded(to: bits)
        guard let mantissa = rounded.mantissa.word else { return nil }
        let double = Double(
            sign: .plus, exponent: rounded.exponent, significand: Double(mantissa))
        return double.isFinite ? double : nil
    }

    /// The shortest text that gives the double back, as a number, plain from 10^-6 below 10^21.
    /// - Precondition: `double` is finite.
    public static func value(
        of double: Double, in arena: Arena
    ) throws(BuiltinError) -> Value {
        precondition(double.isFinite, "a number that JSON has no literal for")
        let digits = DecimalDigits(shortest: double).general(-6..<21)
        return try parse(double.sign == .minus ? [0x2D] + digits : digits, in: arena)
    }
}

extension DecimalDigits {
    /// The fewest digits that give the magnitude of a finite double back.
    init(shortest double: Double) {
        let (mantissa, exponent) = DecimalDigits.parts(double)
        // A subnormal number's bits are as many as it has.
        let precision = double.isSubnormal ? mantissa.bitCount : 53
        let isNarrowBelow = double.significandBitPattern == 0 && double.exponentBitPattern > 1
        self.init(
            shortest: mantissa, exponent: exponent, precision: precision,
            isNarrowBelow: isNarrowBelow)
    }

    /// All digits of a finite double's magnitude.
    init(exactly double: Double) {
        let (mantissa, exponent) = DecimalDigits.parts(double)
        self.init(mantissa, exponent: exponent, isExact: true)
    }

    private static func parts(_ double: Double) -> (Natural, Int) {
        let bits = double.significandBitPattern
        if double.exponentBitPattern == 0 { return (Natural(bits), -1074) }
        return (Natural(bits | 1 << 52), Int(double.exponentBitPattern) - 1075)
    }
}
