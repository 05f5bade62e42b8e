import Rego

/// A profile as it is printed: OPA's forms.
struct ProfileReport {
    let lines: [Line]
    /// Whether there was more than one run: times are then statistics.
    let isAggregated: Bool

    /// One line of the sources, over all runs.
    struct Line {
        /// Of the first run.
        let place: Profile.Expression
        let time: Statistics
    }

    /// - Parameter runs: Of the same query; what only some of them evaluated took the others no
    ///   time.
    static func lines(of runs: [[Profile.Expression]]) -> [Line] {
        struct Place: Hashable {
            let file: String
            let row: Int
        }
        var found: [Place: [Profile.Expression]] = [:]
        for expression in runs.joined() {
            found[Place(file: expression.file, row: expression.row), default: []]
                .append(expression)
        }
        return found.values.map { expressions in
            let missing = [UInt64](repeating: 0, count: runs.count - expressions.count)
            let times = (missing + expressions.map(\.nanoseconds)).sorted()
            return Line(place: expressions[0], time: Statistics(sorted: times))
        }
    }

    /// Adds the member `profile`, or `aggregated_profile`.
    func write(to layout: inout JSONLayout) {
        layout.member(isAggregated ? "aggregated_profile" : "profile") { layout in
            layout.array(lines) { layout, line in
                layout.object { layout in
                    if isAggregated {
                        layout.member("total_time_ns_stats") { line.time.write(to: &$0) }
                    } else {
                        layout.member("total_time_ns") { $0.integer(line.time.least) }
                    }
                    Self.counts(line.place, &layout)
                }
            }
        }
    }

    private static func counts(_ place: Profile.Expression, _ layout: inout JSONLayout) {
        layout.member("num_eval") { $0.integer(place.evaluations) }
        layout.member("num_redo") { $0.integer(place.solutions) }
        layout.member("num_gen_expr") { $0.integer(place.expressions) }
        layout.member("location") { layout in
            layout.object { layout in
                layout.member("file") { $0.string(place.file) }
                layout.member("row") { $0.integer(place.row) }
                layout.member("col") { $0.integer(place.column) }
            }
        }
    }

    var table: String {
        let times = isAggregated ? ["Min", "Max", "Mean", "90%", "99%"] : ["Time"]
        var table = TextTable(times + ["Num Eval", "Num Redo", "Num Gen Expr", "Location"])
        table.rows = lines.map { line in
            let place = line.place
            let times =
                isAggregated
                ? [
                    line.time.least, line.time.most, UInt64(line.time.mean),
                    line.time.percentile(90), line.time.percentile(99),
                ] : [line.time.least]
            return times.map { GoDuration.text($0) } + [
                String(place.evaluations), String(place.solutions), String(place.expressions),
                place.file.isEmpty ? "query:\(place.row)" : "\(place.file):\(place.row)",
            ]
        }
        return table.text
    }
}
