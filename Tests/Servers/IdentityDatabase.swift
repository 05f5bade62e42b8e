package import Storage

/// The databases under the schema: the line to add for a new one.
package enum IdentityDatabase: String, Sendable {
    case sqlite, postgresql

    /// Those that can be tested here; Storage's own tests say aloud which cannot.
    package static let all: [IdentityDatabase] =
        PostgreSQLServer.programs == nil ? [.sqlite] : [.sqlite, .postgresql]

    /// A database with the schema, as nodes see it; closed and removed afterwards.
    /// - Parameter server: The test's own PostgreSQL, where it stops it.
    package func with(
        on server: PostgreSQLServer? = nil, _ body: (any Database) async throws -> Void
    ) async throws {
        try await Turns.databases.take {
            try await EmptyInstallation.with(self, on: server) { try await $0.open(body) }
        }
    }
}
