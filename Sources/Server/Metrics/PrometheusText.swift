/// Prometheus' text format.
/// - Source: Prometheus documentation, "Exposition formats", version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    /// - Parameter type: `counter`, `gauge` or `histogram`.
    mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(
        _ name: String, _ labels: [(String, String)] = [], _ value: String
    ) {
        let shown = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += name + (labels.isEmpty ? "" : "{\(shown)}") + " \(value)\n"
    }

    mutating func histogram(
        _ name: String, _ labels: [(String, String)], _ histogram: Histogram
    ) {
        var total: UInt64 = 0
        let bounds = Histogram.bounds.map { "\($0)" } + ["+Inf"]
        for (bound, count) in zip(bounds, histogram.counts) {
            total += count
            sample("\(name)_bucket", labels + [("le", bound)], "\(total)")
        }
        sample("\(name)_sum", labels, Self.seconds(histogram.sumNanoseconds))
        sample("\(name)_count", labels, "\(total)")
    }

    static func seconds(_ nanoseconds: UInt64) -> String { "\(Double(nanoseconds) / 1e9)" }

    private static func escaped(_ label: String) -> String {
        label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
