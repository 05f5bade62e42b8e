/// How often something took how long: counts up to certain bounds, and the sum.
struct Histogram: Sendable {
    /// OPA's, in seconds: what is above the last one is counted too.
    static let bounds = [1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 0.01, 0.1, 1]
    private static let nanoseconds = bounds.map { UInt64($0 * 1e9) }

    /// One for each bound, and one for what is above them all.
    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sumNanoseconds: UInt64 = 0

    var count: UInt64 { counts.reduce(0, &+) }

    mutating func add(nanoseconds: UInt64) {
        let place = Histogram.nanoseconds.firstIndex { nanoseconds <= $0 }
        counts[place ?? Histogram.bounds.count] &+= 1
        sumNanoseconds &+= nanoseconds
    }

    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] &+= other.counts[index] }
        sumNanoseconds &+= other.sumNanoseconds
    }
}
