/// A positive number in decimal digits, or 0 without any: 0.d₁d₂d₃… × 10^point.
struct DecimalDigits {
    /// ASCII, neither the first nor the last of them `0`.
    private(set) var digits: [UInt8]
    private(set) var point: Int

    /// Enough digits that what follows them decides nothing but "a little more".
    private static let enough = 60

    /// The digits of `mantissa` × 2^`exponent`.
    ///
    /// - Parameter isExact: All of them; otherwise those of numbers beyond 10^±300 or so end after
    ///   some sixty, with a last `1` in place of the rest.
    init(_ mantissa: Natural, exponent: Int, isExact: Bool = false) {
        let scale = DecimalDigits.scale(mantissa, exponent, isExact)
        var number = mantissa
        var isCut = false
        if exponent >= 0 {
            number = number << exponent
            if scale < 0 {
                let (quotient, rest) = number.quotientAndRemainder(
                    dividingBy: .powerOf10(-scale))
                (number, isCut) = (quotient, !rest.isZero)
            }
        } else {
            // mantissa × 10^scale / 2^-exponent, where both powers share a factor of 2^scale.
            number = number * Natural.powerOf5(scale)
            let shift = -exponent - scale
            if shift > 0 {
                isCut = number.trailingZeroBitCount < shift
                number = number >> shift
            } else {
                number = number << -shift
            }
        }
        digits = number.isZero ? [] : number.decimalText
        point = digits.count - scale
        if isCut { digits.append(0x31) }
        trim()
    }

    /// The power of ten to multiply with before the digits are taken.
    private static func scale(_ mantissa: Natural, _ exponent: Int, _ isExact: Bool) -> Int {
        if exponent >= 0 {
            let digits = (mantissa.bitCount + exponent) * 3 / 10
            return isExact || digits < 300 ? 0 : enough - digits
        }
        if isExact || exponent > -1_200 { return -exponent }
        let zeros = (-exponent - mantissa.bitCount) * 30_103 / 100_000
        return min(-exponent, max(0, zeros + enough))
    }

    /// An integer's digits, so many of them after the point.
    init(_ integer: [UInt8], places: Int) {
        digits = integer
        point = integer.count - places
        trim()
    }

    private mutating func trim() {
        while digits.last == 0x30 { digits.removeLast() }
        if digits.isEmpty { point = 0 }
    }

    private func digit(_ position: Int) -> UInt8 {
        position < digits.count ? digits[position] : 0x30
    }
}

extension DecimalDigits {
    /// Keeps `count` digits; to nearest, ties to even.
    mutating func round(to count: Int) {
        guard count >= 0, count < digits.count else { return }
        let isTie = digits[count] == 0x35 && count + 1 == digits.count
        let isUp = isTie ? count > 0 && digits[count - 1] & 1 == 1 : digits[count] >= 0x35
        if isUp { roundUp(to: count) } else { roundDown(to: count) }
    }

    private mutating func roundDown(to count: Int) {
        digits.removeSubrange(count...)
        trim()
    }

    private mutating func roundUp(to count: Int) {
        var count = count
        while count > 0 && digits[count - 1] == 0x39 { count -= 1 }
        if count == 0 {
            digits = [0x31]
            point += 1
        } else {
            digits.removeSubrange(count...)
            digits[count - 1] += 1
        }
    }

    /// The fewest digits that a float of `precision` bits is read back from.
    ///
    /// - Parameter isNarrowBelow: The next float below is half as far away as the one above.
    /// - Source: Go's `math/big` and `strconv`, `roundShortest`.
    init(shortest mantissa: Natural, exponent: Int, precision: Int, isNarrowBelow: Bool = false) {
        self.init(mantissa, exponent: exponent)
        if digits.isEmpty { return }
        // One bit more than the precision, so that the last one is half a unit.
        let surplus = mantissa.bitCount - (precision + 1)
        let half = surplus > 0 ? mantissa >> surplus : mantissa << -surplus
        let halfExponent = exponent + surplus
        let lower =
            isNarrowBelow
            ? DecimalDigits((half << 1) - Natural(1), exponent: halfExponent - 1)
            : DecimalDigits(half - Natural(1), exponent: halfExponent)
        let upper = DecimalDigits(half + Natural(1), exponent: halfExponent)
        shorten(between: lower, and: upper, isInclusive: !(half >> 1).isOdd)
    }

    private mutating func shorten(
        between lower: DecimalDigits, and upper: DecimalDigits, isInclusive: Bool
    ) {
        for (position, digit) in digits.enumerated() {
            let above = upper.digit(position)
            let mayFall =
                lower.digit(position) != digit || isInclusive && position + 1 == lower.digits.count
            let mayRise =
                digit != above
                && (isInclusive || digit + 1 < above || position + 1 < upper.digits.count)
            if mayFall && mayRise { return round(to: position + 1) }
            if mayFall { return roundDown(to: position + 1) }
            if mayRise { return roundUp(to: position + 1) }
        }
    }
}

extension DecimalDigits {
    /// `ddd.ddd`, with `places` digits after the point.
    func plain(places: Int) -> [UInt8] {
        var text: [UInt8] = []
        if point > 0 {
            for position in 0..<point { text.append(digit(position)) }
        } else {
            text.append(0x30)
        }
        guard places > 0 else { return text }
        text.append(0x2E)
        for place in 0..<places {
            let position = point + place
            text.append(position < 0 ? 0x30 : digit(position))
        }
        return text
    }

    /// `d.ddde±dd`, with `places` digits after the point.
    func scientific(places: Int) -> [UInt8] {
        var text = [digit(0)]
        if places > 0 {
            text.append(0x2E)
            for position in 1...places { text.append(digit(position)) }
        }
        let exponent = digits.isEmpty ? 0 : point - 1
        text += [0x65, exponent < 0 ? 0x2D : 0x2B]
        if exponent.magnitude < 10 { text.append(0x30) }
        return text + Array(String(exponent.magnitude).utf8)
    }

    /// All digits without an exponent.
    var plain: [UInt8] { plain(places: max(0, digits.count - point)) }

    /// All digits; plain within the bounds of the exponent, otherwise scientific.
    func general(_ plainExponents: Range<Int>) -> [UInt8] {
        plainExponents.contains(digits.isEmpty ? 0 : point - 1)
            ? plain : scientific(places: max(0, digits.count - 1))
    }
}

extension ExtendedFloat {
    /// As OPA prints a result: integers in full, others shortest, from 10^6 up with an exponent.
    var text: [UInt8] {
        let digits: [UInt8]
        if let word = wordMagnitude {
            digits = Array(String(word).utf8)
        } else {
            let shortest =
                shortDigits
                ?? DecimalDigits(
                    shortest: Natural(mantissa), exponent: exponent,
                    precision: ExtendedFloat.precision)
            digits = isInteger ? shortest.plain : shortest.general(-4..<6)
        }
        return isNegative ? [0x2D] + digits : digits
    }

    /// An integer below 2^64, of which no shorter text is nearer than half a unit.
    private var wordMagnitude: UInt64? {
        isZero ? 0 : isInteger && exponent <= 0 ? mantissa >> UInt64(-exponent) : nil
    }

    /// The digits where few enough places do, without big integers: for each number of places the
    /// nearest decimal, until one lies within half a unit of the mantissa.
    private var shortDigits: DecimalDigits? {
        guard exponent < 0, exponent > -100 else { return nil }
        let shift = UInt128(-exponent)
        var scaled = UInt128(mantissa)
        var scale: UInt128 = 1
        for places in 1...19 {
            scale *= 10
            scaled *= 10
            let below = shift < 128 ? scaled >> shift : 0
            let rest = scaled - below << shift
            let half = UInt128(1) << (shift - 1)
            let isUp = rest > half || rest == half && below & 1 == 1
            let distance = isUp ? 1 << shift - rest : rest
            // On the very border the general way decides.
            if distance * 2 == scale { return nil }
            guard distance * 2 < scale else { continue }
            let decimal = isUp ? below + 1 : below
            return DecimalDigits(Array(String(decimal).utf8), places: places)
        }
        return nil
    }
}
