/// How long stages took, by the names that OPA gives them.
struct Timers {
    private var nanoseconds: [(name: String, value: UInt64)] = []

    mutating func measure<R, E: Error>(_ name: String, _ body: () throws(E) -> R) throws(E) -> R {
        let start = monotonicNanoseconds()
        defer { nanoseconds.append((name, monotonicNanoseconds() - start)) }
        return try body()
    }

    /// One row a timer of a single run; of several, one for each statistic of it.
    static func rows(of runs: [Timers]) -> EvalReport.Metrics {
        let names = runs[0].nanoseconds.map(\.name).sorted()
        let values = names.map { name in
            runs.flatMap { run in run.nanoseconds.filter { $0.name == name }.map(\.value) }.sorted()
        }
        if runs.count == 1 { return .single(Array(zip(names, values.map { $0[0] }))) }
        return .aggregated(
            zip(names, values).map { name, values in
                (name: name, statistics: Statistics(sorted: values))
            })
    }
}

/// What many measurements say together, in nanoseconds.
struct Statistics {
    let least: UInt64
    let most: UInt64
    let mean: Double
    private let sorted: [UInt64]

    /// - Parameter sorted: At least one.
    init(sorted: [UInt64]) {
        precondition(!sorted.isEmpty, "statistics of nothing")
        self.sorted = sorted
        least = sorted[0]
        most = sorted[sorted.count - 1]
        mean = Double(sorted.reduce(0, &+)) / Double(sorted.count)
    }

    /// The smallest measurement that at least this share does not exceed.
    func percentile(_ percent: Double) -> UInt64 {
        let rank = (percent / 100 * Double(sorted.count)).rounded(.up)
        return sorted[min(max(Int(rank) - 1, 0), sorted.count - 1)]
    }

    /// OPA's object of them.
    func write(to layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("90%") { $0.integer(percentile(90)) }
            layout.member("99%") { $0.integer(percentile(99)) }
            layout.member("max") { $0.integer(most) }
            layout.member("mean") { $0.integer(Int(mean)) }
            layout.member("min") { $0.integer(least) }
        }
    }
}
