public import RegoMachine
public import Storage

/// Removes what is left of an organization once nobody can bring it back: thirty days after it was
/// deleted, unless a legal hold stands.
///
/// It goes in steps, each a transaction of few rows that asks again whether it may: whoever comes
/// after a node that died goes on with the rest. The organization's own row goes last. From the
/// first step on it is marked, so that nobody restores what is half gone.
///
/// Accounts are no organization's, and stay. So does the record of what was done, which goes with
/// its own time (`AuditPruning`); that all else went is recorded for the platform.
public struct OrganizationPurge: Sendable {
    private let audit: AuditLog
    private let host: Host
    private let lease: Lease
    private let batchRows: Int

    /// - Parameter owner: This node's name among those that purge.
    public init(audit: AuditLog, owner: String, host: Host) {
        self.init(audit: audit, owner: owner, host: host, batchRows: 500)
    }

    /// - Parameter batchRows: Of one transaction.
    init(audit: AuditLog, owner: String, host: Host, batchRows: Int) {
        self.audit = audit
        self.host = host
        self.batchRows = batchRows
        lease = Lease("organization-purge", owner: owner, seconds: 300)
    }

    /// Each ten minutes, on one node.
    public func job(_ database: any Database) -> Job {
        Job("organization purge", everySeconds: 600) { _ = try await purge(database) }
    }

    /// One that cannot be purged keeps no other from it.
    /// - Returns: How many organizations went; none where another node purges.
    /// - Throws: `StorageFailure`; what went before it is gone.
    public func purge(_ database: any Database) async throws -> Int {
        let now = host.now() / 1_000
        let purged = try await lease.whileHeld(database, now: now) {
            var count = 0
            var failure: (any Error)?
            for organization in try await due(database, now: now) {
                let ending = Ending(of: organization, self, database, now: now)
                do {
                    if try await ending.run() { count += 1 }
                } catch {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
            return count
        }
        return purged ?? 0
    }

    private func due(_ database: any Database, now: Int64) async throws -> [String] {
        let statement = Statement(
            """
            SELECT o.id FROM organizations o WHERE \(Self.isDue(before: "$1"))
            ORDER BY o.deleted_at, o.id
            """, [.integer(Self.end(now))])
        return try await database.read(in: .system, [statement])[0].map { try $0.text("id") }
    }

    /// What was deleted before it cannot be restored any more.
    private static func end(_ now: Int64) -> Int64 {
        now - OrganizationEndFlow.nameKeptSeconds * 1_000_000
    }

    /// A condition of SQL on the organization `o`.
    private static func isDue(before end: String) -> String {
        """
        o.status = 'deleted' AND o.deleted_at < \(end)
            AND NOT EXISTS (SELECT 1 FROM realms r WHERE r.organization_id = o.id)
            AND \(LegalHold.none(on: "o.id"))
        """
    }

    /// The end of one organization.
    private struct Ending {
        let organization: String
        let purge: OrganizationPurge
        let database: any Database
        let now: Int64
        /// The parameters of `isDue`.
        let values: [SQLValue]

        private static let isDue = OrganizationPurge.isDue(before: "$2")

        init(
            of organization: String, _ purge: OrganizationPurge, _ database: any Database,
            now: Int64
        ) {
            self.organization = organization
            self.purge = purge
            self.database = database
            self.now = now
            values = [.text(organization), .integer(OrganizationPurge.end(now))]
        }

        /// - Returns: False where it may not go any more, or the node ends.
        func run() async throws -> Bool {
            guard try await begin() else { return false }
            for rows in OrganizationRows.all {
                guard try await remove(rows) else { return false }
            }
            return try await end()
        }

        private func begin() async throws -> Bool {
            let (values, now) = (values, now)
            return try await database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement(
                        """
                        UPDATE organizations SET purge_begun_at = COALESCE(purge_begun_at, $3)
                        WHERE id IN (
                            SELECT o.id FROM organizations o WHERE o.id = $1 AND \(Self.isDue))
                        """, values + [.integer(now)])) == 1
            }
        }

        /// - Returns: False where the node ends meanwhile.
        private func remove(_ rows: OrganizationRows) async throws -> Bool {
            let statement = rows.removal(atMost: purge.batchRows, where: Self.isDue, values)
            var count = purge.batchRows
            while count == purge.batchRows {
                if Task.isCancelled { return false }
                count = try await database.transaction(in: .system) { transaction in
                    try await transaction.execute(statement)
                }
            }
            return true
        }

        /// The row itself, and the record of it.
        private func end() async throws -> Bool {
            let (purge, values, organization, now) = (purge, values, organization, now)
            return try await database.transaction(in: .system) { transaction in
                let rows = try await transaction.query(
                    Statement(
                        """
                        SELECT o.slug, o.name FROM organizations o
                        WHERE o.id = $1 AND \(Self.isDue)
                        """, values))
                guard let row = rows.first else { return false }
                try transaction.add(
                    Statement(
                        """
                        UPDATE accounts SET managed_by = NULL, version = version + 1
                        WHERE managed_by = $1
                        """, [.text(organization)]),
                    Statement("DELETE FROM organizations WHERE id = $1", [.text(organization)]))
                let details: JSON = [
                    "slug": .text(try row.text("slug")), "name": .text(try row.text("name")),
                ]
                try purge.audit.append(
                    AuditEntry(
                        id: AuditEntry.newID(purge.host), organization: nil, occurredAt: now,
                        actorKind: .system, actor: nil, action: "organization:purge",
                        outcome: .allowed, resourceType: "organization", resource: organization,
                        details: String(decoding: details.bytes, as: UTF8.self)),
                    in: transaction)
                return true
            }
        }
    }
}
