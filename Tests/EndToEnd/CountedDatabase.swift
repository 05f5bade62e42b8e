import Identity
import Storage
import Synchronization

/// A real database, and how many statements were asked of it.
final class CountedDatabase: Database {
    /// For what is done beside the requests.
    let uncounted: any Database
    private let counted = Atomic<Int>(0)

    init(_ database: any Database) { uncounted = database }

    var dialect: Dialect { uncounted.dialect }
    /// Of reads, since the start. Without what a node asks of maintenance where its last look is
    /// more than a second ago, which on a busy machine happens now and then.
    var statements: Int { counted.load(ordering: .relaxed) }

    func read(
        in scope: Scope, _ statements: [Statement]
    ) async throws(StorageFailure) -> [[Row]] {
        counted.add(statements.count { $0 != MaintenanceRow.finding }, ordering: .relaxed)
        return try await uncounted.read(in: scope, statements)
    }

    func transaction<Result: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await uncounted.transaction(in: scope, body)
    }

    func schemaChange<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await uncounted.schemaChange(body)
    }

    /// Whoever made the database closes it.
    func close() async {}
}
