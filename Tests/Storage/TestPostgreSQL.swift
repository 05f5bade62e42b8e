import Servers
import Storage

/// One new database on a server, as the three roles see it.
struct TestPostgreSQL {
    static let roles = PostgreSQLRoles(
        application: "ostiary_application", system: "ostiary_system")

    let server: PostgreSQLServer
    let name: String
    let owner: PostgreSQLDatabase
    let application: PostgreSQLDatabase

    /// The server that most tests share, with the roles in it.
    private static let prepared = Result {
        let server = try PostgreSQLServer.shared.get()
        try makeRoles(on: server)
        return server
    }

    static func makeRoles(on server: PostgreSQLServer) throws {
        try server.run(
            """
            CREATE ROLE ostiary_owner LOGIN CREATEROLE;
            CREATE ROLE ostiary_application LOGIN;
            CREATE ROLE ostiary_system LOGIN;
            """)
    }

    /// - Parameter server: Its own one for a test that stops it.
    static func with(
        limits: StorageLimits = .patient, server: PostgreSQLServer? = nil,
        _ body: (TestPostgreSQL) async throws -> Void
    ) async throws {
        let server = try server ?? prepared.get()
        try await Turns.databases.take {
            let test = try TestPostgreSQL(server, limits)
            try await closing([test.owner, test.application]) { try await body(test) }
            try server.run("DROP DATABASE \(test.name) WITH (FORCE)")
        }
    }

    private init(_ server: PostgreSQLServer, _ limits: StorageLimits) throws {
        self.server = server
        name = try server.makeDatabase(owner: "ostiary_owner")
        owner = try PostgreSQLDatabase(
            server.connection(name, role: "ostiary_owner"), limits: limits, report: { _ in })
        application = try PostgreSQLDatabase(
            server.connection(name, role: "ostiary_application"),
            system: server.connection(name, role: "ostiary_system"), limits: limits,
            report: { _ in })
    }

    /// Another node, or another role.
    func connect(
        _ role: String, limits: StorageLimits = .patient
    ) throws -> PostgreSQLDatabase {
        try PostgreSQLDatabase(
            server.connection(name, role: role), limits: limits, report: { _ in })
    }
}
