import Foundation
import Servers
import Storage
import Testing

/// A backend under the contract of databases: the line to add for a new one.
enum DatabaseBackend: String, CustomTestStringConvertible {
    case sqlite, postgresql

    /// Those that can be tested here; `BackendTests` says which cannot.
    static let all: [DatabaseBackend] =
        PostgreSQLServer.programs == nil ? [.sqlite] : [.sqlite, .postgresql]

    var testDescription: String { rawValue }

    /// A database with these tables, closed and removed afterwards.
    func with(
        _ schema: [String], limits: StorageLimits = .patient,
        _ body: (any Database) async throws -> Void
    ) async throws {
        switch self {
        case .sqlite:
            try await TemporaryFolder.with { folder in
                let database = try SQLiteDatabase(folder: folder, limits: limits)
                try await closing([database]) {
                    try await Self.make(schema, in: database)
                    try await body(database)
                }
            }
        case .postgresql:
            try await TestPostgreSQL.with(limits: limits) { test in
                try await Self.make(schema, in: test.owner)
                try await TestPostgreSQL.roles.grant(in: test.owner)
                try await body(test.application)
            }
        }
    }

    /// A database without tables, of the role that will own them.
    func withEmpty(_ body: (any Database) async throws -> Void) async throws {
        switch self {
        case .sqlite: try await with([], body)
        case .postgresql: try await TestPostgreSQL.with { try await body($0.owner) }
        }
    }

    /// The same as two nodes see it; SQLite has one node only.
    func withEmptyTwice(_ body: (any Database, any Database) async throws -> Void) async throws {
        switch self {
        case .sqlite: try await with([]) { database in try await body(database, database) }
        case .postgresql:
            try await TestPostgreSQL.with { test in
                let other = try test.connect("ostiary_owner")
                try await closing([other]) { try await body(test.owner, other) }
            }
        }
    }

    static func make(_ schema: [String], in database: any Database) async throws {
        try await database.schemaChange { transaction in
            for sql in schema { try await transaction.execute(Statement(sql)) }
        }
    }

    /// What this dialect calls bytes.
    var bytesType: String { self == .sqlite ? "BLOB" : "BYTEA" }
}

extension StorageLimits {
    /// For a machine whose tests keep each other waiting for a minute.
    static var patient: StorageLimits {
        var limits = StorageLimits()
        limits.waitSeconds = 120
        limits.statementSeconds = 120
        limits.pauseSeconds = 120
        return limits
    }
}

/// Closes the databases however the body ends.
func closing(_ databases: [any Database], _ body: () async throws -> Void) async throws {
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    for database in databases { await database.close() }
    try result.get()
}

enum TemporaryFolder {
    /// A path under which nothing is yet.
    static func with(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await Turns.databases.take { try await body(path) }
    }
}
