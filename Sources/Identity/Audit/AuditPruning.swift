public import RegoMachine
public import Storage

/// Where a chain begins after its old rows went: the last of them, signed. Without it a chain that
/// does not begin with its first row is one that somebody has cut.
struct AuditBeginning: Sendable, Hashable {
    let chain: String
    let seq: Int64
    let hash: [UInt8]
    private let code: [UInt8]

    init(_ head: AuditHead, signedWith key: AuditKey) {
        (chain, seq, hash) = (head.chain, head.seq, head.hash)
        code = key.code(.beginning, head.message)
    }

    private init(_ row: Row) throws(StorageFailure) {
        chain = try row.text("chain")
        seq = try row.integer("seq")
        hash = try row.bytes("hash")
        code = try row.bytes("code")
    }

    /// Those of all chains.
    static func all(_ database: any Database) async throws -> [String: AuditBeginning] {
        let statement = Statement("SELECT chain, seq, hash, code FROM audit_prunings")
        let rows = try await database.read(in: .system, [statement])[0]
        let beginnings = try rows.map(AuditBeginning.init)
        return Dictionary(beginnings.map { ($0.chain, $0) }) { first, _ in first }
    }

    /// Whether the key made its code.
    func isGenuine(_ key: AuditKey) -> Bool {
        let head = AuditHead(chain: chain, seq: seq, hash: hash)
        return key.isCode(code, .beginning, head.message)
    }

    func keeping(now: Int64) -> Statement {
        Statement(
            """
            INSERT INTO audit_prunings (chain, seq, hash, code, pruned_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (chain) DO UPDATE SET seq = $2, hash = $3, code = $4, pruned_at = $5
            """, [.text(chain), .integer(seq), .bytes(hash), .bytes(code), .integer(now)])
    }
}

/// Removes rows of the record whose time is over, from the beginning of each chain, and records
/// that. The last row of a chain stays, and so does what a legal hold covers.
public struct AuditPruning: Sendable {
    private let key: AuditKey
    private let lease: Lease
    private let keptMicroseconds: Int64

    /// Rows of one transaction.
    private static let batchRows: Int64 = 1_000

    /// - Parameter owner: This node's name among those that prune.
    public init(key: AuditKey, owner: String, keptDays: Int) {
        self.key = key
        lease = Lease("audit-pruning", owner: owner, seconds: 300)
        keptMicroseconds = Int64(keptDays) * 86_400_000_000
    }

    /// Each hour, on one node.
    public func job(_ database: any Database, _ host: Host) -> Job {
        Job("audit pruning", everySeconds: 3_600) { _ = try await prune(database, host) }
    }

    /// - Returns: How many rows went; none where another node prunes.
    /// - Throws: `StorageFailure`; what went before it is gone, and recorded.
    public func prune(_ database: any Database, _ host: Host) async throws -> Int64 {
        let now = host.now() / 1_000
        let pruned = try await lease.whileHeld(database, now: now) {
            var rows: Int64 = 0
            for chain in try await chains(database) {
                while !Task.isCancelled, let count = try await pruneBatch(chain, database, host) {
                    rows += count
                }
            }
            return rows
        }
        return pruned ?? 0
    }

    private func chains(_ database: any Database) async throws -> [String] {
        let statement = Statement(
            """
            SELECT DISTINCT chain FROM audit_entries
            WHERE \(LegalHold.none(on: "audit_entries.organization_id")) ORDER BY chain
            """)
        return try await database.read(in: .system, [statement])[0].map { try $0.text("chain") }
    }

    /// - Returns: `nil` where no row of the chain is old enough.
    private func pruneBatch(
        _ chain: String, _ database: any Database, _ host: Host
    ) async throws -> Int64? {
        let now = host.now() / 1_000
        let (oldest, limit) = (now - keptMicroseconds, Self.batchRows)
        return try await database.transaction(in: .system) { transaction in
            // A row goes with all before it: the first that is to stay ends it, or the last one.
            let rows = try await transaction.query(
                Statement(
                    """
                    SELECT MIN(seq) AS first, COALESCE(
                        MIN(CASE WHEN occurred_at >= $2 THEN seq END), MAX(seq)) AS staying
                    FROM audit_entries WHERE chain = $1 AND seq IS NOT NULL
                    """, [.text(chain), .integer(oldest)]))
            guard let first = try rows[0].integer(orNull: "first"),
                let staying = try rows[0].integer(orNull: "staying"), first < staying
            else { return nil }
            let last = min(staying - 1, first + limit - 1)
            try await self.remove(chain, first...last, transaction, host, now: now)
            return last - first + 1
        }
    }

    private func remove(
        _ chain: String, _ rows: ClosedRange<Int64>, _ transaction: Transaction, _ host: Host,
        now: Int64
    ) async throws {
        let found = try await transaction.query(
            Statement(
                "SELECT chain, seq, hash FROM audit_entries WHERE chain = $1 AND seq = $2",
                [.text(chain), .integer(rows.upperBound)]))
        guard let row = found.first else { return }
        let beginning = AuditBeginning(try AuditHead(row), signedWith: key)
        try await transaction.execute(beginning.keeping(now: now))
        try await transaction.execute(
            Statement(
                "DELETE FROM audit_entries WHERE chain = $1 AND seq <= $2",
                [.text(chain), .integer(rows.upperBound)]))
        try AuditLog(key: key).append(
            AuditEntry(
                id: AuditEntry.newID(host), organization: nil, occurredAt: now,
                actorKind: .system, actor: nil, action: "audit:prune", outcome: .allowed,
                resource: chain,
                details: #"{"first":\#(rows.lowerBound),"last":\#(rows.upperBound)}"#),
            in: transaction)
    }
}
