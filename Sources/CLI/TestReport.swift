import Rego
import RegoSyntax

/// The results of tests, for people and for machines.
struct TestReport {
    let results: [TestResult]
    let isVerbose: Bool
    /// All variables of a body that failed, not only those of the expression that did.
    let showsVariables: Bool
    let hasColour: Bool
    /// Where diagnostics find their lines.
    let sources: Sources

    /// Longer values are cut.
    private static let valueCharactersMax = 400

    func printed(as format: Test.Format) -> [UInt8] {
        switch format {
        case .pretty: Array(pretty.utf8)
        case .json: json
        case .junit: Array(junit.utf8)
        case .gobench: Array(benchmarks.utf8)
        }
    }

    /// The exit status.
    func status(skippedPass: Bool) -> Int32 {
        let isGood = results.allSatisfy { $0.isPassed || ($0.isSkipped && skippedPass) }
        return isGood ? 0 : Status.failed
    }

    // MARK: For people

    private var pretty: String {
        var text = ""
        var lastFile = ""
        for result in results {
            if let benchmark = result.benchmark {
                text += TestReport.measurement(result.test.fullName, benchmark)
            } else if isVerbose || !result.isPassed {
                if !lastFile.isEmpty && lastFile != result.test.file { text += "\n" }
                lastFile = result.test.file
                text += shown(result)
            }
        }
        if !text.isEmpty { text += String(repeating: "-", count: 80) + "\n" }
        return text + totals
    }

    private func shown(_ result: TestResult) -> String {
        let time = result.isSkipped ? "" : " (\(GoDuration.text(result.nanoseconds)))"
        let test = result.test
        var text = "\(test.file):\(test.span.row):\n"
        text += "\(test.fullName): \(coloured(result.word))\(time)\n"
        text += shown(result.cases, indent: 1)
        text += result.reasons(allVariables: showsVariables).map { "  \($0)\n" }.joined()
        if result.isFailed {
            for error in result.builtinErrors.prefix(3) {
                text += "  \(Problem(error).text)\n"
            }
        }
        text += result.problems(sources).map { "  \($0.text)\n" }.joined()
        if !result.printed.isEmpty {
            text += "\n" + result.printed.map { "  \($0)\n" }.joined() + "\n"
        }
        return text
    }

    private func shown(_ cases: [TestCase], indent: Int) -> String {
        let margin = String(repeating: "  ", count: indent)
        return cases.filter { $0.isFailed || isVerbose }.map { test in
            "\(margin)\(test.name): \(coloured(test.isFailed ? "FAIL" : "PASS"))\n"
                + (test.failure.map { shown($0, indent: indent + 1) } ?? "")
                + shown(test.cases, indent: indent + 1)
        }.joined()
    }

    private func shown(_ failure: EvaluatedExpression, indent: Int) -> String {
        let margin = String(repeating: "  ", count: indent)
        return failure.lines(allVariables: showsVariables).map { margin + $0 + "\n" }.joined()
    }

    private func coloured(_ word: String) -> String {
        guard hasColour else { return word }
        let colour = ["PASS": 32, "FAIL": 31, "ERROR": 31, "SKIPPED": 33][word] ?? 0
        return "\u{1B}[\(colour)m\(word)\u{1B}[0m"
    }

    /// A test with sub-tests counts as so many tests.
    private var totals: String {
        var counts: [String: Int] = [:]
        for result in results {
            let leaves = result.isFailed || result.isPassed ? result.cases.leaves : []
            if leaves.isEmpty { counts[result.word, default: 0] += 1 }
            for leaf in leaves { counts[leaf.isFailed ? "FAIL" : "PASS", default: 0] += 1 }
        }
        let total = counts.values.reduce(0, +)
        return ["PASS", "FAIL", "SKIPPED", "ERROR"].compactMap { word in
            counts[word].map { "\(coloured(word)): \($0)/\(total)\n" }
        }.joined()
    }

    // MARK: Benchmarks

    private var benchmarks: String {
        results.compactMap { result in
            result.benchmark.map { TestReport.measurement(result.goName, $0) }
        }.joined() + results.filter { $0.benchmark == nil }.map(shown).joined()
    }

    /// As Go's `testing` prints one.
    private static func measurement(
        _ name: String, _ benchmark: (runs: Int, nanoseconds: UInt64)
    ) -> String {
        let each = benchmark.nanoseconds / UInt64(max(benchmark.runs, 1))
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: " ", count: max(0, width - digits.count)) + digits
        }
        return "\(name)\t\(padded(benchmark.runs, 8))\t\(padded(each, 10)) ns/op\n"
    }

    static func cut(_ text: String) -> String {
        text.count > valueCharactersMax ? text.prefix(valueCharactersMax) + "…" : text
    }
}

extension TestResult {
    var word: String {
        switch outcome {
        case .passed: "PASS"
        case .failed: "FAIL"
        case .skipped: "SKIPPED"
        case .error, .notCompiled: "ERROR"
        }
    }

    /// `data.a.test_b` as Go names a benchmark: `BenchmarkDataATestB`.
    fileprivate var goName: String {
        "Benchmark"
            + test.fullName.split { $0 == "." || $0 == "_" }
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// Why it failed as a whole: the expression, or the value that should be `true`.
    func reasons(allVariables: Bool) -> [String] {
        if let failure { return failure.lines(allVariables: allVariables) }
        guard let value else { return [] }
        return ["the rule is \(TestReport.cut(String(decoding: value, as: UTF8.self))), not true"]
    }

    /// Why there is no result.
    func problems(_ sources: Sources) -> [Problem] {
        switch outcome {
        case .error(let failure): [Problem(failure)]
        case .notCompiled(let diagnostics): diagnostics.map { Problem($0, sources: sources) }
        case .passed, .failed, .skipped: []
        }
    }
}

extension [TestCase] {
    /// The sub-tests that have none of their own.
    var leaves: [TestCase] {
        flatMap { $0.cases.isEmpty ? [$0] : $0.cases.leaves }
    }
}

extension EvaluatedExpression {
    /// The expression with its place, and one line for each of its values.
    func lines(allVariables: Bool) -> [String] {
        var shown = values
        if allVariables {
            shown += variables.filter { variable in
                !values.contains { $0.text == variable.text }
            }
        }
        let first = "\(file):\(span.row): \(TestReport.cut(EvaluatedExpression.onOneLine(text)))"
        let others = answerCount > 1 ? ["  (the first of \(answerCount) answers)"] : []
        return [first] + others
            + shown.map { value in
                let json = value.json.map { String(decoding: $0, as: UTF8.self) } ?? "undefined"
                return "  \(TestReport.cut(EvaluatedExpression.onOneLine(value.text))): "
                    + TestReport.cut(json)
            }
    }

    private static func onOneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

/// Lengths of time as Go prints them: `1.5s`, `12.25ms`, `830ns`.
enum GoDuration {
    static func text(_ nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case 0: "0s"
        case ..<1_000: "\(nanoseconds)ns"
        case ..<1_000_000: decimal(nanoseconds, digits: 3) + "µs"
        case ..<1_000_000_000: decimal(nanoseconds, digits: 6) + "ms"
        case ..<60_000_000_000: decimal(nanoseconds, digits: 9) + "s"
        default:
            "\(nanoseconds / 60_000_000_000)m"
                + decimal(nanoseconds % 60_000_000_000, digits: 9) + "s"
        }
    }

    private static func decimal(_ number: UInt64, digits: Int) -> String {
        let text = String(number)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        var fraction = padded.suffix(digits)
        while fraction.last == "0" { fraction.removeLast() }
        return padded.dropLast(digits) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
