/// What a benchmark found.
struct BenchReport {
    let figures: BenchRun.Figures
    let threads: Int
    let inputs: Int
    let loadNanoseconds: UInt64
    let compileNanoseconds: UInt64
    let residentBytes: Int

    private var nanosecondsPerDecision: Double { 1e9 / figures.decisionsPerSecond }
    private var statistics: Statistics { Statistics(sorted: figures.nanoseconds) }

    func printed(as format: Check.Format) -> [UInt8] {
        switch format {
        case .json: json
        case .pretty: Array(table.utf8)
        }
    }

    private var json: [UInt8] {
        let statistics = statistics
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("ns_per_decision") {
                $0.value(Array(Self.tenths(nanosecondsPerDecision).utf8))
            }
            layout.member("p50_ns") { $0.integer(statistics.percentile(50)) }
            layout.member("p90_ns") { $0.integer(statistics.percentile(90)) }
            layout.member("p99_ns") { $0.integer(statistics.percentile(99)) }
            layout.member("decisions_per_second") {
                $0.integer(Int(figures.decisionsPerSecond))
            }
            layout.member("threads") { $0.integer(threads) }
            layout.member("inputs") { $0.integer(inputs) }
            layout.member("load_ns") { $0.integer(loadNanoseconds) }
            layout.member("compile_ns") { $0.integer(compileNanoseconds) }
            layout.member("resident_bytes") { $0.integer(residentBytes) }
        }
        layout.newLine()
        return layout.bytes
    }

    private var table: String {
        let statistics = statistics
        var table = TextTable(["bytes to bytes", threads == 1 ? "1 thread" : "\(threads) threads"])
        table.rows = [
            ["decisions a second", Self.grouped(Int(figures.decisionsPerSecond))],
            ["mean", Self.time(nanosecondsPerDecision)],
            ["50 %", Self.time(Double(statistics.percentile(50)))],
            ["90 %", Self.time(Double(statistics.percentile(90)))],
            ["99 %", Self.time(Double(statistics.percentile(99)))],
            ["inputs", Self.grouped(inputs)],
            ["load", Self.time(Double(loadNanoseconds))],
            ["compile", Self.time(Double(compileNanoseconds))],
            ["resident memory", Self.tenths(Double(residentBytes) / 1_048_576) + " MiB"],
        ]
        return table.text
    }

    private static func tenths(_ number: Double) -> String {
        let scaled = Int((number * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }

    private static func time(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1e4: "\(Int(nanoseconds.rounded())) ns"
        case ..<1e6: tenths(nanoseconds / 1e3) + " µs"
        default: tenths(nanoseconds / 1e6) + " ms"
        }
    }

    private static func grouped(_ number: Int) -> String {
        let digits = String(number)
        return digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
        }.joined()
    }
}
