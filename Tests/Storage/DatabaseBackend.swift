import Foundation
import Storage
import Testing

/// A backend under the contract of databases: the line to add for a new one.
enum DatabaseBackend: String, CaseIterable, CustomTestStringConvertible {
    case sqlite

    var testDescription: String { rawValue }

    /// A database with these tables, closed and removed afterwards.
    func with(
        _ schema: [String], limits: StorageLimits = StorageLimits(),
        _ body: (any Database) async throws -> Void
    ) async throws {
        switch self {
        case .sqlite:
            try await TemporaryFolder.with { folder in
                let database = try SQLiteDatabase(folder: folder, limits: limits)
                do {
                    try await Self.make(schema, in: database)
                    try await body(database)
                } catch {
                    await database.close()
                    throw error
                }
                await database.close()
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

enum TemporaryFolder {
    /// A path under which nothing is yet.
    static func with(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }
}

extension DatabaseBackend {
    /// A database without tables, whose owner one is.
    func withEmpty(_ body: (any Database) async throws -> Void) async throws {
        try await with([], body)
    }

    /// The same as two nodes see it; SQLite has one node only.
    func withEmptyTwice(
        _ body: (any Database, any Database) async throws -> Void
    ) async throws {
        try await with([]) { database in try await body(database, database) }
    }
}
