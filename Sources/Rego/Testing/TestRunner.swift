public import RegoMachine
import RegoSyntax
import Synchronization

/// Runs tests of one suite, one at a time; make one a thread.
public final class TestRunner {
    private let suite: TestSuite
    private let data: Document
    private let evaluator: Evaluator
    private let host: Host
    private let record: Record

    /// Sub-tests of one test that are explained when they fail.
    private static let explainedCasesMax = 20
    private static let passed = Array("true".utf8)

    /// - Parameter host: Its `print` and `testCase` are replaced: lines go to the results.
    /// - Parameter limits: Of each test.
    public init(suite: TestSuite, data: Document, host: Host, limits: Limits) {
        let record = Record()
        var host = host
        host.print = { record.print($0) }
        host.testCase = { record.begin(case: $0) }
        self.suite = suite
        self.data = data
        self.host = host
        self.record = record
        evaluator = Evaluator(host: host, limits: limits)
    }

    /// One evaluation of the test and, where it fails, those that find out why.
    public func run(_ test: TestRule) -> TestResult {
        var result = TestResult(test: test, outcome: .skipped)
        if test.isSkipped { return result }
        let query: PreparedQuery
        do throws(CompileFailure) {
            query = try suite.policy.prepare(path: test.path)
        } catch {
            result.outcome = .notCompiled(error.diagnostics)
            return result
        }
        evaluate(query, &result)
        if result.isFailed { explain(&result) }
        return result
    }

    /// Runs the test, then evaluates it over and over until the time is used up.
    public func measure(_ test: TestRule, nanoseconds: UInt64) -> TestResult {
        var result = run(test)
        guard result.isPassed, let query = try? suite.policy.prepare(path: test.path) else {
            return result
        }
        var runs = 0
        let start = host.monotonic()
        var now = start
        repeat {
            var turn = TestResult(test: test, outcome: .skipped)
            evaluate(query, &turn)
            guard turn.isPassed else { return turn }
            runs += 1
            now = host.monotonic()
        } while now - start < nanoseconds
        result.benchmark = (runs, now - start)
        result.nanoseconds = now - start
        return result
    }

    private func evaluate(_ query: PreparedQuery, _ result: inout TestResult) {
        record.clear()
        let start = host.monotonic()
        do throws(EvaluationFailure) {
            var json: [UInt8] = []
            let outcome = try unsafe evaluator.decide(
                query, data: data, input: .undefined, into: &json)
            result.nanoseconds = host.monotonic() - start
            result.builtinErrors = outcome.builtinErrors
            judge(outcome.isDefined ? json : nil, &result)
        } catch {
            result.nanoseconds = host.monotonic() - start
            result.outcome = .error(error)
        }
        result.printed = record.lines
    }

    /// - Parameter json: What the rule is; `nil`: undefined.
    private func judge(_ json: [UInt8]?, _ result: inout TestResult) {
        guard result.test.hasCases else {
            let isPassed = json == TestRunner.passed
            result.outcome = isPassed ? .passed : .failed
            result.value = isPassed ? nil : json
            return
        }
        guard let json, let value = try? Document.parse(json: json) else {
            result.outcome = .failed
            return
        }
        var cases = value.withRoot { CaseTree($0) }
        for keys in record.cases { cases.begin(keys) }
        result.cases = cases.results
        result.outcome = cases.isFailed ? .failed : .passed
    }

    private func explain(_ result: inout TestResult) {
        let search = FailureSearch(
            suite: suite, test: result.test, data: data, evaluator: evaluator, host: host)
        guard result.test.hasCases else {
            result.failure = search.failure(ofCase: nil)
            return
        }
        var left = TestRunner.explainedCasesMax
        for keys in record.cases where left > 0 {
            result.cases.explain(keys[...]) {
                left -= 1
                return search.failure(ofCase: keys)
            }
        }
    }
}

/// What a test says while it is evaluated, which may be much.
private final class Record: Sendable {
    private struct Notes {
        var lines: [String] = []
        var bytesLeft = Record.bytesMax
        var cases: [[UInt8]] = []
    }

    private static let bytesMax = 1 << 20
    private static let casesMax = 10_000
    private let notes = Mutex(Notes())

    var lines: [String] { notes.withLock { $0.lines } }

    /// The keys of each sub-test that was begun, as JSON; each once.
    var cases: [[[UInt8]]] {
        var seen: Set<[UInt8]> = []
        return notes.withLock { $0.cases }.filter { seen.insert($0).inserted }
            .compactMap(CaseTree.keys)
    }

    func clear() { notes.withLock { $0 = Notes() } }

    func print(_ line: String) {
        notes.withLock { notes in
            guard notes.bytesLeft > 0 else { return }
            notes.bytesLeft -= line.utf8.count + 1
            notes.lines.append(notes.bytesLeft > 0 ? line : "(more is not shown)")
        }
    }

    func begin(case keys: [UInt8]) {
        notes.withLock { notes in
            if notes.cases.count < Record.casesMax { notes.cases.append(keys) }
        }
    }
}
