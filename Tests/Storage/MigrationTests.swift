import Storage
import Testing

/// The contract of databases: the schema is brought to one state, however many bring it.
@Suite struct MigrationTests {
    private static let first = Migration(
        1, "accounts",
        [
            .both("CREATE TABLE accounts (id TEXT PRIMARY KEY)"),
            .sqlite("CREATE TABLE only_sqlite (n BIGINT)"),
            .postgresql("CREATE TABLE only_postgresql (n BIGINT)"),
        ])
    private static let second = Migration(
        2, "names",
        [
            .both("ALTER TABLE accounts ADD COLUMN name TEXT"),
            .both("INSERT INTO accounts VALUES ('one', 'first')"),
        ])

    @Test(arguments: DatabaseBackend.all)
    func aChangedMigrationIsRefusedByName(_ backend: DatabaseBackend) async throws {
        try await backend.withEmpty { database in
            try await Migrator.run(database, [Self.first], now: 0)
            let changed = Migration(1, "accounts", [.both("CREATE TABLE other (id TEXT)")])
            await #expect(throws: MigrationFault.changed(number: 1, name: "accounts")) {
                try await Migrator.run(database, [changed, Self.second], now: 0)
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aMigrationOfALaterVersionIsRefusedByName(_ backend: DatabaseBackend) async throws {
        try await backend.withEmpty { database in
            try await Migrator.run(database, [Self.first, Self.second], now: 0)
            await #expect(throws: MigrationFault.unknown(number: 2, name: "names")) {
                try await Migrator.run(database, [Self.first], now: 0)
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aMigrationBeforeAnAppliedOneIsRefused(_ backend: DatabaseBackend) async throws {
        try await backend.withEmpty { database in
            let late = Migration(2, "late", [.both("CREATE TABLE late (id TEXT)")])
            let third = Migration(3, "third", [.both("CREATE TABLE third (id TEXT)")])
            try await Migrator.run(database, [Self.first, third], now: 0)
            await #expect(throws: MigrationFault.late(number: 2, name: "late")) {
                try await Migrator.run(database, [Self.first, late, third], now: 0)
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aFailedMigrationLeavesNothingOfItself(_ backend: DatabaseBackend) async throws {
        try await backend.withEmpty { database in
            let broken = Migration(
                2, "broken", [.both("CREATE TABLE half (id TEXT)"), .both("CREATE NONSENSE")])
            await #expect(throws: StorageFailure.self) {
                try await Migrator.run(database, [Self.first, broken], now: 0)
            }
            let applied = try await Migrator.run(database, [Self.first, Self.second], now: 0)
            #expect(applied == [2])
            await #expect(throws: StorageFailure.self) {
                try await database.read(in: .none, [Statement("SELECT id FROM half")])
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func migrationsAreAppliedOnceAndInOrder(_ backend: DatabaseBackend) async throws {
        try await backend.withEmpty { database in
            let all = [Self.second, Self.first]
            #expect(try await Migrator.run(database, all, now: 77) == [1, 2])
            #expect(try await Migrator.run(database, all, now: 78) == [])
            let rows = try await database.read(
                in: .none, [Statement("SELECT number, applied_at FROM schema_migrations")])[0]
            #expect(try rows.map { row in try row.integer("applied_at") } == [77, 77])
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func nodesThatStartAtOnceMakeOneSchema(_ backend: DatabaseBackend) async throws {
        for _ in 0..<20 {
            try await backend.withEmptyTwice { left, right in
                async let one = Migrator.run(left, [Self.first, Self.second], now: 0)
                async let other = Migrator.run(right, [Self.first, Self.second], now: 0)
                #expect(try await (one + other).sorted() == [1, 2])
                let rows = try await left.read(in: .none, [Statement("SELECT * FROM accounts")])[0]
                #expect(rows.count == 1)
            }
        }
    }
}
