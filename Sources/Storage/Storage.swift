/// Storage: SQL and expiring keys, two contracts with two backends each.
///
/// `Database` is a handful of reads in one round trip, or a transaction; SQLite needs no set-up and
/// serves one node, PostgreSQL serves many. `ExpiringKeys` holds what may be lost: the challenge of
/// a sign-in, the calls a tenant made this minute; in memory or in Redis. One contract suite runs
/// over both of each, so that nobody above this room knows which one is there.
///
/// What holds everywhere: a statement belongs to one `Scope`, and on PostgreSQL the server itself
/// shows no other tenant's rows; a failure says whether anything was changed; who waits does so for
/// a bounded time in a bounded line; nothing waits on an event loop or on Swift's cooperative pool.
///
/// Deliberately absent: a query builder, an object mapper, and any knowledge of the tables. The SQL
/// is the shared part of both dialects: `$n` parameters, TEXT, BIGINT, DOUBLE PRECISION, BOOLEAN,
/// instants as microseconds from our own clock. Only migrations may say a thing twice.
public protocol Database: Sendable {
    var dialect: Dialect { get }

    /// The answers to several questions about one moment, in one round trip. A statement that would
    /// change something is refused.
    /// - Throws: `StorageFailure`, of which `conflict` and `commitUnknown` do not occur.
    func read(
        in scope: Scope, _ statements: [Statement]
    ) async throws(StorageFailure) -> [[Row]]

    /// Runs `body` so that its reads and writes happen at one moment or not at all.
    ///
    /// Where another transaction comes between, the body runs again, up to five times: it may do
    /// nothing but ask the transaction. A statement that failed ends the transaction even if the
    /// body catches the failure.
    /// - Throws: What the body throws, after everything was undone, or `StorageFailure`.
    @discardableResult
    func transaction<Result: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result

    /// A transaction that waits for every other one of this kind on any node, and sees what they
    /// did. For migrations; on PostgreSQL the connection's role owns the tables.
    /// - Throws: As `transaction`.
    @discardableResult
    func schemaChange<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result

    /// Ends every connection; what runs is finished, what comes later is refused.
    func close() async
}

/// Whose rows a statement concerns. PostgreSQL enforces it by row level security.
public enum Scope: Sendable, Hashable {
    /// The rows of one tenant.
    case organization(String)
    /// No tenant's rows: what is not divided by tenants.
    case none
    /// All tenants' rows, for the workers: a role and a connection of their own.
    case system
}

/// The language of a database, for the migrations.
public enum Dialect: String, Sendable, Hashable {
    case sqlite, postgresql
}

/// Bounds of one database, of which a test chooses smaller ones.
public struct StorageLimits: Sendable, Hashable {
    /// Connections for reads; on PostgreSQL each has many reads under way.
    public var readers = 4
    /// Transactions under way at once on PostgreSQL. SQLite has one writer.
    public var writers = 8
    /// Calls that wait for a connection; the next one is refused.
    public var waiters = 1_024
    /// How long a call waits for a connection, and how long making a connection may take.
    public var waitSeconds = 5
    public var statementSeconds = 5
    /// How long a transaction may pause between two statements on PostgreSQL, where it holds locks
    /// and old versions of rows; the server ends one that does longer.
    public var pauseSeconds = 15
    /// Prepared statements that each connection keeps.
    public var preparedStatements = 256

    public init() {}
}
