import CPQ
import Glibc

/// A database on a PostgreSQL server, shared by any number of nodes.
///
/// Each read is one pipelined unit, which the server runs as a transaction of its own: it names the
/// tenant for just that unit, and the policies of its tables (`RowSecurity`) show no other rows.
/// Transactions are SERIALIZABLE. Connections are made when they are needed and again when they
/// were lost; between, calls fail with `unavailable`.
public final class PostgreSQLDatabase: Database {
    public let dialect = Dialect.postgresql

    private let own: PostgreSQLPool
    private let system: PostgreSQLPool?

    var hasSystem: Bool { system != nil }

    /// Connects to nothing yet.
    /// - Parameter connection: A connection string or URI of libpq; its `options` are ours.
    /// - Parameter system: The same for the role of the workers. Without it, the scope `system` is
    ///   refused.
    /// - Parameter report: Told why a connection could not be made, for the log.
    /// - Throws: `StorageFailure.invalid` where one is none, or libpq is missing.
    public init(
        _ connection: String, system: String? = nil, limits: StorageLimits = StorageLimits(),
        report: @escaping @Sendable (String) -> Void
    ) throws(StorageFailure) {
        for conninfo in [connection, system].compactMap({ $0 }) {
            try PostgreSQLDatabase.check(conninfo)
        }
        own = PostgreSQLPool(connection, limits: limits, report: report)
        self.system = system.map { PostgreSQLPool($0, limits: limits, report: report) }
    }

    private static func check(_ conninfo: String) throws(StorageFailure) {
        if let failure = unsafe cpq_load_failure() {
            throw .invalid(unsafe String(cString: failure))
        }
        // The library's message may repeat the string and with it a password.
        guard let failure = unsafe cpq_conninfo_failure(conninfo) else { return }
        unsafe free(failure)
        throw .invalid("the connection string of PostgreSQL cannot be read")
    }

    public func read(
        in scope: Scope, _ statements: [Statement]
    ) async throws(StorageFailure) -> [[Row]] {
        for statement in statements { try statement.checkValues() }
        StatementCount.add(statements.count)
        let opening = try PostgreSQLDatabase.opening(scope)
        let outcomes = try await pool(scope).read(opening + statements)
        return outcomes.dropFirst(opening.count).map(\.rows)
    }

    @discardableResult
    public func transaction<Result: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let pool = try pool(scope)
        let opening = try PostgreSQLDatabase.opening(scope)
        return try await TransactionLoop.run(
            begin: { () throws(StorageFailure) in try await pool.begin(opening) }, body)
    }

    @discardableResult
    public func schemaChange<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await TransactionLoop.run(
            begin: { [own] () throws(StorageFailure) in try await own.beginExclusive() }, body)
    }

    public func close() async {
        await own.close()
        await system?.close()
    }

    private func pool(_ scope: Scope) throws(StorageFailure) -> PostgreSQLPool {
        guard scope == .system else { return own }
        guard let system else { throw .invalid("no connection of the system role was given") }
        return system
    }

    /// Names the tenant until the transaction ends. Nothing is named in the other scopes, and a
    /// policy compares with nothing.
    private static func opening(_ scope: Scope) throws(StorageFailure) -> [Statement] {
        guard case .organization(let id) = scope else { return [] }
        guard !id.isEmpty else { throw .invalid("the organization of a scope has no id") }
        let statement = Statement(
            "SELECT set_config('ostiary.organization', $1, true)", [.text(id)])
        try statement.checkValues()
        return [statement]
    }
}
