/// An integer from 0 up, of any size: 64-bit limbs, the least significant first, none of the last
/// ones 0. Multiplication and division are the schoolbook's: callers bound the digits first.
struct Natural: Hashable, Sendable {
    private(set) var limbs: [UInt64]

    init(_ word: UInt64 = 0) { limbs = word == 0 ? [] : [word] }

    init(limbs: [UInt64]) {
        self.limbs = limbs
        trim()
    }

    var isZero: Bool { limbs.isEmpty }

    /// The value, where 64 bits hold it.
    var word: UInt64? { limbs.isEmpty ? 0 : limbs.count == 1 ? limbs[0] : nil }

    /// Bits up to the highest that is set; 0 for 0.
    var bitCount: Int {
        guard let last = limbs.last else { return 0 }
        return limbs.count * 64 - last.leadingZeroBitCount
    }

    var trailingZeroBitCount: Int {
        for (position, limb) in limbs.enumerated() where limb != 0 {
            return position * 64 + limb.trailingZeroBitCount
        }
        return 0
    }

    private mutating func trim() {
        while limbs.last == 0 { limbs.removeLast() }
    }
}

extension Natural: Comparable {
    static func < (left: Natural, right: Natural) -> Bool {
        if left.limbs.count != right.limbs.count { return left.limbs.count < right.limbs.count }
        for position in left.limbs.indices.reversed()
        where left.limbs[position] != right.limbs[position] {
            return left.limbs[position] < right.limbs[position]
        }
        return false
    }

    static func + (left: Natural, right: Natural) -> Natural {
        let (long, short) =
            left.limbs.count >= right.limbs.count
            ? (left.limbs, right.limbs) : (right.limbs, left.limbs)
        var sum = long
        var carry: UInt64 = 0
        for position in sum.indices {
            let addend = position < short.count ? short[position] : 0
            if addend == 0 && carry == 0 && position >= short.count { break }
            let (partial, first) = sum[position].addingReportingOverflow(addend)
            let (total, second) = partial.addingReportingOverflow(carry)
            sum[position] = total
            carry = first || second ? 1 : 0
        }
        if carry != 0 { sum.append(1) }
        return Natural(limbs: sum)
    }

    /// - Precondition: `left >= right`.
    static func - (left: Natural, right: Natural) -> Natural {
        var difference = left.limbs
        var borrow: UInt64 = 0
        for position in difference.indices {
            let subtrahend = position < right.limbs.count ? right.limbs[position] : 0
            let (partial, first) = difference[position].subtractingReportingOverflow(subtrahend)
            let (total, second) = partial.subtractingReportingOverflow(borrow)
            difference[position] = total
            borrow = first || second ? 1 : 0
        }
        precondition(borrow == 0, "a natural number below 0")
        return Natural(limbs: difference)
    }

    static func * (left: Natural, right: Natural) -> Natural {
        if left.isZero || right.isZero { return Natural() }
        let factors = right.limbs
        var product = [UInt64](repeating: 0, count: left.limbs.count + factors.count)
        for (position, factor) in left.limbs.enumerated() where factor != 0 {
            var carry: UInt64 = 0
            for other in factors.indices {
                let (high, low) = factor.multipliedFullWidth(by: factors[other])
                let (partial, first) = low.addingReportingOverflow(product[position + other])
                let (total, second) = partial.addingReportingOverflow(carry)
                product[position + other] = total
                carry = high &+ (first ? 1 : 0) &+ (second ? 1 : 0)
            }
            product[position + factors.count] = carry
        }
        return Natural(limbs: product)
    }

    static func << (number: Natural, count: Int) -> Natural {
        if number.isZero || count == 0 { return number }
        let (whole, part) = (count / 64, UInt64(count % 64))
        var shifted = [UInt64](repeating: 0, count: whole)
        shifted.reserveCapacity(whole + number.limbs.count + 1)
        var carry: UInt64 = 0
        for limb in number.limbs {
            shifted.append(limb << part | carry)
            carry = part == 0 ? 0 : limb >> (64 - part)
        }
        shifted.append(carry)
        return Natural(limbs: shifted)
    }

    static func >> (number: Natural, count: Int) -> Natural {
        let (whole, part) = (count / 64, UInt64(count % 64))
        if whole >= number.limbs.count { return Natural() }
        var shifted = Array(number.limbs[whole...])
        if part != 0 {
            for position in shifted.indices {
                let above = position + 1 < shifted.count ? shifted[position + 1] : 0
                shifted[position] = shifted[position] >> part | above << (64 - part)
            }
        }
        return Natural(limbs: shifted)
    }

    /// 5 to the power of `exponent`.
    static func powerOf5(_ exponent: Int) -> Natural {
        var result = Natural(1)
        var power = Natural(5)
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = result * power }
            rest >>= 1
            if rest > 0 { power = power * power }
        }
        return result
    }

    static func powerOf10(_ exponent: Int) -> Natural { powerOf5(exponent) << exponent }
}

extension Natural {
    /// Divides in place and gives the remainder.
    mutating func divide(byWord divisor: UInt64) -> UInt64 {
        var remainder: UInt64 = 0
        for position in limbs.indices.reversed() {
            (limbs[position], remainder) = divisor.dividingFullWidth((remainder, limbs[position]))
        }
        trim()
        return remainder
    }

    mutating func multiply(byWord factor: UInt64, adding addend: UInt64) {
        var carry = addend
        for position in limbs.indices {
            let (high, low) = limbs[position].multipliedFullWidth(by: factor)
            let (total, overflow) = low.addingReportingOverflow(carry)
            limbs[position] = total
            carry = high &+ (overflow ? 1 : 0)
        }
        if carry != 0 { limbs.append(carry) }
    }

    /// - Source: Knuth, "The Art of Computer Programming", volume 2, 4.3.1, algorithm D.
    func quotientAndRemainder(
        dividingBy divisor: Natural
    ) -> (quotient: Natural, remainder: Natural) {
        precondition(!divisor.isZero, "a division by 0")
        if self < divisor { return (Natural(), self) }
        if let word = divisor.word {
            var quotient = self
            let remainder = quotient.divide(byWord: word)
            return (quotient, Natural(remainder))
        }
        let shift = divisor.limbs[divisor.limbs.count - 1].leadingZeroBitCount
        let low = (divisor << shift).limbs
        var high = (self << shift).limbs
        while high.count <= limbs.count { high.append(0) }
        var quotient = [UInt64](repeating: 0, count: high.count - low.count)
        for position in quotient.indices.reversed() {
            quotient[position] = Natural.nextDigit(&high, low, at: position)
        }
        return (Natural(limbs: quotient), Natural(limbs: high) >> shift)
    }

    /// One digit of the quotient; what it stands for is taken off `high`.
    private static func nextDigit(
        _ high: inout [UInt64], _ low: [UInt64], at position: Int
    ) -> UInt64 {
        let count = low.count
        var digit = estimate(high, low, at: position)
        var (carry, borrow): (UInt64, UInt64) = (0, 0)
        for index in 0..<count {
            let (over, under) = digit.multipliedFullWidth(by: low[index])
            let (product, overflow) = under.addingReportingOverflow(carry)
            carry = over &+ (overflow ? 1 : 0)
            let (partial, first) = high[position + index].subtractingReportingOverflow(product)
            let (total, second) = partial.subtractingReportingOverflow(borrow)
            high[position + index] = total
            borrow = first || second ? 1 : 0
        }
        let (partial, first) = high[position + count].subtractingReportingOverflow(carry)
        let (total, second) = partial.subtractingReportingOverflow(borrow)
        high[position + count] = total
        guard first || second else { return digit }
        // The estimate was one too high: rare, and put right by adding the divisor once.
        digit &-= 1
        carry = 0
        for index in 0..<count {
            let (partial, first) = high[position + index].addingReportingOverflow(low[index])
            let (total, second) = partial.addingReportingOverflow(carry)
            high[position + index] = total
            carry = first || second ? 1 : 0
        }
        high[position + count] &+= carry
        return digit
    }

    private static func estimate(
        _ high: [UInt64], _ low: [UInt64], at position: Int
    ) -> UInt64 {
        let count = low.count
        let leading = low[count - 1]
        var digit = UInt64.max
        var rest: UInt64
        var isTooFar = false
        if high[position + count] >= leading {
            (rest, isTooFar) = high[position + count - 1].addingReportingOverflow(leading)
        } else {
            (digit, rest) = leading.dividingFullWidth(
                (high[position + count], high[position + count - 1]))
        }
        while !isTooFar {
            let (over, under) = digit.multipliedFullWidth(by: low[count - 2])
            guard over > rest || over == rest && under > high[position + count - 2] else { break }
            digit &-= 1
            (rest, isTooFar) = rest.addingReportingOverflow(leading)
        }
        return digit
    }
}

extension Natural {
    private static let chunkDigits = 19
    private static let chunk: UInt64 = 10_000_000_000_000_000_000

    /// From ASCII digits in base 10; other bytes (a point) are passed over.
    init(digits: some Sequence<UInt8>) {
        self.init()
        var pending: UInt64 = 0
        var scale: UInt64 = 1
        for byte in digits where byte &- 0x30 < 10 {
            pending = pending * 10 + UInt64(byte - 0x30)
            scale *= 10
            if scale == Natural.chunk {
                multiply(byWord: scale, adding: pending)
                (pending, scale) = (0, 1)
            }
        }
        if scale > 1 { multiply(byWord: scale, adding: pending) }
    }

    /// ASCII digits in base 10, without leading zeros; `0` for 0.
    var decimalText: [UInt8] {
        if isZero { return [0x30] }
        var reversed: [UInt8] = []
        var rest = self
        while !rest.isZero {
            var part = rest.divide(byWord: Natural.chunk)
            for _ in 0..<Natural.chunkDigits {
                if part == 0 && rest.isZero { break }
                reversed.append(0x30 + UInt8(truncatingIfNeeded: part % 10))
                part /= 10
            }
        }
        return reversed.reversed()
    }

    /// ASCII digits in base 2, 8 or 16 (lower case): `bits` is 1, 3 or 4.
    func text(bitsPerDigit bits: Int) -> [UInt8] {
        if isZero { return [0x30] }
        let mask = UInt64(1) << UInt64(bits) - 1
        let count = (bitCount + bits - 1) / bits
        return (0..<count).reversed().map { position in
            let start = position * bits
            let (limb, offset) = (start / 64, UInt64(start % 64))
            var digit = limbs[limb] >> offset
            if offset > 64 - UInt64(bits) && limb + 1 < limbs.count {
                digit |= limbs[limb + 1] << (64 - offset)
            }
            digit &= mask
            return UInt8(truncatingIfNeeded: digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
