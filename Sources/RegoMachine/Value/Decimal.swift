/// A JSON number literal taken apart, its digits left where they are: nothing here expands an
/// exponent, so that `1e1000000000` costs what its twelve bytes cost.
struct Decimal {
    let isNegative: Bool
    /// Digits and perhaps a point, from the first digit that is not 0 to the last; empty for 0.
    let significant: Bytes
    /// The number of `significant`'s digits.
    let digitCount: Int
    /// The value is 0.d₁d₂d₃… × 10^point. Exponents beyond ±2^40 count as ±2^40.
    let point: Int
    /// Zeros that the literal has after `significant`, before its exponent: Go's floats see them.
    let trailingZeros: Int

    static let pointMax = 1 << 40

    /// - Parameter literal: Of JSON's grammar; the caller has checked it.
    init(_ literal: Bytes) {
        let start = literal.first == 0x2D ? 1 : 0
        isNegative = start == 1
        var end = start
        var first = -1
        var last = -1
        var pointPosition = -1
        while end < literal.count {
            let byte = literal[end]
            if byte == 0x2E {
                pointPosition = end
            } else if byte &- 0x30 >= 10 {
                break
            } else if byte != 0x30 {
                if first < 0 { first = end }
                last = end
            }
            end += 1
        }
        let exponent = Decimal.exponent(literal, from: end)
        guard first >= 0 else {
            significant = literal[0..<0]
            (digitCount, point, trailingZeros) = (0, 0, 0)
            return
        }
        significant = literal[first..<last + 1]
        let dot = pointPosition < 0 ? end : pointPosition
        digitCount = last + 1 - first - (dot > first && dot < last ? 1 : 0)
        trailingZeros = end - last - 1 - (dot > last && dot < end ? 1 : 0)
        let places = dot > first ? dot - first : dot - first + 1
        let moved = places.addingReportingOverflow(exponent)
        point = max(-Decimal.pointMax, min(Decimal.pointMax, moved.partialValue))
    }

    private static func exponent(_ literal: Bytes, from start: Int) -> Int {
        // An `e`, perhaps a sign, then digits.
        var position = start + 1
        guard position < literal.count else { return 0 }
        let isBelow = literal[position] == 0x2D
        if isBelow || literal[position] == 0x2B { position += 1 }
        var exponent = 0
        while position < literal.count && exponent < pointMax {
            exponent = exponent * 10 + Int(literal[position] &- 0x30)
            position += 1
        }
        exponent = min(exponent, pointMax)
        return isBelow ? -exponent : exponent
    }

    var isZero: Bool { digitCount == 0 }
    var isInteger: Bool { digitCount <= point || isZero }
}

extension Decimal {
    /// The digits before the point as a number, and whether something follows: `nil` where more
    /// than 19 digits stand before the point.
    private var whole: (magnitude: UInt64, hasMore: Bool)? {
        if isZero || point <= 0 { return (0, !isZero) }
        guard point <= 19 else { return nil }
        var magnitude: UInt64 = 0
        var taken = 0
        for byte in significant where byte != 0x2E {
            if taken == point { return (magnitude, true) }
            magnitude = magnitude * 10 + UInt64(byte - 0x30)
            taken += 1
        }
        while taken < point {
            magnitude *= 10
            taken += 1
        }
        return (magnitude, false)
    }

    /// The `Int64` that the number exactly equals.
    var int64: Int64? {
        guard isInteger, let (magnitude, _) = whole else { return nil }
        if isNegative {
            return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    /// - Returns: A negative number, 0, or a positive one.
    func compare(_ other: Int64) -> Int {
        if isZero { return other < 0 ? 1 : other > 0 ? -1 : 0 }
        if isNegative != (other < 0) { return isNegative ? -1 : 1 }
        var order = 1
        if let (magnitude, hasMore) = whole {
            order =
                magnitude != other.magnitude
                ? magnitude < other.magnitude ? -1 : 1 : hasMore ? 1 : 0
        }
        return isNegative ? -order : order
    }

    /// - Returns: A negative number, 0, or a positive one.
    func compare(_ other: Decimal) -> Int {
        if isZero || other.isZero {
            if isZero { return other.isZero ? 0 : other.isNegative ? 1 : -1 }
            return isNegative ? -1 : 1
        }
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let order = point != other.point ? point < other.point ? -1 : 1 : compareDigits(other)
        return isNegative ? -order : order
    }

    private func compareDigits(_ other: Decimal) -> Int {
        var (mine, theirs) = (0, 0)
        while mine < significant.count && theirs < other.significant.count {
            let (a, b) = (significant[mine], other.significant[theirs])
            if a == 0x2E {
                mine += 1
            } else if b == 0x2E {
                theirs += 1
            } else if a != b {
                return a < b ? -1 : 1
            } else {
                mine += 1
                theirs += 1
            }
        }
        return digitCount < other.digitCount ? -1 : digitCount > other.digitCount ? 1 : 0
    }

    /// Equal for equal numbers; an `Int64` has the hash that the `Value` of it has.
    var hash: UInt32 {
        if let int64 { return Value.mix(UInt64(bitPattern: int64)) }
        var hash = UInt64(truncatingIfNeeded: point) &* 2 &+ (isNegative ? 1 : 0)
        for byte in significant where byte != 0x2E {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return Value.mix(hash)
    }

    /// Refuses what would be dear to expand.
    func checkSize() throws(BuiltinError) {
        if digitCount + trailingZeros > Limits.numberDigits || point > Limits.numberDigits
            || point < -Limits.numberDigits
        {
            throw .limit(.numberDigits)
        }
    }

    /// The integer that the number is, or `nil` where it has a fraction.
    func bigInteger() throws(BuiltinError) -> BigInteger? {
        guard isInteger else { return nil }
        if let int64 { return BigInteger(int64) }
        try checkSize()
        let digits = Natural(digits: significant)
        let zeros = point - digitCount
        let magnitude = zeros > 0 ? digits * Natural.powerOf10(zeros) : digits
        return BigInteger(isNegative: isNegative, magnitude: magnitude)
    }
}
