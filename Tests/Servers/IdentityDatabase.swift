import Foundation
import Identity
package import Storage

/// The databases under the schema: the line to add for a new one.
package enum IdentityDatabase: String, Sendable {
    case sqlite, postgresql

    /// Those that can be tested here; Storage's own tests say aloud which cannot.
    package static let all: [IdentityDatabase] =
        PostgreSQLServer.programs == nil ? [.sqlite] : [.sqlite, .postgresql]


    /// A database with the schema, as nodes see it; closed and removed afterwards.
    package func with(_ body: (any Database) async throws -> Void) async throws {
        try await Turns.databases.take { try await open(body) }
    }

    private func open(_ body: (any Database) async throws -> Void) async throws {
        switch self {
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let database = try SQLiteDatabase(folder: folder)
            try await Self.closing([database]) {
                try await Migrator.run(database, Identity.migrations, now: 0)
                try await body(database)
            }
        case .postgresql: try await Self.withPostgreSQL(body)
        }
    }

    /// Its own one, where nobody else has made the roles.
    private static let server = Result {
        let server = try PostgreSQLServer()
        try server.run("CREATE ROLE identity_owner LOGIN CREATEROLE")
        return server
    }

    private static func withPostgreSQL(_ body: (any Database) async throws -> Void) async throws {
        let server = try server.get()
        let name = try server.makeDatabase(owner: "identity_owner")
        let owner = try PostgreSQLDatabase(
            server.connection(name, role: "identity_owner"), report: { _ in })
        let node = try PostgreSQLDatabase(
            server.connection(name, role: Identity.roles.application),
            system: server.connection(name, role: Identity.roles.system), report: { _ in })
        try await closing([owner, node]) {
            try await Identity.roles.create(in: owner)
            try await Migrator.run(owner, Identity.migrations, now: 0)
            try await Identity.roles.grant(in: owner)
            try await body(node)
        }
        try server.run("DROP DATABASE \(name) WITH (FORCE)")
    }

    private static func closing(
        _ databases: [any Database], _ body: () async throws -> Void
    ) async throws {
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for database in databases { await database.close() }
        try result.get()
    }
}
