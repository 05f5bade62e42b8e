public import Storage

/// Puts new rows into their chains. Writers never wait for a chain: they leave rows behind, and one
/// sealer at a time numbers them and ties each to the one before.
public struct AuditSealer: Sendable {
    private let key: AuditKey
    private let lease: Lease

    /// Rows that one transaction seals.
    private static let batchMax = 500

    /// - Parameter owner: This node's name among those that seal.
    public init(key: AuditKey, owner: String) {
        self.key = key
        lease = Lease("audit-sealer", owner: owner, seconds: 30)
    }

    /// Seals what there is.
    /// - Parameter now: Microseconds since 1970.
    /// - Returns: The head of each chain that grew; none where another node seals.
    /// - Throws: `StorageFailure`.
    public func seal(_ database: any Database, now: Int64) async throws -> [AuditHead] {
        let chains = try await unsealedChains(database)
        // Nothing is written where there is nothing to do.
        if chains.isEmpty { return [] }
        let heads = try await lease.whileHeld(database, now: now) {
            var heads: [AuditHead] = []
            for chain in chains {
                var head: AuditHead?
                while let next = try await sealBatch(chain, database, now: now) { head = next }
                if let head { heads.append(head) }
            }
            return heads
        }
        return heads ?? []
    }

    private func unsealedChains(_ database: any Database) async throws -> [String] {
        let statement = Statement(
            "SELECT DISTINCT chain FROM audit_entries WHERE seq IS NULL ORDER BY chain")
        return try await database.read(in: .system, [statement])[0].map { try $0.text("chain") }
    }

    private func sealBatch(
        _ chain: String, _ database: any Database, now: Int64
    ) async throws -> AuditHead? {
        let key = key
        return try await database.transaction(in: .system) { transaction in
            let answers = try await transaction.query([
                AuditHead.last(chain),
                Statement(
                    """
                    SELECT id, code FROM audit_entries WHERE chain = $1 AND seq IS NULL
                    ORDER BY occurred_at, id LIMIT \(AuditSealer.batchMax)
                    """, [.text(chain)]),
            ])
            var head = try answers[0].first.map(AuditHead.init)
            for row in answers[1] {
                let code = try row.bytes("code")
                let seq = (head?.seq ?? 0) + 1
                let previous = head?.hash ?? AuditRow.origin
                let hash = AuditRow.link(
                    key, chain: chain, seq: seq, previous: previous, code: code)
                // All of them go with the commit: others wait for what is under way for long.
                try transaction.add(
                    Statement(
                        """
                        UPDATE audit_entries
                        SET seq = $1, previous = $2, hash = $3, sealed_at = $4 WHERE id = $5
                        """,
                        [
                            .integer(seq), .bytes(previous), .bytes(hash), .integer(now),
                            .text(try row.text("id")),
                        ]))
                head = AuditHead(chain: chain, seq: seq, hash: hash)
            }
            return answers[1].isEmpty ? nil : head
        }
    }
}
