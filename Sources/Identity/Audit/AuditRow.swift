import Storage

/// A row of the record as the database has it: the entry, its code, and its place in the chain.
struct AuditRow: Sendable {
    /// `nil`: a field holds what no entry has, so that the row is forged or spoilt.
    let entry: AuditEntry?
    let id: String
    let chain: String
    let keyID: String
    let code: [UInt8]
    let occurredAt: Int64
    /// `nil`: not sealed yet.
    let seq: Int64?
    let previous: [UInt8]?
    let hash: [UInt8]?

    static let columns = """
        id, organization_id, occurred_at, actor_kind, actor_id, action, outcome, resource_type, \
        resource_id, decision_id, request_id, address, details, key_id, code, chain, seq, \
        previous, hash
        """

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        chain = try row.text("chain")
        keyID = try row.text("key_id")
        code = try row.bytes("code")
        occurredAt = try row.integer("occurred_at")
        seq = try row.integer(orNull: "seq")
        previous = try row.bytes(orNull: "previous")
        hash = try row.bytes(orNull: "hash")
        guard let kind = AuditEntry.ActorKind(rawValue: try row.text("actor_kind")),
            let outcome = AuditEntry.Outcome(rawValue: try row.text("outcome"))
        else {
            entry = nil
            return
        }
        entry = AuditEntry(
            id: id, organization: try row.text(orNull: "organization_id"), occurredAt: occurredAt,
            actorKind: kind, actor: try row.text(orNull: "actor_id"),
            action: try row.text("action"), outcome: outcome,
            resourceType: try row.text(orNull: "resource_type"),
            resource: try row.text(orNull: "resource_id"),
            decision: try row.text(orNull: "decision_id"),
            request: try row.text(orNull: "request_id"), address: try row.text(orNull: "address"),
            details: try row.text("details"))
    }

    /// Whether the key made its code, for these very fields.
    func isGenuine(_ key: AuditKey) -> Bool {
        guard let entry, keyID == key.id, entry.chain == chain else { return false }
        return key.isCode(code, .entry, entry.canonicalBytes)
    }

    /// What ties a row to the one before it.
    static func link(
        _ key: AuditKey, chain: String, seq: Int64, previous: [UInt8], code: [UInt8]
    ) -> [UInt8] {
        key.code(.link, Array(chain.utf8) + [0] + seq.bigEndianBytes + previous + code)
    }

    /// Before the first row of a chain.
    static let origin = [UInt8](repeating: 0, count: 32)
}
