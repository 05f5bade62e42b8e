import Identity
import RegoMachine
import Servers
import Storage
import Testing

/// Rows of the record that go for their age, and what does not pass for that.
@Suite struct AuditPruningTests {
    private static let key = AuditKey(secret: [UInt8](repeating: 7, count: 32))!
    private static let noon: Int64 = 1_700_000_000_000_000
    private static let day: Int64 = 86_400_000_000

    /// One, so that no id comes twice.
    private let random = StillHost()

    private static func entry(_ number: Int, _ organization: String?) -> AuditEntry {
        AuditEntry(
            id: "aud_\(number)", organization: organization,
            occurredAt: noon + Int64(number) * day, actorKind: .account, actor: "usr_1",
            action: "organization:update", outcome: .allowed)
    }

    /// A chain with a row of each of ten days, and one of a single row.
    private func sealed(
        _ backend: IdentityDatabase, _ body: (any Database, [String]) async throws -> Void
    ) async throws {
        try await backend.with { database in
            try await database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement(
                        """
                        INSERT INTO organizations (
                            id, realm_id, slug, name, tier, status, version, created_at, updated_at
                        ) VALUES ('org_a', 'default', 'a', 'A', 'free', 'active', 1, 0, 0)
                        """))
                for number in 0..<10 {
                    try AuditLog(key: Self.key).append(
                        Self.entry(number, "org_a"), in: transaction)
                }
                try AuditLog(key: Self.key).append(
                    Self.entry(100, "org_b"), in: transaction)
            }
            let heads = try await seal(database)
            try await body(database, heads.map { $0.line(signedWith: Self.key) })
        }
    }

    @discardableResult
    private func seal(_ database: any Database) async throws -> [AuditHead] {
        try await AuditSealer(key: Self.key, owner: "node").seal(database, now: Self.noon)
    }

    /// On the tenth day.
    private func prune(_ database: any Database, keptDays: Int) async throws -> Int64 {
        let host = random.host(now: (Self.noon + 10 * Self.day) * 1_000)
        return try await AuditPruning(key: Self.key, owner: "node", keptDays: keptDays)
            .prune(database, host)
    }

    private func faults(
        _ database: any Database, _ heads: [String]
    ) async throws -> Set<AuditFinding.Fault> {
        let report = try await AuditVerification(key: Self.key).report(
            database, heads: heads, now: Self.noon)
        return Set(report.findings.map(\.fault))
    }

    private func change(_ database: any Database, _ sql: String) async throws {
        try await database.transaction(in: .system) { transaction in
            try await transaction.execute(Statement(sql))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsLeftIsWholeAndSaysWhatWent(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            #expect(try await self.prune(database, keptDays: 3) == 7)
            try await self.seal(database)
            #expect(try await self.faults(database, heads) == [])
            let rows = try await database.read(
                in: .system,
                [
                    Statement("SELECT seq FROM audit_entries WHERE chain = 'org_a' ORDER BY seq"),
                    Statement("SELECT details FROM audit_entries WHERE action = 'audit:prune'"),
                ])
            #expect(try rows[0].map { try $0.integer("seq") } == [8, 9, 10])
            #expect(try rows[1].map { try $0.text("details") } == [#"{"first":1,"last":7}"#])
            #expect(try await self.prune(database, keptDays: 3) == 0)
            // A chain's last row stays, however old it is.
            #expect(try await self.prune(database, keptDays: 1) == 2)
            try await self.seal(database)
            #expect(try await self.faults(database, heads) == [])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aHoldKeepsWhatItCovers(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, _ in
            for organization in ["org_a", nil] {
                let hold = LegalHold(
                    id: "hld_\(organization ?? "all")", organization: organization,
                    reason: "case 1", placedAt: Self.noon)
                try await database.transaction(in: .system) { try await hold.place(in: $0) }
                #expect(try await LegalHold.standing(database) == [hold])
                #expect(try await self.prune(database, keptDays: 3) == 0)
                let isReleased = try await database.transaction(in: .system) {
                    try await LegalHold.release(hold.id, in: $0, now: Self.noon)
                }
                #expect(isReleased)
            }
            #expect(try await LegalHold.standing(database).isEmpty)
            #expect(try await self.prune(database, keptDays: 3) == 7)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whoCutsABeginningIsFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            try await self.change(
                database, "DELETE FROM audit_entries WHERE chain = 'org_a' AND seq <= 3")
            #expect(try await self.faults(database, heads) == [.missing, .moved])
            // With the beginning that belongs to it, but no key to sign it.
            try await self.change(
                database,
                """
                INSERT INTO audit_prunings SELECT chain, seq - 1, previous, hash, 0
                FROM audit_entries WHERE chain = 'org_a' AND seq = 4
                """)
            #expect(try await self.faults(database, heads) == [.badBeginning])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aBeginningHidesNothingMore(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            #expect(try await self.prune(database, keptDays: 3) == 7)
            try await self.change(
                database, "DELETE FROM audit_entries WHERE chain = 'org_a' AND seq = 8")
            #expect(try await self.faults(database, heads) == [.missing, .moved])
            try await self.change(database, "DELETE FROM audit_entries WHERE chain = 'org_a'")
            #expect(try await self.faults(database, []) == [.truncated])
        }
    }

    @Test(arguments: IdentityDatabase.all, [0, 3])
    func rowsBeforeABeginningAreFound(_ backend: IdentityDatabase, _ seq: Int) async throws {
        try await sealed(backend) { database, heads in
            #expect(try await self.prune(database, keptDays: 3) == 7)
            try await self.change(
                database,
                """
                INSERT INTO audit_entries (
                    id, organization_id, occurred_at, actor_kind, action, outcome, details,
                    key_id, code, chain, seq, previous, hash
                ) SELECT 'aud_x', organization_id, occurred_at, actor_kind, 'a:b', outcome,
                    details, key_id, code, chain, \(seq), previous, hash
                FROM audit_entries WHERE chain = 'org_a' AND seq = 8
                """)
            #expect(try await self.faults(database, heads).contains(.forged))
        }
    }
}
