public import Storage

/// Writes the record: in the transaction that does what is recorded, so that neither is there
/// without the other.
public struct AuditLog: Sendable {
    private let key: AuditKey

    public init(key: AuditKey) { self.key = key }

    /// Written with the next question or with the commit: an id that is taken ends the transaction.
    public func append(
        _ entry: AuditEntry, in transaction: Transaction
    ) throws(StorageFailure) {
        try transaction.add(
            Statement(
                """
                INSERT INTO audit_entries (
                    id, organization_id, occurred_at, actor_kind, actor_id, action, outcome,
                    resource_type, resource_id, decision_id, request_id, address, details,
                    key_id, code, chain
                ) VALUES (
                    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                """,
                [
                    .text(entry.id), SQLValue(entry.organization), .integer(entry.occurredAt),
                    .text(entry.actorKind.rawValue), SQLValue(entry.actor), .text(entry.action),
                    .text(entry.outcome.rawValue), SQLValue(entry.resourceType),
                    SQLValue(entry.resource), SQLValue(entry.decision), SQLValue(entry.request),
                    SQLValue(entry.address), .text(entry.details), .text(key.id),
                    .bytes(key.code(.entry, entry.canonicalBytes)), .text(entry.chain),
                ]))
    }
}

extension SQLValue {
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}
