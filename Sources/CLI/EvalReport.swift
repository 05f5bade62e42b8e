import ArgumentParser
import Rego
import RegoMachine
import RegoSyntax

/// What an evaluation gave, and how it is printed: OPA's formats.
struct EvalReport {
    var rows: [ResultRow] = []
    /// What is left, where that was asked for instead of answers.
    var residual: ResidualReport?
    /// What ended the evaluation.
    var problems: [Problem] = []
    /// What builtins failed with where that ended nothing.
    var builtinProblems: [Problem] = []
    var metrics: Metrics?
    var explanation: Explanation?
    /// What calls of `trace` said, where that was asked for.
    var notes: [String]?
    var profile: ProfileReport?
    var coverage: CoverageReport?

    enum Metrics {
        case single([(name: String, nanoseconds: UInt64)])
        case aggregated([(name: String, statistics: Statistics)])
    }

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json, values, bindings, pretty, source, raw, discard
    }

    var hasFailed: Bool { !problems.isEmpty }
    var isDefined: Bool { residual.map { !$0.residual.queries.isEmpty } ?? !rows.isEmpty }

    /// - Returns: What goes to standard output and to standard error.
    func printed(as format: Format, cellBytesMax: Int) -> (output: [UInt8], errors: String) {
        let all = problems + builtinProblems
        let errors = all.isEmpty ? "" : Problems(all).text + "\n"
        switch format {
        case .json: return (json(discardsResult: false), "")
        case .discard: return (json(discardsResult: true), "")
        case .pretty: return (Array(told.utf8) + pretty(cellBytesMax), errors)
        case .source: return (all.isEmpty ? Array((residual?.source ?? "").utf8) : [], errors)
        case .values, .bindings, .raw:
            return all.isEmpty ? (lines(format), "") : ([], errors)
        }
    }

    private var told: String {
        (explanation.map { ExplanationText($0).text } ?? "")
            + (notes ?? []).map { "note: \($0)\n" }.joined()
    }

    // MARK: JSON

    private func json(discardsResult: Bool) -> [UInt8] {
        var layout = JSONLayout()
        layout.object { layout in
            metrics?.write(to: &layout)
            let all = problems + builtinProblems
            if !all.isEmpty { layout.member("errors") { $0.problems(all) } }
            if let explanation {
                layout.member("explanation") { ExplanationJSON.write(explanation, &$0) }
            }
            if let notes {
                layout.member("explanation") { $0.array(notes) { $0.string($1) } }
            }
            if let residual {
                layout.member("partial") { residual.write(to: &$0) }
            } else if isDefined {
                layout.member("result") { layout in
                    discardsResult
                        ? layout.string("discarded") : layout.array(rows) { Self.row($1, &$0) }
                }
            }
            profile?.write(to: &layout)
            if let coverage { layout.member("coverage") { coverage.write(to: &$0) } }
        }
        layout.newLine()
        return layout.bytes
    }

    private static func row(_ row: ResultRow, _ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("expressions") { layout in
                layout.array(row.expressions) { layout, expression in
                    layout.object { layout in
                        layout.member("value") { $0.value(expression.json) }
                        layout.member("text") { $0.string(expression.text) }
                        layout.member("location") { layout in
                            layout.object { layout in
                                layout.member("row") { $0.integer(expression.span.row) }
                                layout.member("col") { $0.integer(expression.span.column) }
                            }
                        }
                    }
                }
            }
            if !row.bindings.isEmpty {
                layout.member("bindings") { Self.bindings(row, &$0) }
            }
        }
    }

    private static func bindings(_ row: ResultRow, _ layout: inout JSONLayout) {
        layout.object { layout in
            for (name, json) in row.bindings.sorted(by: { $0.name < $1.name }) {
                layout.member(name) { $0.value(json) }
            }
        }
    }

    // MARK: Lines

    private func lines(_ format: Format) -> [UInt8] {
        var layout = JSONLayout()
        var raw: [UInt8] = []
        for row in rows {
            switch format {
            case .bindings: Self.bindings(row, &layout)
            case .raw: raw += Self.rawLine(row)
            default: layout.array(row.expressions) { $0.value($1.json) }
            }
            if format != .raw { layout.newLine() }
        }
        return format == .raw ? raw : layout.bytes
    }

    private static func rawLine(_ row: ResultRow) -> [UInt8] {
        let cells = row.expressions.map { expression in
            JSONString.decoded(expression.json) ?? JSONLayout.escapingHTML(expression.json)
        }
        return Array(cells.joined(separator: [UInt8(ascii: " ")])) + [UInt8(ascii: "\n")]
    }

    // MARK: For people

    private func pretty(_ cellBytesMax: Int) -> [UInt8] {
        var output: [UInt8] = []
        if problems.isEmpty && builtinProblems.isEmpty { output += prettyResult(cellBytesMax) }
        if let metrics { output += metrics.table.utf8 }
        if let profile { output += profile.table.utf8 }
        if let coverage { output += coverage.pretty.utf8 }
        return output
    }

    private func prettyResult(_ cellBytesMax: Int) -> [UInt8] {
        if let residual { return Array(residual.table.utf8) }
        guard let first = rows.first else { return Array("undefined\n".utf8) }
        let isAllBoolean = first.expressions.allSatisfy { Self.isBoolean($0.json) }
        if rows.count == 1, first.bindings.isEmpty, let value = first.expressions.first?.json,
            first.expressions.count == 1 || isAllBoolean
        {
            var layout = JSONLayout()
            layout.value(value)
            layout.newLine()
            return layout.bytes
        }
        return Array(resultTable(first, cellBytesMax).utf8)
    }

    /// A column for each variable, then one for each expression that says more than true.
    private func resultTable(_ first: ResultRow, _ cellBytesMax: Int) -> String {
        let names = first.bindings.map(\.name).sorted()
        let shown = first.expressions.indices.filter {
            names.isEmpty || !Self.isBoolean(first.expressions[$0].json)
        }
        var table = TextTable(names + shown.map { first.expressions[$0].text })
        table.rows = rows.map { row in
            let values = names.map { name in row.bindings.first { $0.name == name }?.json ?? [] }
            let cells = values + shown.map { row.expressions[$0].json }
            return cells.map { Self.cut(JSONLayout.escapingHTML($0), cellBytesMax) }
        }
        return table.text
    }

    private static func isBoolean(_ json: [UInt8]) -> Bool {
        json == Array("true".utf8) || json == Array("false".utf8)
    }

    private static func cut(_ json: [UInt8], _ bytesMax: Int) -> String {
        guard bytesMax > 0, json.count > bytesMax else {
            return String(decoding: json, as: UTF8.self)
        }
        return String(decoding: json[..<bytesMax], as: UTF8.self) + "..."
    }
}

extension EvalReport.Metrics {
    fileprivate func write(to layout: inout JSONLayout) {
        switch self {
        case .single(let timers):
            layout.member("metrics") { layout in
                layout.object { layout in
                    for (name, value) in timers { layout.member(name) { $0.integer(value) } }
                }
            }
        case .aggregated(let timers):
            layout.member("aggregated_metrics") { layout in
                layout.object { layout in
                    for (name, found) in timers {
                        layout.member(name) { found.write(to: &$0) }
                    }
                }
            }
        }
    }

    fileprivate var table: String {
        switch self {
        case .single(let timers):
            var table = TextTable(["Metric", "Value"])
            table.rows = timers.map { [$0.name, String($0.nanoseconds)] }
            return table.text
        case .aggregated(let timers):
            var table = TextTable(["Metric", "Min", "Max", "Mean", "90%", "99%"])
            table.rows = timers.map { name, found in
                [
                    name, String(found.least), String(found.most), String(Int(found.mean)),
                    String(found.percentile(90)), String(found.percentile(99)),
                ]
            }
            return table.text
        }
    }
}

/// The text of a JSON string, read by the engine's own reader.
enum JSONString {
    /// - Returns: UTF-8, or `nil` where the JSON is no string.
    static func decoded(_ json: [UInt8]) -> [UInt8]? {
        guard json.first == UInt8(ascii: "\"") else { return nil }
        let document = try? Document.parse(json: json)
        return document?.withRoot { root in root.kind == .string ? Array(root.bytes) : nil }
    }
}
