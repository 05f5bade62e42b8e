public import RegoSyntax

/// Why a decision came out as it did: the query, the rules it read, and for each rule that did not
/// succeed the first expression that was not fulfilled, with the values of its parts.
///
/// It is made by evaluating again, piece by piece, so it costs many times the decision itself.
public struct Explanation: Sendable {
    public internal(set) var root: ExplainedDocument
    /// The short answer; `nil` where the value goes no way that could be told.
    public internal(set) var summary: ExplanationSummary?
}

/// What a rule path, a call of a function or a query came to, and by which rules.
public struct ExplainedDocument: Sendable {
    /// As the reader may ask for it: `data.authz.allow`, `data.authz.owns("ada", 7)`.
    public internal(set) var name: String
    /// What its annotations call it; empty without any.
    public let title: String
    /// As JSON; `nil`: undefined.
    public internal(set) var json: [UInt8]?
    /// In the order of the text. Unless all were asked for, those that are not needed are left out,
    /// and below the first document those that another rule spared.
    public internal(set) var rules: [ExplainedRule]
    /// Why the rules are not told: they stand elsewhere in the explanation, there are too many, or
    /// they changed nothing.
    public internal(set) var omission: Omission?
    /// From `data`; `nil` for calls and queries.
    let path: [String]?

    public enum Omission: String, Sendable {
        case aside = "did not decide it"
        case toldBefore = "told before"
        case tooDeep = "not looked into: the explanation is long enough"
    }
}

/// One definition of a document.
public struct ExplainedRule: Sendable {
    /// Its head as written; of an `else`, that word and its value.
    public let text: String
    /// What its annotations call it; empty without any.
    public let title: String
    public let file: String
    public let span: Span
    public let isElse: Bool
    public internal(set) var outcome: Outcome
    /// How many conditions held before the one that was not fulfilled.
    public internal(set) var fulfilledCount = 0
    /// The documents that decided the outcome.
    public internal(set) var reads: [ExplainedDocument]

    public enum Outcome: Sendable {
        /// With the values that it gave, and the conditions that held.
        case holds(values: [[UInt8]], conditions: [EvaluatedExpression])
        case fails(EvaluatedExpression)
        /// A default that was taken.
        case standsIn([UInt8])
        /// A default or an `else` that another rule spared.
        case notNeeded
        /// It could not be found out in time, or not without what its caller knows.
        case unknown
    }

    /// What the members that it gives say for themselves: texts, and what is called a reason.
    public var reasons: [String] {
        guard case .holds(let values, _) = outcome else { return [] }
        return values.flatMap { ExplanationSummary.Verdict.reasons(in: $0) }
    }

    public var holds: Bool {
        switch outcome {
        case .holds, .standsIn: true
        case .fails, .notNeeded, .unknown: false
        }
    }
}
