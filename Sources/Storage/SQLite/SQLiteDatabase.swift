/// A database in one file of a data folder that this process alone uses.
///
/// One writer and a few readers that never wait for it (write-ahead log). What a transaction has
/// committed is on the disk (`synchronous=FULL`); those that stand in line reach it together
/// (`SQLiteGroup`). There is no row level security: that an id of one
/// tenant never names another's row is the schema's matter, by foreign keys over both columns.
///
/// The library is linked, not opened on first use: it is the default, brings no library of its own
/// but libm, and linking it costs a start 0.2 ms.
public final class SQLiteDatabase: Database {
    public let dialect = Dialect.sqlite

    private let folder: DataFolder
    private let writer: SQLiteWriter
    private let readers: SQLiteThreads
    private let spares: SQLiteSpares
    /// The writer belongs to one transaction from its beginning to its end.
    private let turn: Slots

    /// - Parameter path: The data folder; it is made where it is missing.
    /// - Throws: `StorageFailure.invalid` where another process has it, or the file is no database.
    public init(folder path: String, limits: StorageLimits = StorageLimits()) throws(StorageFailure)
    {
        folder = try DataFolder(path)
        let file = "\(path)/ostiary.sqlite"
        turn = Slots(count: 1, limits: limits)
        // The writer first: it makes the file and turns the log on, which readers could not.
        writer = SQLiteWriter(
            try SQLiteConnection(path: file, .writer, limits: limits), limits: limits)
        let open = { @Sendable () throws(StorageFailure) in
            try SQLiteConnection(path: file, .reader, limits: limits)
        }
        readers = try SQLiteThreads(count: limits.readers, limits: limits, open: open)
        spares = SQLiteSpares(countMax: limits.readers, open: open)
    }

    deinit { writer.end() }

    public func read(
        in scope: Scope, _ statements: [Statement]
    ) async throws(StorageFailure) -> [[Row]] {
        for statement in statements { try statement.checkValues() }
        StatementCount.add(statements.count)
        if OwnThread.isCurrent,
            let answers = try spares.run({ (connection) throws(StorageFailure) in
                try connection.read(statements)
            })
        {
            return answers
        }
        return try await readers.run { connection throws(StorageFailure) in
            try connection.read(statements)
        }
    }

    @discardableResult
    public func transaction<Result: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await withTaskExecutorPreference(writer) {
            try await TransactionLoop.run(begin: begin, body)
        }
    }

    /// There is one writer, so that every transaction is exclusive.
    @discardableResult
    public func schemaChange<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await transaction(in: .none, body)
    }

    public func close() async {
        await readers.close()
        await spares.close()
        await writer.close()
    }

    private func begin() async throws(StorageFailure) -> any Session {
        let slot = try await turn.take()
        do {
            try await writer.run { [writer] connection throws(StorageFailure) in
                try writer.group.begin(on: connection)
            }
        } catch {
            turn.give(slot)
            throw error
        }
        return SQLiteSession(writer: writer, turn: turn, slot: slot)
    }

    /// What the connections answer to a pragma, for the tests.
    func pragma(_ name: String) async throws(StorageFailure) -> (writer: SQLValue, reader: SQLValue)
    {
        let ask = { @Sendable (connection: SQLiteConnection) throws(StorageFailure) -> SQLValue in
            try connection.run(Statement("PRAGMA \(name)")).rows.first?.values.first ?? .null
        }
        return (try await writer.run(ask), try await readers.run(ask))
    }

    /// Whether writes to the schema's text are refused, for the tests.
    func isDefensive() async throws(StorageFailure) -> Bool {
        try await writer.run { connection in connection.isDefensive }
    }
}
