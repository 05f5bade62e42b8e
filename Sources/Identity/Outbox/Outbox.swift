public import Cryptography
public import RegoMachine
public import Storage

/// Mails that are to be sent: left in the transaction that causes them, so that neither is there
/// without the other, and delivered by workers afterwards.
///
/// Delivery is at least once: who is interrupted between sending and writing so down sends again,
/// under the same id. What has failed too often, or was refused for good, is *dead* and stays until
/// somebody queues it again or it expires.
public struct Outbox: Sendable {
    let keys: SealingKeys
    let host: Host
    private let product: String

    /// - Parameter product: What the installation calls itself in mails.
    public init(keys: SealingKeys, host: Host, product: String) {
        self.keys = keys
        self.host = host
        self.product = product
    }

    /// Leaves a mail. Its words are fixed now.
    /// - Parameter organization: Whose mail it is; `nil` for one that concerns an account alone.
    ///   A transaction of a tenant leaves only mails of that tenant and of none.
    /// - Returns: The message's id, which is also in the mail's Message-ID.
    /// - Throws: `StorageFailure`, or `CryptographyError` where nothing can be sealed.
    @discardableResult
    public func append(
        _ mail: some MailTemplate, to recipient: MailAddress, organization: String?,
        in transaction: Transaction
    ) async throws -> String {
        let id = Identifier(.message, host).text
        let page = mail.page(of: product)
        let content = OutboxContent(
            subject: page.subject, text: page.text(of: product), html: page.html(of: product))
        let sealed = try content.sealed(keys, id: id, organization: organization)
        try transaction.add(
            Statement(
                """
                INSERT INTO messages (
                    id, organization_id, kind, recipient, lane, template, content, status,
                    attempts, lease_until, next_attempt_at, created_at
                ) VALUES ($1, $2, 'mail', $3, $4, $5, $6, 'pending', 0, 0, $7, $7)
                """,
                [
                    .text(id), SQLValue(organization), .text(recipient.text),
                    .text(organization ?? recipient.text), .text(type(of: mail).name),
                    .bytes(sealed), .integer(now),
                ]))
        return id
    }

    /// Microseconds since 1970.
    var now: Int64 { host.now() / 1_000 }
}

/// A message that was given up.
public struct DeadMessage: Sendable, Hashable {
    public let id: String
    public let organization: String?
    public let recipient: String
    /// The template's name.
    public let template: String
    public let lastError: String?
    /// Microseconds since 1970.
    public let diedAt: Int64
}

extension Outbox {
    /// Those that were given up last, newest first.
    /// - Throws: `StorageFailure`.
    public func dead(_ database: any Database, limit: Int) async throws -> [DeadMessage] {
        let statement = Statement(
            """
            SELECT id, organization_id, recipient, template, last_error, died_at FROM messages
            WHERE died_at IS NOT NULL ORDER BY died_at DESC, id LIMIT $1
            """, [.integer(Int64(limit))])
        return try await database.read(in: .system, [statement])[0].map { row in
            DeadMessage(
                id: try row.text("id"), organization: try row.text(orNull: "organization_id"),
                recipient: try row.text("recipient"), template: try row.text("template"),
                lastError: try row.text(orNull: "last_error"),
                diedAt: try row.integer("died_at"))
        }
    }

    /// Gives a dead message all its attempts again.
    /// - Returns: False where there is no such dead message.
    /// - Throws: `StorageFailure`.
    public func requeue(_ id: String, in transaction: Transaction) async throws -> Bool {
        try await transaction.execute(
            Statement(
                """
                UPDATE messages SET status = 'pending', attempts = 0, next_attempt_at = $1,
                    died_at = NULL, lease_owner = NULL, lease_until = 0
                WHERE id = $2 AND status = 'dead'
                """, [.integer(now), .text(id)])) == 1
    }
}
