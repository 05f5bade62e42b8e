public import RegoMachine
public import Storage
import Synchronization

/// How many nodes serve beside this one, by a row that each of them renews.
public final class LiveNodes: Sendable {
    private let id: String
    private let host: Host
    private let known = Atomic<Int>(1)

    private static let beatSeconds = 5.0
    /// A node that has missed three beats is not counted.
    private static let lifetime: Int64 = 15_000_000

    public init(_ host: Host) {
        id = Identifier(.node, host).text
        self.host = host
    }

    /// At least 1. Where the database does not answer, as many as there were.
    public var count: Int { known.load(ordering: .relaxed) }

    /// No other node ever has a database of SQLite.
    public func job(_ database: any Database) -> Job? {
        guard database.dialect == .postgresql else { return nil }
        return Job(
            "live nodes", everySeconds: Self.beatSeconds, atEnd: { try await self.leave(database) }
        ) {
            try await self.beat(database)
        }
    }

    /// Says that this node lives, and counts those that do.
    public func beat(_ database: any Database) async throws {
        let now = host.now() / 1_000
        let count = try await database.transaction(in: .system) { transaction in
            try transaction.add(
                Statement(
                    "DELETE FROM leases WHERE name >= 'node:' AND name < 'node;' AND until < $1",
                    [.integer(now)]),
                Statement(
                    """
                    INSERT INTO leases (name, owner, until) VALUES ($1, $2, $3)
                    ON CONFLICT (name) DO UPDATE SET until = $3
                    """,
                    [.text("node:\(self.id)"), .text(self.id), .integer(now + Self.lifetime)]))
            let rows = try await transaction.query(
                Statement(
                    """
                    SELECT COUNT(*) AS count FROM leases
                    WHERE name >= 'node:' AND name < 'node;' AND until >= $1
                    """, [.integer(now)]))
            return try rows.first?.integer("count") ?? 1
        }
        known.store(max(1, Int(count)), ordering: .relaxed)
    }

    private func leave(_ database: any Database) async throws {
        try await database.transaction(in: .system) { transaction in
            try transaction.add(
                Statement("DELETE FROM leases WHERE name = $1", [.text("node:\(self.id)")]))
        }
    }
}
