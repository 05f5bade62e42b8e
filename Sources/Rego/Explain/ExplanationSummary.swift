/// The short answer to why: what the decision was, and what would have to change for another.
public struct ExplanationSummary: Sendable {
    public let verdict: Verdict
    /// The policy's own words, where the decision has some.
    public internal(set) var reasons: [String]
    /// What, were it otherwise, would turn the decision; all of it together where it takes more
    /// than one. Empty where nothing alone does.
    public internal(set) var causes: [ExplainedCause]
    /// Rules that would have turned the decision too, and lacked more.
    public internal(set) var others: [ExplainedRule]
    /// Who asked what: the plain values of `input` near its root, by their references.
    public internal(set) var input: [(text: String, json: [UInt8]?)]

    /// Which way a decision went, as far as its value tells.
    public enum Verdict: String, Sendable {
        /// `true`, or an object that has it as `allow` or `allowed`, where what is asked for
        /// permits.
        case allowed
        case denied
        /// `true`, or a set with members, of something else.
        case holds
        case fails

        public var isPositive: Bool { self == .allowed || self == .holds }
    }
}

/// Rules that decided.
public struct ExplainedCause: Sendable {
    public let kind: Kind
    /// Whose rules they are: `data.authz.denials`.
    public internal(set) var document: String
    /// What annotations call them together.
    public let title: String
    /// Of `missing`, those that came nearest.
    public internal(set) var rules: [ExplainedRule]

    public enum Kind: String, Sendable {
        /// They hold, and without them the decision would be another.
        case present
        /// They do not hold, and any of them would have made the decision another.
        case missing
    }
}
