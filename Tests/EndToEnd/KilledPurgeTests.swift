import Identity
import Loopback
import Outbound
import Servers
import Storage
import Testing

/// Nodes that are killed while they remove an organization, and those that go on with it.
@Suite struct KilledPurgeTests {
    /// More than are removed while a node starts; SQLite is the faster one.
    private static let rows = [IdentityDatabase.sqlite: 300_000, .postgresql: 100_000]
    /// Of one statement, which has to end in its time on a busy machine, too.
    private static let batchRows = 10_000
    private static let nodesMax = 50

    /// What the database has of it.
    private struct Rest: Equatable {
        let isThere: Bool
        let decisions: Int64
        /// Members of the others.
        let others: Int64
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsLeftTheNextOneRemoves(_ backend: IdentityDatabase) async throws {
        try await EmptyInstallation.with(backend) { installation in
            let organization = try await fill(installation, rows: try #require(Self.rows[backend]))
            let whole = try await rest(of: organization, installation)
            var (seen, nodes) = (whole, 0)
            var isCutShort = false
            while seen.isThere && nodes < Self.nodesMax {
                let node = try await ServedNode.start(installation)
                // Each lives a little longer than the one before.
                for _ in 0..<nodes * 20 { _ = try await node.client.ask("GET", "/livez") }
                try await node.kill()
                nodes += 1
                seen = try await rest(of: organization, installation)
                #expect(seen.others == whole.others)
                isCutShort = isCutShort || (seen.isThere && seen.decisions < whole.decisions)
            }
            #expect(isCutShort, "no node was killed in the middle")
            #expect(seen == Rest(isThere: false, decisions: 0, others: whole.others))
            try await expectRecord(installation, organization)
        }
    }

    /// - Returns: The id of one that was deleted long ago.
    private func fill(_ installation: EmptyInstallation, rows: Int) async throws -> String {
        var id: String?
        try await installation.open { database in
            let acme = try await World(database, .system).acme.id
            id = acme
            for first in stride(from: 0, to: rows, by: Self.batchRows) {
                try await database.transaction(in: .system) { transaction in
                    try await transaction.execute(
                        Statement(
                            """
                            INSERT INTO decisions
                            WITH RECURSIVE numbers (n) AS (
                                SELECT CAST($2 AS BIGINT)
                                UNION ALL SELECT n + 1 FROM numbers WHERE n < $3)
                            SELECT 'dec_' || n, $1, 0, 'me:read', 'anonymous', NULL, TRUE, 'r',
                                '[]', '{}', 'v', 'q' FROM numbers
                            """,
                            [
                                .text(acme), .integer(Int64(first)),
                                .integer(Int64(first + Self.batchRows - 1)),
                            ]))
                }
            }
            try await database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement(
                        """
                        UPDATE organizations SET status = 'deleted', deleted_at = 1 WHERE id = $1
                        """, [.text(acme)]))
            }
        }
        return try #require(id)
    }

    /// The lease of the node that was killed is over, too.
    private func rest(
        of organization: String, _ installation: EmptyInstallation
    ) async throws -> Rest {
        var rest: Rest?
        try await installation.open { database in
            let counts = [
                "organizations WHERE id = $1", "decisions WHERE organization_id = $1",
                "memberships WHERE organization_id <> $1",
            ].map { Statement("SELECT COUNT(*) AS n FROM \($0)", [.text(organization)]) }
            let found = try await database.read(in: .system, counts).map {
                try $0[0].integer("n")
            }
            rest = Rest(isThere: found[0] == 1, decisions: found[1], others: found[2])
            try await database.transaction(in: .system) { transaction in
                try await transaction.execute(Statement("UPDATE leases SET until = 0"))
            }
        }
        return try #require(rest)
    }

    private func expectRecord(
        _ installation: EmptyInstallation, _ organization: String
    ) async throws {
        // What was not sealed yet is sealed by a node that ends as it should.
        try await ServedNode.start(installation).end()
        let verdict = try await ServedNode.run(["audit", "verify"] + installation.flags)
        #expect(verdict.hasSuffix(" 0 findings\n"), "\(verdict)")
        let entries = try await ServedNode.run(
            ["audit", "export", "--action", "organization:purge"] + installation.flags)
        #expect(entries.split(separator: "\n").count == 1 && entries.contains(organization))
    }
}
