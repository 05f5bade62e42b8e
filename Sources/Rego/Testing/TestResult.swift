public import RegoSyntax

/// What one test said.
public struct TestResult: Sendable {
    public let test: TestRule
    public var outcome: Outcome
    /// Of the evaluation alone.
    public var nanoseconds: UInt64 = 0
    /// The lines that `print` wrote, and what they were cut to when there were too many.
    public var printed: [String] = []
    /// By key, in order; empty where the rule has no sub-tests.
    public var cases: [TestCase] = []
    /// Why it failed; `nil` where it did not, where it has sub-tests, or where that is not found
    /// out in time.
    public var failure: EvaluatedExpression?
    /// What the rule is, as JSON, where it failed with a value that is not `true`.
    public var value: [UInt8]?
    /// What builtins failed with while the test failed.
    public var builtinErrors: [EvaluationFailure] = []
    /// How often it was evaluated in how many nanoseconds, when it is measured.
    public var benchmark: (runs: Int, nanoseconds: UInt64)?

    public enum Outcome: Sendable {
        case passed
        case failed
        case skipped
        /// The evaluation gave no answer: a conflict, or no time left.
        case error(EvaluationFailure)
        /// The query for the test cannot be planned.
        case notCompiled([Diagnostic])
    }

    public var isPassed: Bool { if case .passed = outcome { true } else { false } }
    public var isFailed: Bool { if case .failed = outcome { true } else { false } }
    public var isSkipped: Bool { if case .skipped = outcome { true } else { false } }
}

/// One key of a test with sub-tests, or of one of them.
public struct TestCase: Sendable {
    public let name: String
    public var isFailed: Bool
    public var cases: [TestCase] = []
    /// Why it failed, where that is found out.
    public var failure: EvaluatedExpression?

    public init(name: String, isFailed: Bool, cases: [TestCase] = []) {
        self.name = name
        self.isFailed = isFailed
        self.cases = cases
    }
}
