import Foundation
import Identity
package import Storage

/// A data folder and a database without anything in them, on which nodes can be started.
package struct EmptyInstallation: Sendable {
    package let folder: String
    /// `nil`: SQLite, in the folder.
    private let connections: Connections?

    private struct Connections: Sendable {
        let owner: String
        let application: String
        let system: String
    }

    private static let owner = "identity_owner"

    /// The server of the tests that neither stop it nor count roles.
    private static let server = Result { try ownedServer() }

    /// A server with the role that owns databases, and none of the others.
    package static func ownedServer() throws -> PostgreSQLServer {
        let server = try PostgreSQLServer()
        try server.run("CREATE ROLE \(owner) LOGIN CREATEROLE")
        return server
    }

    /// - Parameter server: The test's own, from `ownedServer`.
    package static func with(
        _ backend: IdentityDatabase, on server: PostgreSQLServer? = nil,
        _ body: (EmptyInstallation) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard backend == .postgresql else {
            return try await body(EmptyInstallation(folder: folder, connections: nil))
        }
        let server = try server ?? Self.server.get()
        let name = try server.makeDatabase(owner: owner)
        try await body(
            EmptyInstallation(
                folder: folder,
                connections: Connections(
                    owner: server.connection(name, role: owner),
                    application: server.connection(name, role: Identity.roles.application),
                    system: server.connection(name, role: Identity.roles.system))))
        try server.run("DROP DATABASE \(name) WITH (FORCE)")
    }

    /// The options by which commands find it.
    package var flags: [String] {
        let folder = ["--data-dir", folder]
        guard let connections else { return folder }
        return folder + [
            "--database", connections.application, "--database-system", connections.system,
        ]
    }

    /// The same for a node, which also brings the schema.
    package var nodeFlags: [String] {
        flags + (connections.map { ["--database-owner", $0.owner] } ?? [])
    }

    /// The database as nodes see it, with the schema in it; closed afterwards.
    /// - Parameter number: Of the last migration that it has; `nil`: all of them.
    package func open(
        upTo number: Int? = nil, _ body: (any Database) async throws -> Void
    ) async throws {
        let migrations = Identity.migrations.filter { $0.number <= number ?? .max }
        guard let connections else {
            let database = try SQLiteDatabase(folder: folder)
            return try await Self.closing([database]) {
                try await Migrator.run(database, migrations, now: 0)
                try await body(database)
            }
        }
        let owner = try PostgreSQLDatabase(connections.owner, report: { _ in })
        let node = try PostgreSQLDatabase(
            connections.application, system: connections.system, report: { _ in })
        try await Self.closing([owner, node]) {
            try await Identity.roles.create(in: owner)
            try await Migrator.run(owner, migrations, now: 0)
            try await Identity.roles.grant(in: owner)
            try await body(node)
        }
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
