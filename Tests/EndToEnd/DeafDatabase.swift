import Storage
import Synchronization

/// A real database that keeps from whoever listens what others did: what was revoked, whether there
/// is maintenance.
final class DeafDatabase: Database {
    let isDeaf = Mutex(false)
    private let database: any Database

    init(_ database: any Database) { self.database = database }

    var dialect: Dialect { database.dialect }

    func read(
        in scope: Scope, _ statements: [Statement]
    ) async throws(StorageFailure) -> [[Row]] {
        let listens = statements.contains { $0.sql.contains("WHERE revoked_at >= ") }
        if listens, isDeaf.withLock({ $0 }) { throw .unavailable(retryAfterSeconds: 1) }
        return try await database.read(in: scope, statements)
    }

    func transaction<Result: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await database.transaction(in: scope, body)
    }

    func schemaChange<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await database.schemaChange(body)
    }

    /// Whoever made the database closes it.
    func close() async {}
}
