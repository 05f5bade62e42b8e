import Storage
import Testing

/// The contract of databases: nothing waits or runs without an end.
@Suite struct DatabaseLimitTests {
    /// Counts for hours.
    private static let endless = Statement(
        """
        WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
        SELECT CAST(SUM(n) AS BIGINT) AS n FROM c
        """)

    private static var brief: StorageLimits {
        var limits = StorageLimits()
        limits.statementSeconds = 1
        limits.waitSeconds = 1
        limits.waiters = 2
        limits.writers = 1
        return limits
    }

    @Test(arguments: DatabaseBackend.all)
    func aStatementThatRunsTooLongIsStopped(_ backend: DatabaseBackend) async throws {
        try await backend.with(["CREATE TABLE t (n BIGINT)"], limits: Self.brief) { database in
            await #expect(throws: StorageFailure.timeout) {
                try await database.read(in: .none, [Self.endless])
            }
            await #expect(throws: StorageFailure.timeout) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
                    return try await transaction.query(Self.endless)
                }
            }
            let rows = try await database.read(in: .none, [Statement("SELECT n FROM t")])[0]
            #expect(rows.isEmpty)
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func theLineBeforeTheWriterIsBoundedInLengthAndTime(_ backend: DatabaseBackend) async throws {
        try await backend.with(["CREATE TABLE t (n BIGINT)"], limits: Self.brief) { database in
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            let holder = Task {
                try await database.transaction(in: .none) { _ in
                    enter.finish()
                    for await _ in gate {}
                }
            }
            for await _ in entered {}
            let busy = StorageFailure.unavailable(retryAfterSeconds: 1)
            await withTaskGroup(of: Void.self) { group in
                // Two wait a second in vain, the third is not let in.
                for _ in 0..<3 {
                    group.addTask {
                        await #expect(throws: busy) {
                            try await database.transaction(in: .none) { _ in }
                        }
                    }
                }
            }
            // Reads need no turn.
            #expect(try await database.read(in: .none, [Statement("SELECT n FROM t")])[0].isEmpty)
            open.finish()
            try await holder.value
            try await database.transaction(in: .none) { _ in }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func moreStatementsThanAreKeptPreparedAllWork(_ backend: DatabaseBackend) async throws {
        var limits = StorageLimits.patient
        limits.preparedStatements = 3
        try await backend.with([], limits: limits) { database in
            for round in 0..<40 {
                let row = try await database.read(
                    in: .none, [Statement("SELECT \(round % 8) AS n, $1 AS t", ["x"])])[0][0]
                #expect(try row.text("t") == "x")
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aClosedDatabaseRefuses(_ backend: DatabaseBackend) async throws {
        try await backend.with([]) { database in
            await database.close()
            await #expect(throws: StorageFailure.self) {
                try await database.read(in: .none, [Statement("SELECT 1 AS one")])
            }
            await #expect(throws: StorageFailure.self) {
                try await database.transaction(in: .none) { _ in }
            }
        }
    }

    /// All of them share one connection, on which a failed one skips only its own statements.
    @Test(arguments: DatabaseBackend.all)
    func wrongReadsDoNotHarmThoseBesideThem(_ backend: DatabaseBackend) async throws {
        var limits = StorageLimits.patient
        limits.readers = 1
        try await backend.with([], limits: limits) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<120 {
                    group.addTask { try await Self.ask(number, database) }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Every third one is wrong, in its first or its second statement.
    private static func ask(_ number: Int, _ database: any Database) async throws {
        let right = Statement("SELECT $1 AS t, \(number % 7) AS n", [.text("\(number)")])
        let wrong = Statement("SELECT missing_\(number % 7) AS t")
        guard number % 3 == 0 else {
            let answers = try await database.read(in: .organization("o"), [right, right])
            let texts = try answers.map { rows in try rows[0].text("t") }
            #expect(texts == ["\(number)", "\(number)"])
            return
        }
        let statements = number % 2 == 0 ? [wrong, right] : [right, wrong]
        await #expect {
            try await database.read(in: .organization("o"), statements)
        } throws: { error in
            if case .invalid = error as? StorageFailure { true } else { false }
        }
    }
}
