/// A set of locals: one word for the first 64, which is most rules.
struct LocalSet {
    private var low: UInt64 = 0
    private var high: [UInt64] = []

    var isEmpty: Bool { low == 0 && high.allSatisfy { $0 == 0 } }

    func contains(_ local: LocalID) -> Bool {
        if local < 64 { return low & (1 << UInt64(local)) != 0 }
        let word = local / 64 - 1
        return word < high.count && high[word] & (1 << UInt64(local % 64)) != 0
    }

    mutating func insert(_ local: LocalID) {
        if local < 64 {
            low |= 1 << UInt64(local)
            return
        }
        let word = local / 64 - 1
        if word >= high.count {
            high += Array(repeating: 0, count: word + 1 - high.count)
        }
        high[word] |= 1 << UInt64(local % 64)
    }

    mutating func remove(_ local: LocalID) {
        if local < 64 {
            low &= ~(1 << UInt64(local))
        } else if local / 64 - 1 < high.count {
            high[local / 64 - 1] &= ~(1 << UInt64(local % 64))
        }
    }

    mutating func formUnion(_ other: LocalSet) {
        low |= other.low
        if other.high.count > high.count {
            high += Array(repeating: 0, count: other.high.count - high.count)
        }
        for word in other.high.indices { high[word] |= other.high[word] }
    }

    mutating func subtract(_ other: LocalSet) {
        low &= ~other.low
        for word in 0..<min(high.count, other.high.count) { high[word] &= ~other.high[word] }
    }

    func subtracting(_ other: LocalSet) -> LocalSet {
        var copy = self
        copy.subtract(other)
        return copy
    }

    func isSubset(of other: LocalSet) -> Bool { subtracting(other).isEmpty }

    /// Ascending.
    var members: [LocalID] {
        var result: [LocalID] = []
        for (index, bits) in ([low] + high).enumerated() {
            var rest = bits
            while rest != 0 {
                result.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return result
    }
}
