public import Storage

/// Puts new rows into their chains. Writers never wait for a chain: they leave rows behind, and one
/// sealer at a time numbers them and ties each to the one before.
public struct AuditSealer: Sendable {
    private let key: AuditKey
    private let owner: String

    /// Rows that one transaction seals.
    private static let batchMax = 500
    private static let leaseMicroseconds: Int64 = 30_000_000

    /// - Parameter owner: This node's name among those that seal.
    public init(key: AuditKey, owner: String) {
        self.key = key
        self.owner = owner
    }

    /// Seals what there is.
    /// - Parameter now: Microseconds since 1970.
    /// - Returns: The head of each chain that grew; none where another node seals.
    /// - Throws: `StorageFailure`.
    public func seal(_ database: any Database, now: Int64) async throws -> [AuditHead] {
        guard try await claim(database, now: now) else { return [] }
        let chains = try await database.read(
            in: .system,
            [
                Statement(
                    "SELECT DISTINCT chain FROM audit_entries WHERE seq IS NULL ORDER BY chain")
            ])
        var heads: [AuditHead] = []
        for row in chains[0] {
            let chain = try row.text("chain")
            var head: AuditHead?
            while let next = try await sealBatch(chain, database, now: now) { head = next }
            if let head { heads.append(head) }
        }
        try await release(database)
        return heads
    }

    /// The lease names one sealer; the guard stands outside of what chooses the row, where
    /// PostgreSQL looks at it again.
    private func claim(_ database: any Database, now: Int64) async throws -> Bool {
        let (owner, until) = (SQLValue.text(owner), now + Self.leaseMicroseconds)
        return try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement(
                    """
                    INSERT INTO leases (name, owner, until) VALUES ('audit-sealer', $1, 0)
                    ON CONFLICT (name) DO NOTHING
                    """, [owner]))
            let changed = try await transaction.execute(
                Statement(
                    """
                    UPDATE leases SET owner = $1, until = $2
                    WHERE name = 'audit-sealer' AND (until < $3 OR owner = $1)
                    """, [owner, .integer(until), .integer(now)]))
            return changed == 1
        }
    }

    private func release(_ database: any Database) async throws {
        let owner = SQLValue.text(owner)
        try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement(
                    "UPDATE leases SET until = 0 WHERE name = 'audit-sealer' AND owner = $1",
                    [owner]))
        }
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
                try await transaction.execute(
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
