import Identity
import RegoMachine
import Servers
import Storage
import Testing

/// The record: whatever is done to it without the key is found.
@Suite struct AuditTests {
    private static let key = AuditKey(secret: [UInt8](repeating: 7, count: 32))!
    private static let now: Int64 = 1_700_000_000_000_000

    private static func entry(_ number: Int, _ organization: String? = "org_a") -> AuditEntry {
        AuditEntry(
            id: "aud_\(number)", organization: organization, occurredAt: now + Int64(number),
            actorKind: .account, actor: "usr_1", action: "organization:update",
            outcome: .allowed, resourceType: "organization", resource: "org_a")
    }

    /// A record of five rows in one chain and one in another, sealed.
    private func sealed(
        _ backend: IdentityDatabase, _ body: (any Database, [String]) async throws -> Void
    ) async throws {
        try await backend.with { database in
            try await Self.append((1...5).map { Self.entry($0) }, to: database)
            try await Self.append([Self.entry(6, nil)], to: database)
            let heads = try await AuditSealer(key: Self.key, owner: "node").seal(
                database, now: Self.now)
            #expect(heads.map(\.seq) == [5, 1])
            try await body(database, heads.map { $0.line(signedWith: Self.key) })
        }
    }

    private static func append(_ entries: [AuditEntry], to database: any Database) async throws {
        let log = AuditLog(key: key)
        try await database.transaction(in: .system) { transaction in
            for entry in entries { try log.append(entry, in: transaction) }
        }
    }

    private func faults(
        _ database: any Database, _ heads: [String], now: Int64 = now
    ) async throws -> Set<AuditFinding.Fault> {
        let report = try await AuditVerification(key: Self.key).report(
            database, heads: heads, now: now)
        return Set(report.findings.map(\.fault))
    }

    private func change(_ database: any Database, _ statements: String...) async throws {
        try await database.transaction(in: .system) { transaction in
            for sql in statements { try await transaction.execute(Statement(sql)) }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aWholeRecordHasNoFindings(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            let report = try await AuditVerification(key: Self.key).report(
                database, heads: heads, now: Self.now)
            #expect(report.findings.isEmpty && report.chains == 2 && report.rows == 6)
        }
    }

    @Test(arguments: IdentityDatabase.all, [
        "details = '{\"a\":1}'", "actor_id = 'usr_2'", "actor_id = NULL", "outcome = 'denied'",
        "organization_id = NULL", "occurred_at = occurred_at + 1", "address = ''",
        "code = previous", "key_id = 'other'", "actor_kind = 'somebody'",
    ])
    func aChangedFieldIsFound(_ backend: IdentityDatabase, _ change: String) async throws {
        try await sealed(backend) { database, heads in
            try await self.change(
                database, "UPDATE audit_entries SET \(change) WHERE id = 'aud_3'")
            #expect(try await self.faults(database, heads).contains(.forged))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aDeletedRowIsFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            try await self.change(database, "DELETE FROM audit_entries WHERE id = 'aud_3'")
            #expect(try await self.faults(database, heads) == [.missing, .moved])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aDeletedRowWhoseFollowersMovedUpIsFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            try await self.change(
                database, "DELETE FROM audit_entries WHERE id = 'aud_3'",
                "UPDATE audit_entries SET seq = 3 WHERE id = 'aud_4'",
                "UPDATE audit_entries SET seq = 4 WHERE id = 'aud_5'")
            #expect(try await self.faults(database, heads) == [.moved, .truncated])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func exchangedRowsAreFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            try await self.change(
                database, "UPDATE audit_entries SET seq = 100 WHERE id = 'aud_2'",
                "UPDATE audit_entries SET seq = 2 WHERE id = 'aud_3'",
                "UPDATE audit_entries SET seq = 3 WHERE id = 'aud_2'")
            #expect(try await self.faults(database, heads) == [.moved])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aTruncatedTailIsFoundByTheHeadOutside(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            try await self.change(database, "DELETE FROM audit_entries WHERE seq >= 4")
            #expect(try await self.faults(database, []) == [])
            #expect(try await self.faults(database, heads) == [.truncated])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aChainThatIsGoneIsFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            try await self.change(database, "DELETE FROM audit_entries")
            #expect(try await self.faults(database, heads) == [.truncated])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aRowOfSomebodyWithoutTheKeyIsFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            let other = AuditKey(secret: [UInt8](repeating: 8, count: 32))!
            let log = AuditLog(key: other)
            try await database.transaction(in: .system) { transaction in
                try log.append(Self.entry(9), in: transaction)
            }
            try await self.change(
                database,
                "UPDATE audit_entries SET key_id = '\(Self.key.id)' WHERE id = 'aud_9'")
            #expect(try await self.faults(database, heads) == [.forged])
            // Sealed with the others it stays what it is.
            _ = try await AuditSealer(key: Self.key, owner: "node").seal(database, now: Self.now)
            #expect(try await self.faults(database, heads) == [.forged])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func headsThatTheKeyDidNotSignAreFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            let cut = heads.map { String($0.dropLast(2)) + "00" }
            for lines in [cut, ["", "a b", "org_a 9 zz zz"]] {
                let found = try await self.faults(database, lines)
                #expect(found == [.badHead])
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsNotSealedInTimeIsFound(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, heads in
            try await Self.append([Self.entry(7)], to: database)
            #expect(try await self.faults(database, heads) == [])
            let later = Self.now + 61_000_000
            #expect(try await self.faults(database, heads, now: later) == [.unsealed])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func oneNodeSealsAtATime(_ backend: IdentityDatabase) async throws {
        try await sealed(backend) { database, _ in
            try await Self.append([Self.entry(7)], to: database)
            try await self.change(
                database, "UPDATE leases SET owner = 'other', until = \(Self.now + 10)")
            let sealer = AuditSealer(key: Self.key, owner: "node")
            #expect(try await sealer.seal(database, now: Self.now).isEmpty)
            #expect(try await sealer.seal(database, now: Self.now + 11).map(\.seq) == [6])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsUndoneLeavesNoRow(_ backend: IdentityDatabase) async throws {
        struct Refusal: Error {}
        try await sealed(backend) { database, heads in
            let log = AuditLog(key: Self.key)
            await #expect(throws: Refusal.self) {
                try await database.transaction(in: .system) { transaction in
                    try log.append(Self.entry(8), in: transaction)
                    throw Refusal()
                }
            }
            let report = try await AuditVerification(key: Self.key).report(
                database, heads: heads, now: Self.now)
            #expect(report.rows == 6)
        }
    }
}
