import Foundation
import Identity
import RegoMachine
import Servers
import Storage
import Testing

/// The databases under the schema: the line to add for a new one.
enum IdentityDatabase: String, CustomTestStringConvertible {
    case sqlite, postgresql

    /// Those that can be tested here; Storage's own tests say aloud which cannot.
    static let all: [IdentityDatabase] =
        PostgreSQLServer.programs == nil ? [.sqlite] : [.sqlite, .postgresql]

    var testDescription: String { rawValue }

    /// A database with the schema, as nodes see it; closed and removed afterwards.
    func with(_ body: (any Database) async throws -> Void) async throws {
        await Self.turns.take()
        let result: Result<Void, any Error>
        do { result = .success(try await open(body)) } catch { result = .failure(error) }
        await Self.turns.give()
        try result.get()
    }

    /// A server has so many connections, and Foundation's `Process` reads beyond its list of open
    /// files where that is long (swift-corelibs-foundation 5472).
    private static let turns = Turns(8)

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

/// What the body gives, asked again while the store is too busy: nothing was changed then. Where
/// all tests run at once, one that holds the only writer may wait long for a thread.
func patiently<Result>(_ body: () async throws -> Result) async throws -> Result {
    while true {
        do {
            return try await body()
        } catch StorageFailure.unavailable {
            await Task.yield()
        }
    }
}

/// So many at a time.
private actor Turns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func give() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// A clock that stands still and randomness that counts.
struct StillHost: Sendable {
    let counter = Counter()

    final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var value: UInt8 = 0

        func next() -> UInt8 {
            lock.withLock {
                value &+= 1
                return value
            }
        }
    }

    func host(now: Int64 = 1_700_000_000_000_000_000) -> RegoMachine.Host {
        let counter = counter
        return RegoMachine.Host(
            now: { now }, monotonic: { 0 },
            randomBytes: { count in (0..<count).map { _ in counter.next() } },
            timeZone: { _ in nil }, lookUp: { _ in .failure("none") }, print: { _ in })
    }
}
