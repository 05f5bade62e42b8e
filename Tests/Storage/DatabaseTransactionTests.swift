import Storage
import Testing

/// The contract of databases: what is together, what is undone, and how a failure is told.
@Suite struct DatabaseTransactionTests {
    private static let schema = [
        "CREATE TABLE parent (id TEXT PRIMARY KEY, n BIGINT NOT NULL, email TEXT UNIQUE)",
        """
        CREATE TABLE child (
            id TEXT NOT NULL, part BIGINT NOT NULL, parent_id TEXT NOT NULL REFERENCES parent (id),
            size BIGINT CONSTRAINT child_size_is_positive CHECK (size > 0),
            PRIMARY KEY (id, part)
        )
        """,
        "CREATE UNIQUE INDEX child_once_a_parent ON child (parent_id, size)",
        "CREATE UNIQUE INDEX child_by_shape ON child (part, (size * 2))",
        "INSERT INTO parent (id, n, email) VALUES ('a', 1, 'a@x'), ('b', 1, 'b@x')",
        "INSERT INTO child (id, part, parent_id, size) VALUES ('c', 1, 'a', 5)",
    ]

    private struct Refusal: Error, Equatable {}

    private static func sum(_ database: any Database) async throws -> Int64 {
        let sql = "SELECT CAST(SUM(n) AS BIGINT) AS total FROM parent"
        return try await database.read(in: .none, [Statement(sql)])[0][0].integer("total")
    }

    @Test(
        arguments: DatabaseBackend.all,
        [
            (
                "INSERT INTO parent (id, n) VALUES ('a', 1)", StorageFailure.Constraint.unique,
                "parent_pkey"
            ),
            ("INSERT INTO child VALUES ('c', 1, 'b', 1)", .unique, "child_pkey"),
            ("UPDATE parent SET email = 'a@x' WHERE id = 'b'", .unique, "parent_email_key"),
            ("INSERT INTO child VALUES ('d', 2, 'a', 5)", .unique, "child_once_a_parent"),
            ("INSERT INTO child VALUES ('d', 1, 'b', 5)", .unique, "child_by_shape"),
            ("INSERT INTO child VALUES ('d', 1, 'none', 7)", .foreignKey, nil),
            ("DELETE FROM parent WHERE id = 'a'", .foreignKey, nil),
            ("INSERT INTO parent (id) VALUES ('z')", .notNull, "parent.n"),
            ("UPDATE child SET size = -1", .check, "child_size_is_positive"),
        ] as [(String, StorageFailure.Constraint, String?)])
    func whatTheSchemaForbidsIsToldAlike(
        _ backend: DatabaseBackend,
        _ row: (sql: String, kind: StorageFailure.Constraint, name: String?)
    ) async throws {
        try await backend.with(Self.schema) { database in
            await #expect(throws: StorageFailure.constraint(row.kind, name: row.name)) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement(row.sql))
                }
            }
        }
    }

    /// Those that stand in line with it are none the worse.
    @Test(arguments: DatabaseBackend.all)
    func aReferenceThatIsCheckedLateIsToldToWhoMadeIt(_ backend: DatabaseBackend) async throws {
        let late = """
            CREATE TABLE late (
                id TEXT PRIMARY KEY,
                parent_id TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
            )
            """
        try await backend.with(Self.schema + [late]) { database in
            let told = await withTaskGroup(of: (Int, StorageFailure?).self) { tasks in
                for number in 0..<20 {
                    let parent = number == 7 ? "none" : "a"
                    tasks.addTask {
                        do {
                            try await database.transaction(in: .none) { transaction in
                                try await transaction.execute(
                                    Statement(
                                        "INSERT INTO late VALUES ($1, $2)",
                                        [.text("\(number)"), .text(parent)]))
                            }
                            return (number, nil)
                        } catch {
                            return (number, error as? StorageFailure)
                        }
                    }
                }
                return await tasks.reduce(into: [Int: StorageFailure]()) { $0[$1.0] = $1.1 }
            }
            #expect(told[7] == .constraint(.foreignKey, name: nil))
            let others = told.filter { $0.key != 7 && $0.value != .conflict }
            #expect(others.isEmpty)
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func whatABodyThrowsUndoesEverything(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            await #expect(throws: Refusal()) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("UPDATE parent SET n = 100"))
                    throw Refusal()
                }
            }
            let total = try await Self.sum(database)
            #expect(total == 2)
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aFailureThatABodyHidesStillUndoesEverything(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            let failure = StorageFailure.constraint(.notNull, name: "parent.n")
            await #expect(throws: failure) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("UPDATE parent SET n = 100"))
                    let insert = Statement("INSERT INTO parent (id) VALUES ('z')")
                    _ = try? await transaction.execute(insert)
                    _ = try? await transaction.execute(Statement("UPDATE parent SET n = 200"))
                }
            }
            let total = try await Self.sum(database)
            #expect(total == 2)
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aTransactionKeptBeyondItsBodyIsRefused(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            let kept = try await database.transaction(in: .none) { $0 }
            await #expect(throws: StorageFailure.invalid("the transaction has ended")) {
                try await kept.execute(Statement("UPDATE parent SET n = 100"))
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aReadThatWritesIsRefused(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            await #expect(throws: StorageFailure.self) {
                try await database.read(in: .none, [Statement("UPDATE parent SET n = 100")])
            }
            await #expect(throws: StorageFailure.self) {
                try await database.read(
                    in: .none,
                    [Statement("SELECT 1 AS one"), Statement("DELETE FROM child RETURNING id")])
            }
            let total = try await Self.sum(database)
            #expect(total == 2)
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func oneFailedReadAmongSeveralLeavesTheNextCallUnharmed(
        _ backend: DatabaseBackend
    ) async throws {
        try await backend.with(Self.schema) { database in
            for _ in 0..<3 {
                await #expect(throws: StorageFailure.self) {
                    try await database.read(
                        in: .none,
                        [
                            Statement("SELECT id FROM parent"),
                            Statement("SELECT wrong FROM parent"),
                            Statement("SELECT n FROM parent"),
                        ])
                }
                let total = try await Self.sum(database)
                #expect(total == 2)
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func severalReadsSeeOneMoment(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<50 {
                        try await database.transaction(in: .none) { transaction in
                            try await transaction.execute(Statement("UPDATE parent SET n = n + 1"))
                        }
                    }
                }
                group.addTask {
                    let read = Statement("SELECT n FROM parent ORDER BY id")
                    for _ in 0..<100 {
                        let answers = try await database.read(in: .none, [read, read, read])
                        #expect(answers[0] == answers[1] && answers[1] == answers[2])
                    }
                }
                try await group.waitForAll()
            }
            let total = try await Self.sum(database)
            #expect(total == 102)
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func returningGivesTheChangedRows(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            let rows = try await database.transaction(in: .none) { transaction in
                try await transaction.query(
                    Statement(
                        "UPDATE parent SET n = n + $1 WHERE id = $2 RETURNING id, n", [5, "b"]))
            }
            #expect(try rows.map { row in try row.integer("n") } == [6])
        }
    }

    /// Two bodies each read the other's row and write their own: one of them must not see the state
    /// in which it may.
    @Test(arguments: DatabaseBackend.all)
    func writeSkewNeverHappens(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            for round in 0..<200 {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("UPDATE parent SET n = 1"))
                }
                async let left: Void = Self.leaveUnlessAlone("a", "b", database)
                async let right: Void = Self.leaveUnlessAlone("b", "a", database)
                _ = try await (left, right)
                try #require(try await Self.sum(database) >= 1, "round \(round)")
            }
        }
    }

    private static func leaveUnlessAlone(
        _ own: String, _ other: String, _ database: any Database
    ) async throws {
        try await database.transaction(in: .none) { transaction in
            let row = try await transaction.query(
                Statement("SELECT n FROM parent WHERE id = $1", [.text(other)]))[0]
            guard try row.integer("n") == 1 else { return }
            try await transaction.execute(
                Statement("UPDATE parent SET n = 0 WHERE id = $1", [.text(own)]))
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func collidingTransactionsAllHappenInTheEnd(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            let done = await withTaskGroup(of: Int64.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var done: Int64 = 0
                        for _ in 0..<5 where await Self.increment(database) { done += 1 }
                        return done
                    }
                }
                return await group.reduce(0, +)
            }
            let row = try await database.read(
                in: .none, [Statement("SELECT n FROM parent WHERE id = 'a'")])[0][0]
            // A conflict that remains after all retries is told; what was told done is done.
            #expect(try row.integer("n") == 1 + done)
            #expect(done >= 20)
        }
    }

    private static func increment(_ database: any Database) async -> Bool {
        do {
            try await database.transaction(in: .none) { transaction in
                let row = try await transaction.query(
                    Statement("SELECT n FROM parent WHERE id = 'a'"))[0]
                try await transaction.execute(
                    Statement(
                        "UPDATE parent SET n = $1 WHERE id = 'a'",
                        [.integer(try row.integer("n") + 1)]))
            }
            return true
        } catch {
            #expect(error as? StorageFailure == .conflict)
            return false
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func statementsAreCounted(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.schema) { database in
            let one = Statement("SELECT 1 AS one")
            let counted = try await StatementCount.during {
                _ = try await database.read(in: .none, [one, one])
                try await database.transaction(in: .none) { _ = try await $0.query(one) }
            }
            #expect(counted.statements == 3)
        }
    }
}
