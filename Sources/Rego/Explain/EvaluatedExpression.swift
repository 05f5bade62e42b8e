public import RegoSyntax

/// An expression of a body, and what its parts were when it was evaluated.
public struct EvaluatedExpression: Sendable {
    /// As the author wrote it.
    public let text: String
    public let file: String
    public let span: Span
    /// The same, to be told in words.
    public internal(set) var claim: Claim
    /// What the expression is made of: as written, and as JSON; `nil` is undefined.
    public internal(set) var values: [(text: String, json: [UInt8]?)]
    /// All variables of the body that had values then.
    public internal(set) var variables: [(text: String, json: [UInt8]?)]
    /// How many answers the expressions before it have; the values are those of the first.
    public let answerCount: Int
}
