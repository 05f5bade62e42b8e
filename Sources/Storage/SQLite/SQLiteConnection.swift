import CSQLite
import Glibc

/// One connection to a database file. One thread at a time; it waits for the disk.
@safe final class SQLiteConnection {
    enum Kind { case writer, reader }

    /// Bytecode instructions between two looks at the clock: some microseconds.
    private static let stepsPerLook: Int32 = 1_000
    static let busyMilliseconds: Int32 = 5_000
    /// Of 4 KiB, after which what the log holds is written into the database: a page that is
    /// changed again and again until then is written there once. The file of the log grows to that.
    private static let logPages = 8_000

    /// Without it all goes on, but slower.
    private static let isConfigured = csqlite_leave_memory_uncounted() == SQLITE_OK

    private let handle: OpaquePointer
    private var statements: PreparedStatements
    private let statementSeconds: Int
    /// When what runs is to be interrupted, in the monotonic clock's nanoseconds.
    private let deadline: UnsafeMutablePointer<Int64>

    init(path: String, _ kind: Kind, limits: StorageLimits) throws(StorageFailure) {
        _ = Self.isConfigured
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let status = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let handle = unsafe opened else {
            unsafe sqlite3_close_v2(opened)
            throw .invalid("cannot open the database `\(path)`")
        }
        unsafe self.handle = handle
        statements = PreparedStatements(countMax: limits.preparedStatements)
        statementSeconds = limits.statementSeconds
        unsafe deadline = .allocate(capacity: 1)
        unsafe deadline.initialize(to: .max)
        unsafe sqlite3_extended_result_codes(handle, 1)
        unsafe sqlite3_progress_handler(
            handle, Self.stepsPerLook,
            { deadline in
                guard let deadline = unsafe deadline?.assumingMemoryBound(to: Int64.self) else {
                    return 0
                }
                return unsafe SQLiteConnection.nanoseconds() < deadline.pointee ? 0 : 1
            }, deadline)
        try configure(kind)
    }

    deinit {
        statements.finalizeAll()
        unsafe sqlite3_close_v2(handle)
        unsafe deadline.deallocate()
    }

    private func configure(_ kind: Kind) throws(StorageFailure) {
        guard unsafe csqlite_harden(handle) == SQLITE_OK else {
            throw .invalid("the database library is too old")
        }
        unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        // Case counts in LIKE, as it does in PostgreSQL.
        let pragmas = [
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "case_sensitive_like=ON",
            // What a savepoint would undo is kept in memory, not in a file each time.
            "temp_store=MEMORY",
            "wal_autocheckpoint=\(Self.logPages)",
            "query_only=\(kind == .reader ? "ON" : "OFF")",
        ]
        for pragma in pragmas { _ = try run(Statement("PRAGMA \(pragma)")) }
        // A pragma that a library does not know is passed over without a word.
        for (name, value) in [("synchronous", SQLValue.integer(2)), ("foreign_keys", .integer(1))] {
            let found = try run(Statement("PRAGMA \(name)")).rows.first?.values.first
            guard found == value else {
                throw .invalid("the database library does not keep `\(name)`")
            }
        }
    }

    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }
    /// Whether a reference whose check was deferred points nowhere.
    var hasDanglingReferences: Bool {
        var (count, highest): (Int32, Int32) = (0, 0)
        let status = unsafe sqlite3_db_status(
            handle, SQLITE_DBSTATUS_DEFERRED_FKS, &count, &highest, 0)
        return status != SQLITE_OK || count != 0
    }
    var isDefensive: Bool { unsafe csqlite_is_defensive(handle) == 1 }

    /// Runs one statement to its end.
    func run(_ statement: Statement) throws(StorageFailure) -> Outcome {
        let prepared = try prepared(statement.sql)
        let compiled = unsafe prepared.compiled
        defer {
            unsafe sqlite3_reset(compiled)
            unsafe sqlite3_clear_bindings(compiled)
        }
        unsafe deadline.pointee = Self.nanoseconds() + Int64(statementSeconds) * 1_000_000_000
        defer { unsafe deadline.pointee = .max }
        try unsafe SQLiteParameters.bind(statement.values, to: compiled, at: prepared.slots)
        let changesBefore = unsafe sqlite3_total_changes64(handle)
        var outcome = Outcome()
        var columns: [String]?
        while true {
            switch unsafe sqlite3_step(compiled) {
            case SQLITE_ROW:
                // Asked after the first step, which may have compiled it anew.
                let names = columns ?? prepared.columns
                columns = names
                outcome.rows.append(
                    Row(columns: names, values: unsafe SQLiteColumns.values(of: compiled)))
            case SQLITE_DONE:
                // The count of the last statement stays when one changes nothing, so it is asked
                // only of one that changed something.
                if unsafe sqlite3_total_changes64(handle) != changesBefore {
                    outcome.changedRows = unsafe Int(sqlite3_changes64(handle))
                }
                return outcome
            case let status: throw failure(status)
            }
        }
    }

    /// Everything the statements answer, from one snapshot.
    func read(_ statements: [Statement]) throws(StorageFailure) -> [[Row]] {
        if statements.count == 1 { return [try run(statements[0]).rows] }
        _ = try run(Statement("BEGIN"))
        // A read that fails has nothing to undo, and a snapshot that stays open would be worse.
        defer { _ = try? run(Statement("ROLLBACK")) }
        var answers: [[Row]] = []
        for statement in statements { answers.append(try run(statement).rows) }
        return answers
    }

    private func prepared(_ sql: String) throws(StorageFailure) -> PreparedStatement {
        if let known = statements.statement(sql) { return known }
        let made = unsafe PreparedStatement(try compiled(sql))
        statements.keep(made, for: sql)
        return made
    }

    @unsafe private func compiled(_ sql: String) throws(StorageFailure) -> OpaquePointer {
        var made: OpaquePointer?
        var isWhole = true
        var sql = sql
        let status = sql.withUTF8 { text -> Int32 in
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                var rest: UnsafePointer<CChar>?
                let status = unsafe sqlite3_prepare_v3(
                    handle, text.baseAddress, Int32(text.count),
                    UInt32(SQLITE_PREPARE_PERSISTENT), &made, &rest)
                if let start = text.baseAddress, let rest = unsafe rest {
                    isWhole = unsafe text[(rest - start)...].allSatisfy {
                        UInt8(bitPattern: $0) <= 32
                    }
                }
                return status
            }
        }
        guard status == SQLITE_OK else { throw failure(status) }
        guard let made = unsafe made else { throw .invalid("there is no statement") }
        guard isWhole else {
            unsafe sqlite3_finalize(made)
            throw .invalid("there is more than one statement")
        }
        return unsafe made
    }

    private func failure(_ status: Int32) -> StorageFailure {
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        return SQLiteFailure.of(status, message) { table in
            SQLiteIndexes.unique(of: table, on: self)
        }
    }

    /// The monotonic clock's.
    static func nanoseconds() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
