public import Storage

/// The right to be the only one that does something, for a time: a row that names its owner.
///
/// It ends by itself, so that a node that died stops nobody. Work that outlasts it may run twice at
/// once: what it writes must bear that.
public struct Lease: Sendable {
    let name: String
    let owner: String
    let seconds: Int64

    /// - Parameter owner: This node's name among those that want it.
    public init(_ name: String, owner: String, seconds: Int64) {
        self.name = name
        self.owner = owner
        self.seconds = seconds
    }

    /// Takes it where it is free, or prolongs it.
    /// - Parameter now: Microseconds since 1970.
    /// - Returns: False where another has it.
    public func claim(_ database: any Database, now: Int64) async throws -> Bool {
        let until = now + seconds * 1_000_000
        return try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement(
                    """
                    INSERT INTO leases (name, owner, until) VALUES ($1, $2, $3)
                    ON CONFLICT (name) DO UPDATE SET owner = $2, until = $3
                    WHERE leases.until < $4 OR leases.owner = $2
                    """, [.text(name), .text(owner), .integer(until), .integer(now)])) == 1
        }
    }

    /// Gives it back, if it is still this owner's.
    public func release(_ database: any Database) async throws {
        try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement(
                    "UPDATE leases SET until = 0 WHERE name = $1 AND owner = $2",
                    [.text(name), .text(owner)]))
        }
    }

    /// Does the work as the only one, and gives the lease back whatever comes of it.
    /// - Returns: `nil` where another has the lease.
    /// - Throws: What the work throws, or `StorageFailure`.
    public func whileHeld<Result>(
        _ database: any Database, now: Int64, _ work: () async throws -> Result
    ) async throws -> Result? {
        guard try await claim(database, now: now) else { return nil }
        let outcome: Swift.Result<Result, any Error>
        do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
        do { try await release(database) } catch {
            // The work's own failure is the cause; the lease ends by itself.
            _ = try outcome.get()
            throw error
        }
        return try outcome.get()
    }
}
