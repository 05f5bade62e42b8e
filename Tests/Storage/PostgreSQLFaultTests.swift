import Servers
import Storage
import Synchronization
import Testing

private let isInstalled = PostgreSQLServer.programs != nil

/// A server that goes away, and comes back.
@Suite(
    .enabled(if: isInstalled, "PostgreSQL 15 is not installed"),
    // Less than a lost connection may go unnoticed with the limits of tests.
    .timeLimit(.minutes(2)))
struct PostgreSQLFaultTests {
    private static let schema = ["CREATE TABLE t (n BIGINT)"]
    private static let count = Statement("SELECT COUNT(*) AS n FROM t")

    private static func isUnavailable(_ error: any Error) -> Bool {
        if case .unavailable = error as? StorageFailure { true } else { false }
    }

    @Test func nobodyAnsweringIsUnavailableAndReported() async throws {
        let reported = Reports()
        let database = try PostgreSQLDatabase(
            "host=/nowhere dbname=none", report: { reported.add($0) })
        for _ in 0..<3 {
            await #expect(throws: StorageFailure.unavailable(retryAfterSeconds: 1)) {
                try await database.read(in: .none, [Statement("SELECT 1 AS one")])
            }
            await #expect(throws: StorageFailure.unavailable(retryAfterSeconds: 1)) {
                try await database.transaction(in: .none) { _ in }
            }
        }
        #expect(reported.all.first?.contains("/nowhere") == true)
        await database.close()
    }

    private final class Reports: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        func add(_ report: String) { kept.withLock { $0.append(report) } }
    }

    @Test func aConnectionKilledInATransactionUndoesIt() async throws {
        try await DatabaseBackend.postgresql.with(Self.schema) { database in
            await #expect {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
                    // Which a role may do to its own connections.
                    return try await transaction.query(
                        Statement("SELECT pg_terminate_backend(pg_backend_pid()) AS done"))
                }
            } throws: { Self.isUnavailable($0) }
            let row = try await database.read(in: .none, [Self.count])[0][0]
            #expect(try row.integer("n") == 0)
            try await database.transaction(in: .none) { transaction in
                try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
            }
        }
    }

    @Test func aConnectionKilledBetweenTwoStatementsUndoesBoth() async throws {
        try await DatabaseBackend.postgresql.with(Self.schema) { database in
            await #expect {
                try await database.transaction(in: .none) { transaction in
                    let own = Statement("SELECT pg_backend_pid() AS pid")
                    let pid = try await transaction.query(own)[0].integer("pid")
                    try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
                    try await Self.kill(pid, database)
                    // It must not go out on the connection that is made next.
                    try await transaction.execute(Statement("INSERT INTO t VALUES (2)"))
                }
            } throws: { Self.isUnavailable($0) }
            let row = try await database.read(in: .none, [Self.count])[0][0]
            #expect(try row.integer("n") == 0)
        }
    }

    private static func kill(_ pid: Int64, _ database: any Database) async throws {
        _ = try await database.read(
            in: .none,
            [
                Statement(
                    "SELECT pg_terminate_backend(CAST($1 AS INT), 2000) AS done", [.integer(pid)])
            ])
    }

    /// The server dies while it is committing: a trigger makes that take its time.
    @Test func aConnectionLostDuringACommitLeavesItOpenWhatHappened() async throws {
        let slow = [
            """
            CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_notify(''committing'', ''''); PERFORM pg_sleep(4); RETURN NULL; END'
            """,
            """
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait()
            """,
        ]
        try await DatabaseBackend.postgresql.with(Self.schema + slow) { database in
            let killer = Task { try await Self.killWhoeverCommits(database) }
            await #expect(throws: StorageFailure.commitUnknown) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
                }
            }
            try await killer.value
        }
    }

    private static func killWhoeverCommits(_ database: any Database) async throws {
        let find = Statement(
            """
            SELECT CAST(pid AS BIGINT) AS pid FROM pg_stat_activity
            WHERE datname = current_database() AND query = 'COMMIT' AND state = 'active'
            """)
        while true {
            if let row = try await database.read(in: .none, [find])[0].first {
                return try await kill(try row.integer("pid"), database)
            }
        }
    }

    @Test func aServerRestartedUnderLoadIsFoundAgain() async throws {
        let server = try PostgreSQLServer()
        try TestPostgreSQL.makeRoles(on: server)
        try await TestPostgreSQL.with(server: server) { test in
            try await DatabaseBackend.make(Self.schema, in: test.owner)
            try await TestPostgreSQL.roles.grant(in: test.owner)
            let load = Load(test.application)
            let workers = (0..<8).map { _ in Task { await load.run() } }
            try await load.waitForSuccess()
            server.stop()
            try await load.waitForFailure()
            try server.start()
            try await load.waitForSuccess()
            load.end()
            for worker in workers { await worker.value }
            #expect(load.unexpected == nil)
            let row = try await test.application.read(in: .none, [Self.count])[0][0]
            // Each insert that was said done is there; one whose commit was lost may be.
            let found = Int(try row.integer("n"))
            #expect(found >= load.inserted && found <= load.inserted + load.unknown)
        }
    }
}

private struct NothingCame: Error {
    let what: String
}

/// Reads and writes without a pause, and remembers how that went.
private final class Load: Sendable {
    private struct State {
        var hasEnded = false
        var successes = 0, failures = 0
        var inserted = 0, unknown = 0
        var unexpected: String?
    }

    private let database: PostgreSQLDatabase
    private let state = Mutex(State())

    init(_ database: PostgreSQLDatabase) { self.database = database }

    var inserted: Int { state.withLock { $0.inserted } }
    var unknown: Int { state.withLock { $0.unknown } }
    var unexpected: String? { state.withLock { $0.unexpected } }

    func end() { state.withLock { $0.hasEnded = true } }

    func run() async {
        while !state.withLock({ $0.hasEnded }) {
            do {
                _ = try await database.read(in: .none, [Statement("SELECT n FROM t LIMIT 1")])
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
                }
                state.withLock { state in
                    state.successes += 1
                    state.inserted += 1
                }
            } catch {
                take(error)
                await Task.yield()
            }
        }
    }

    private func take(_ error: any Error) {
        state.withLock { state in
            state.failures += 1
            switch error as? StorageFailure {
            case .unavailable: break
            case .commitUnknown: state.unknown += 1
            default: state.unexpected = "\(error)"
            }
        }
    }

    func waitForSuccess() async throws {
        let before = state.withLock { $0.successes }
        try await wait("success") { $0.successes > before + 20 }
    }

    func waitForFailure() async throws {
        let before = state.withLock { $0.failures }
        try await wait("failure") { $0.failures > before + 20 }
    }

    private func wait(_ what: String, _ isSo: (State) -> Bool) async throws {
        for _ in 0..<2_000 {
            if isSo(state.withLock { $0 }) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw NothingCame(what: what)
    }
}
