public import Decisions
public import Storage

/// One decision as the store keeps it: on what, what came of it, and why.
public struct DecisionRecord: Sendable, Hashable {
    public let id: String
    public let organization: String?
    /// Microseconds since 1970.
    public let decidedAt: Int64
    public let action: String
    public let subjectKind: String
    /// Who asked; of somebody who has not signed in, whose account it concerned.
    public let subject: String?
    public let isAllowed: Bool
    public let rule: String
    public let reasons: [String]
    /// The input as JSON, without what clients send under names of secrets.
    public let input: String
    /// Of the policy.
    public let revision: String
    public let request: String

    /// - Parameter organization: Whose it is.
    public init(id: String, organization: String?, _ input: DecisionInput, _ verdict: Verdict) {
        self.id = id
        self.organization = organization
        decidedAt = input.request.time
        action = input.action
        subjectKind = input.subject.kind.rawValue
        subject = input.subject.id ?? input.resource.account
        isAllowed = verdict.isAllowed
        rule = verdict.rule
        reasons = verdict.reasons
        self.input = String(decoding: input.masked.bytes, as: UTF8.self)
        revision = verdict.revision
        request = input.request.id
    }

    // MARK: Rows

    static let columns = """
        id, organization_id, decided_at, action, subject_kind, subject_id, is_allowed, rule,
        reasons, input, revision, request_id
        """

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        organization = try row.text(orNull: "organization_id")
        decidedAt = try row.integer("decided_at")
        action = try row.text("action")
        subjectKind = try row.text("subject_kind")
        subject = try row.text(orNull: "subject_id")
        isAllowed = try row.boolean("is_allowed")
        rule = try row.text("rule")
        reasons = try row.text("reasons").split(separator: "\n").map(String.init)
        input = try row.text("input")
        revision = try row.text("revision")
        request = try row.text("request_id")
    }

    /// A decision comes once, however often its transaction is repeated.
    public var insertion: Statement {
        Statement(
            """
            INSERT INTO decisions (\(DecisionRecord.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """,
            [
                .text(id), SQLValue(organization), .integer(decidedAt), .text(action),
                .text(subjectKind), SQLValue(subject), .boolean(isAllowed), .text(rule),
                .text(reasons.map(DecisionRecord.line).joined(separator: "\n")),
                .text(input), .text(revision), .text(request),
            ])
    }

    private static func line(_ reason: String) -> String {
        reason.utf8.contains(UInt8(ascii: "\n")) ? reason.replacing("\n", with: " ") : reason
    }

    /// Where its rows stand.
    public var scope: Scope { organization.map { .organization($0) } ?? .system }
}
