import Foundation
import Testing

@testable import Storage

/// What SQLite alone has: the file, its settings, and the folder's lock.
@Suite struct SQLiteTests {
    @Test func aFolderInUseIsRefused() async throws {
        try await TemporaryFolder.with { folder in
            let database = try SQLiteDatabase(folder: folder)
            let failure = StorageFailure.invalid("another process uses the data folder `\(folder)`")
            #expect(throws: failure) { try SQLiteDatabase(folder: folder) }
            await database.close()
        }
    }

    @Test func aFolderIsFreeAgainAndKeepsItsRows() async throws {
        try await TemporaryFolder.with { folder in
            try await Self.fill(folder)
            let database = try SQLiteDatabase(folder: folder)
            let rows = try await database.read(in: .none, [Statement("SELECT n FROM t")])[0]
            #expect(rows.count == 1)
            await database.close()
        }
    }

    private static func fill(_ folder: String) async throws {
        let database = try SQLiteDatabase(folder: folder)
        try await database.transaction(in: .none) { transaction in
            try await transaction.execute(Statement("CREATE TABLE t (n BIGINT)"))
            try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
        }
        await database.close()
    }

    @Test func aFolderOpenToOthersIsClosedToThem() async throws {
        try await TemporaryFolder.with { folder in
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o755])
            let database = try SQLiteDatabase(folder: folder)
            let facts = try FileManager.default.attributesOfItem(atPath: folder)
            #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o700)
            await database.close()
        }
    }

    @Test func aFileThatIsNoDatabaseIsRefused() async throws {
        try await TemporaryFolder.with { folder in
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false)
            try Data(repeating: 65, count: 5_000).write(
                to: URL(filePath: "\(folder)/ostiary.sqlite"))
            #expect(throws: StorageFailure.self) { try SQLiteDatabase(folder: folder) }
        }
    }

    @Test(
        arguments: [
            ("journal_mode", SQLValue.text("wal"), SQLValue.text("wal")),
            ("synchronous", .integer(2), .integer(2)),
            ("foreign_keys", .integer(1), .integer(1)),
            ("trusted_schema", .integer(0), .integer(0)),
            ("query_only", .integer(0), .integer(1)),
            ("busy_timeout", .integer(5_000), .integer(5_000)),
            ("temp_store", .integer(2), .integer(2)),
            ("wal_autocheckpoint", .integer(8_000), .integer(8_000)),
        ])
    func settingsAreWhatTheyShouldBe(_ row: (name: String, writer: SQLValue, reader: SQLValue))
        async throws
    {
        try await TemporaryFolder.with { folder in
            let database = try SQLiteDatabase(folder: folder)
            let found = try await database.pragma(row.name)
            #expect(found.writer == row.writer)
            #expect(found.reader == row.reader)
            await database.close()
        }
    }

    @Test func theSchemasTextIsNotWritten() async throws {
        try await TemporaryFolder.with { folder in
            let database = try SQLiteDatabase(folder: folder)
            #expect(try await database.isDefensive())
            for sql in ["PRAGMA writable_schema=ON", "UPDATE sqlite_schema SET sql = ''"] {
                _ = try? await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement(sql))
                }
            }
            try await Migrator.run(database, [], now: 0)
            await #expect(throws: StorageFailure.self) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("DELETE FROM sqlite_schema"))
                }
            }
            await database.close()
        }
    }

    @Test func aTextInDoubleQuotesIsAColumnOrAnError() async throws {
        try await DatabaseBackend.sqlite.with([]) { database in
            await #expect(throws: StorageFailure.self) {
                try await database.read(in: .none, [Statement("SELECT \"nothing\" AS t")])
            }
        }
    }

    @Test func readersDoNotWaitForTheWriter() async throws {
        try await DatabaseBackend.sqlite.with(["CREATE TABLE t (n BIGINT)"]) { database in
            try await database.transaction(in: .none) { transaction in
                try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
                let outside = try await database.read(in: .none, [Statement("SELECT n FROM t")])
                #expect(outside[0].isEmpty)
            }
        }
    }

    /// On the writer's thread, which may wait, and with more questions than connections.
    @Test func whoMayWaitIsAnsweredOnItsOwnThread() async throws {
        try await DatabaseBackend.sqlite.with(["CREATE TABLE t (n BIGINT)"]) { database in
            let answers = try await database.transaction(in: .none) { _ in
                #expect(OwnThread.isCurrent)
                let read = Statement("SELECT COUNT(*) AS n FROM t")
                return try await withThrowingTaskGroup(of: Int64.self) { tasks in
                    for _ in 0..<20 {
                        tasks.addTask {
                            try await database.read(in: .none, [read])[0][0].integer("n")
                        }
                    }
                    return try await tasks.reduce(into: [Int64]()) { $0.append($1) }
                }
            }
            #expect(answers == Array(repeating: 0, count: 20))
        }
    }

    @Test func whereAllSparesAreInUseThereIsNone() async throws {
        try await TemporaryFolder.with { folder in
            _ = try DataFolder(folder)
            let spares = SQLiteSpares(countMax: 1) { () throws(StorageFailure) in
                try SQLiteConnection(path: "\(folder)/a.sqlite", .writer, limits: .patient)
            }
            let inner = try spares.run { (_) throws(StorageFailure) in
                try spares.run { (_) throws(StorageFailure) in true } ?? false
            }
            #expect(inner == false)
            let again = try spares.run { (_) throws(StorageFailure) in true }
            #expect(again == true)
            await spares.close()
            let closed = try spares.run { (_) throws(StorageFailure) in true }
            #expect(closed == nil)
        }
    }

    /// Names are kept with a statement, and asked for again where the schema has changed.
    @Test func aChangedTableHasItsNewColumns() async throws {
        try await DatabaseBackend.sqlite.with(["CREATE TABLE t (a BIGINT)"]) { database in
            let all = Statement("SELECT * FROM t")
            try await database.transaction(in: .none) { transaction in
                try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
                #expect(try await transaction.query(all)[0].columns == ["a"])
                try await transaction.execute(
                    Statement("ALTER TABLE t ADD COLUMN b BIGINT DEFAULT 2"))
                #expect(try await transaction.query(all)[0].columns == ["a", "b"])
            }
        }
    }
}
