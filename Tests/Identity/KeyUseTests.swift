import Foundation
import Identity
import RegoMachine
import Servers
import Storage
import Testing

/// When keys were last used: written seldom, and never lost at the end.
@Suite struct KeyUseTests {
    private static let second: Int64 = 1_000_000

    /// One key in an organization.
    private func key(_ database: any Database) async throws -> (credential: Credential, id: String)
    {
        let host = StillHost().host()
        let first = FirstAdministrator(
            account: NewAccount(
                displayName: "Ada", address: try #require(MailAddress("ada@example.com")),
                host: host),
            organization: "org_1", organizationName: "Engines", slug: "engines", host: host)
        try await database.transaction(in: .organization("org_1")) { transaction in
            try await first.insert(in: transaction, now: 0, host: host)
        }
        let rows = try await database.read(in: .none, [first.key.lookUp])[0]
        return (try first.key.credential(rows, now: 1).get(), first.key.id)
    }

    private func lastUse(_ id: String, _ database: any Database) async throws -> Int64? {
        try await database.read(
            in: .none, [Statement("SELECT last_used_at FROM api_keys WHERE id = $1", [.text(id)])]
        )[0][0].integer(orNull: "last_used_at")
    }

    @Test(arguments: IdentityDatabase.all)
    func aUseIsWrittenAtMostOnceAMinute(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let (credential, id) = try await key(database)
            let uses = KeyUses()
            for (time, written) in [
                (10, 10), (11, 10), (69, 10), (70, 70), (71, 70), (200, 200),
            ] as [(Int64, Int64)] {
                uses.add(credential, address: "192.0.2.1", time: time * Self.second)
                try await uses.flush(to: database, now: time * Self.second)
                let found = try await lastUse(id, database)
                #expect(found == written * Self.second, "at \(time) s")
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aUseThatWaitsIsWrittenInItsTimeAndAtTheEnd(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let (credential, id) = try await key(database)
            let uses = KeyUses()
            for time in [10, 20] as [Int64] {
                uses.add(credential, address: "192.0.2.1", time: time * Self.second)
                try await uses.flush(to: database, now: time * Self.second)
            }
            try await uses.flush(to: database, now: 71 * Self.second)
            #expect(try await lastUse(id, database) == 20 * Self.second)
            uses.add(credential, address: "192.0.2.1", time: 72 * Self.second)
            try await uses.flush(to: database, now: 72 * Self.second, isLast: true)
            #expect(try await lastUse(id, database) == 72 * Self.second)
        }
    }

    @Test func anOlderUseChangesNothing() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let (credential, id) = try await key(database)
            for time in [50, 40] as [Int64] {
                let node = KeyUses()
                node.add(credential, address: "192.0.2.1", time: time * Self.second)
                try await node.flush(to: database, now: time * Self.second)
            }
            #expect(try await lastUse(id, database) == 50 * Self.second)
        }
    }

    @Test func aUseThatCouldNotBeWrittenIsWrittenLater() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let (credential, id) = try await key(database)
            let uses = KeyUses()
            uses.add(credential, address: "192.0.2.1", time: 5 * Self.second)
            try await Self.withoutTables { empty in
                await #expect(throws: StorageFailure.self) {
                    try await uses.flush(to: empty, now: 5 * Self.second)
                }
            }
            #expect(try await lastUse(id, database) == nil)
            try await uses.flush(to: database, now: 6 * Self.second)
            #expect(try await lastUse(id, database) == 5 * Self.second)
        }
    }

    /// A database that somebody has yet to bring the schema to.
    private static func withoutTables(_ body: (any Database) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try SQLiteDatabase(folder: folder)
        try await body(database)
        await database.close()
    }

    @Test func keysThatDidEverythingGoOnMakingKeys() async throws {
        try await Self.withoutTables { database in
            let before = Identity.migrations.filter { $0.number < 8 }
            try await Migrator.run(database, before, now: 0)
            try await database.transaction(in: .system) { transaction in
                for sql in [
                    "INSERT INTO principals VALUES ('usr_1', 'default', 'account', NULL, 0)",
                    """
                    INSERT INTO organizations VALUES
                    ('org_1', 'default', 's', 'n', 'free', 'active', 1, 0, 0, NULL)
                    """,
                ] { try await transaction.execute(Statement(sql)) }
                for (id, scopes) in [("key_1", "*"), ("key_2", "member:*")] {
                    try await transaction.execute(
                        Statement(
                            """
                            INSERT INTO api_keys
                            VALUES ($1, 'usr_1', 'org_1', 'n', $2, $3, 0, NULL, NULL)
                            """, [.text(id), .bytes([1]), .text(scopes)]))
                }
            }
            try await Migrator.run(database, Identity.migrations, now: 0)
            let rows = try await database.read(
                in: .none, [Statement("SELECT scopes FROM api_keys ORDER BY id")])[0]
            #expect(try rows.map { try $0.text("scopes") } == ["* key:*", "member:*"])
        }
    }

    @Test(arguments: IdentityDatabase.all, ["expires_at", "revoked_at"])
    func deadKeysGoAfterNinetyDays(_ backend: IdentityDatabase, _ column: String) async throws {
        try await backend.with { database in
            let (_, id) = try await key(database)
            let janitor = Janitor(owner: "one", decisionsKeptDays: 90)
            let end = 100 * 86_400 * Self.second
            #expect(try await janitor.sweep(database, now: end + 1) == 0)
            try await set("\(column) = \(10 * 86_400 * Self.second)", of: id, database)
            #expect(try await janitor.sweep(database, now: end) == 0)
            #expect(try await janitor.sweep(database, now: end + 1) == 1)
        }
    }

    private func set(_ assignment: String, of id: String, _ database: any Database) async throws {
        _ = try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement("UPDATE api_keys SET \(assignment) WHERE id = $1", [.text(id)]))
        }
    }
}
