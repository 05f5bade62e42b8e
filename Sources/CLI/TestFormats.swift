import Rego
import RegoMachine
import RegoSyntax

/// The results of tests for machines: JSON with OPA's keys, and JUnit's XML.
extension TestReport {
    /// `failure` is ours: the expression that failed, and its values.
    var json: [UInt8] {
        var layout = JSONLayout()
        layout.array(results) { layout, result in
            layout.object { self.members(of: result, &$0) }
        }
        layout.newLine()
        return layout.bytes
    }

    private func members(of result: TestResult, _ layout: inout JSONLayout) {
        if let problem = result.problems(sources).first {
            layout.member("error") { $0.object { TestReport.problem(problem, &$0) } }
        }
        layout.member("location") {
            $0.object { TestReport.place(result.test.file, result.test.span, &$0) }
        }
        if let benchmark = result.benchmark {
            layout.member("benchmark_result") { layout in
                layout.object { layout in
                    layout.member("N") { $0.integer(benchmark.runs) }
                    layout.member("T") { $0.integer(benchmark.nanoseconds) }
                }
            }
        }
        if !result.cases.isEmpty {
            layout.member("sub_results") { TestReport.cases(result.cases, &$0) }
        }
        layout.member("package") { $0.string(result.test.package) }
        layout.member("name") { $0.string(result.test.name) }
        if !result.printed.isEmpty {
            let lines = Array(result.printed.map { $0 + "\n" }.joined().utf8)
            let encoded = Base64.standard.encode(lines, padded: true)
            layout.member("output") { $0.string(String(decoding: encoded, as: UTF8.self)) }
        }
        layout.member("duration") { $0.integer(result.nanoseconds) }
        if result.isFailed { layout.member("fail") { $0.value(Array("true".utf8)) } }
        if result.isSkipped { layout.member("skip") { $0.value(Array("true".utf8)) } }
        if let failure = result.failure {
            layout.member("failure") { TestReport.failure(failure, &$0) }
        }
    }

    private static func cases(_ cases: [TestCase], _ layout: inout JSONLayout) {
        layout.object { layout in
            for test in cases {
                layout.member(test.name) { layout in
                    layout.object { layout in
                        if !test.cases.isEmpty {
                            layout.member("sub_results") { self.cases(test.cases, &$0) }
                        }
                        layout.member("name") { $0.string(test.name) }
                        if test.isFailed {
                            layout.member("fail") { $0.value(Array("true".utf8)) }
                        }
                        if let failure = test.failure {
                            layout.member("failure") { self.failure(failure, &$0) }
                        }
                    }
                }
            }
        }
    }

    private static func failure(_ failure: EvaluatedExpression, _ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("expression") { $0.string(failure.text) }
            layout.member("location") { $0.object { place(failure.file, failure.span, &$0) } }
            for (name, values) in [("values", failure.values), ("variables", failure.variables)] {
                layout.member(name) { layout in
                    layout.object { layout in
                        for case (let text, let json?) in values {
                            layout.member(text) { $0.value(json) }
                        }
                    }
                }
            }
            let undefined = failure.values.filter { $0.json == nil }.map(\.text)
            layout.member("undefined") { $0.array(undefined) { $0.string($1) } }
        }
    }

    private static func problem(_ problem: Problem, _ layout: inout JSONLayout) {
        layout.member("code") { $0.string(problem.code ?? "") }
        layout.member("message") { $0.string(problem.message) }
        layout.location(of: problem)
    }

    private static func place(_ file: String, _ span: Span, _ layout: inout JSONLayout) {
        layout.member("file") { $0.string(file) }
        layout.member("row") { $0.integer(span.row) }
        layout.member("col") { $0.integer(span.column) }
    }

    // MARK: JUnit

    /// One `testsuite` a package, one `testcase` a test.
    var junit: String {
        var packages: [String] = []
        var suites: [String: [TestResult]] = [:]
        for result in results {
            let name = result.test.package
            if suites[name] == nil { packages.append(name) }
            suites[name, default: []].append(result)
        }
        let parts = packages.map { suite($0, suites[$0] ?? []) }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<testsuites\(counts(results))>\n\(parts.joined())</testsuites>\n"
    }

    private func counts(_ results: [TestResult]) -> String {
        let time = results.reduce(0) { $0 + $1.nanoseconds }
        return " tests=\"\(results.count)\""
            + " failures=\"\(results.count(where: \.isFailed))\""
            + " errors=\"\(results.count { $0.word == "ERROR" })\""
            + " skipped=\"\(results.count(where: \.isSkipped))\""
            + " time=\"\(TestReport.seconds(time))\""
    }

    private func suite(_ package: String, _ results: [TestResult]) -> String {
        let cases = results.map { result in
            let element = "    <testcase classname=\(TestReport.quoted(package))"
                + " name=\(TestReport.quoted(result.test.name))"
                + " file=\(TestReport.quoted(result.test.file)) line=\"\(result.test.span.row)\""
                + " time=\"\(TestReport.seconds(result.nanoseconds))\""
            let inner = inside(result)
            return element + (inner.isEmpty ? "/>\n" : ">\n\(inner)    </testcase>\n")
        }
        return "  <testsuite name=\(TestReport.quoted(package))\(counts(results))>\n"
            + cases.joined() + "  </testsuite>\n"
    }

    private func inside(_ result: TestResult) -> String {
        var text = ""
        if result.isSkipped { text += "      <skipped/>\n" }
        if result.isFailed {
            let failed = result.cases.leaves.filter(\.isFailed)
            let lines = result.reasons(allVariables: showsVariables)
                + failed.flatMap { test in
                    ["\(test.name): FAIL"]
                        + (test.failure?.lines(allVariables: showsVariables) ?? [])
                }
            let message = result.failure?.text ?? failed.map(\.name).joined(separator: ", ")
            text += "      <failure message=\(TestReport.quoted(message))>"
                + TestReport.escaped(lines.joined(separator: "\n")) + "</failure>\n"
        }
        for problem in result.problems(sources) {
            text += "      <error message=\(TestReport.quoted(problem.message))>"
                + TestReport.escaped(problem.text) + "</error>\n"
        }
        if !result.printed.isEmpty {
            text += "      <system-out>"
                + TestReport.escaped(result.printed.joined(separator: "\n")) + "</system-out>\n"
        }
        return text
    }

    private static func seconds(_ nanoseconds: UInt64) -> String {
        let microseconds = String(nanoseconds / 1_000)
        let padded = String(repeating: "0", count: max(0, 7 - microseconds.count)) + microseconds
        return "\(padded.dropLast(6)).\(padded.suffix(6))"
    }

    private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// XML has no way to write most control characters, not even as references.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
