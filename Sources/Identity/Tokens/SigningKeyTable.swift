public import Cryptography
public import Storage

/// The table of signing keys: what changes in it, and when.
///
/// A key is *next* first: it is published, and signs nothing, until every copy of the published set
/// that may be kept has it. Then it is *active*, and signs. Then it is *retired*: its private half
/// is gone, and it is published until the last token that it signed has expired. There is one next
/// and one active key at a time, which the database holds to.
public struct SigningKeyTable: Sendable {
    private let sealing: SealingKeys

    /// How long clients may keep the published set.
    public static let publishedMaxAgeSeconds: Int64 = 300
    /// How much later than the table a node may know; one that has heard nothing for longer signs
    /// nothing.
    static let nodeLagSeconds: Int64 = 60
    /// How old an active key becomes.
    static let activeSeconds: Int64 = 90 * 86_400
    /// Between two looks of a node at the table.
    static let lookSeconds: Double = 10

    private static let second: Int64 = 1_000_000

    public init(sealing: SealingKeys) { self.sealing = sealing }

    /// Every key of the table.
    public static let statement = Statement(
        "SELECT \(SigningKey.columns) FROM signing_keys ORDER BY created_at, id")

    /// - Throws: `SigningFailure`, `StorageFailure`.
    public func keys(in transaction: Transaction) async throws -> [SigningKey] {
        try await keys(transaction.query(Self.statement))
    }

    /// - Parameter rows: Those of `statement`.
    func keys(_ rows: [Row]) throws -> [SigningKey] { try rows.map { try SigningKey($0, sealing) } }

    /// Makes what is missing. Of two nodes that start at once, one does.
    /// - Returns: The names of the keys that were made.
    public func complete(
        _ algorithm: SigningAlgorithm, in transaction: Transaction, now: Int64
    ) async throws -> [String] {
        let known = try await keys(in: transaction)
        var made: [String] = []
        for state in [SigningKey.State.active, .next]
        where !known.contains(where: { $0.state == state }) {
            let key = try SigningKey(algorithm, state, now: now)
            if try await transaction.execute(key.insertion(sealing)) == 1 { made.append(key.id) }
        }
        return made
    }

    /// Puts the next key in the active one's place, and another one behind it.
    /// - Returns: The keys that changed places; `nil` where there is none, or the next one is not
    ///   known to everybody yet.
    public func rotate(
        in transaction: Transaction, now: Int64
    ) async throws -> (retired: String, active: String)? {
        let known = try await keys(in: transaction)
        guard let active = known.first(where: { $0.state == .active }),
            let next = known.first(where: { $0.state == .next }), isMature(next, now: now)
        else { return nil }
        try await transaction.execute(
            Statement(
                """
                UPDATE signing_keys
                SET state = 'retired', private_key = NULL, retired_at = $2, expires_at = $3
                WHERE id = $1
                """,
                [.text(active.id), .integer(now), .integer(now + Self.retiredMicroseconds)]))
        try await transaction.execute(
            Statement(
                "UPDATE signing_keys SET state = 'active', activated_at = $2 WHERE id = $1",
                [.text(next.id), .integer(now)]))
        let following = try SigningKey(next.algorithm, .next, now: now)
        try await transaction.execute(following.insertion(sealing))
        return (active.id, next.id)
    }

    /// Replaces a next key of another algorithm: it has signed nothing.
    /// - Returns: False where there is none.
    func replaceNext(
        by algorithm: SigningAlgorithm, in transaction: Transaction, now: Int64
    ) async throws -> Bool {
        let count = try await transaction.execute(
            Statement(
                "DELETE FROM signing_keys WHERE state = 'next' AND algorithm <> $1",
                [.text(algorithm.rawValue)]))
        guard count > 0 else { return false }
        let key = try SigningKey(algorithm, .next, now: now)
        try await transaction.execute(key.insertion(sealing))
        return true
    }

    /// Removes retired keys of which no token is left.
    /// - Returns: How many.
    @discardableResult
    public func prune(in transaction: Transaction, now: Int64) async throws -> Int {
        try await transaction.execute(
            Statement("DELETE FROM signing_keys WHERE expires_at <= $1", [.integer(now)]))
    }

    /// When the next key may begin to sign: everybody who keeps the published set has it then.
    public static func maturity(of next: SigningKey) -> Int64 {
        next.createdAt + (publishedMaxAgeSeconds + nodeLagSeconds) * second
    }

    func isMature(_ next: SigningKey, now: Int64) -> Bool { now >= Self.maturity(of: next) }

    /// Whether the active key has had its time, or is of another algorithm than is wanted.
    func isDue(_ active: SigningKey, _ algorithm: SigningAlgorithm, now: Int64) -> Bool {
        active.algorithm != algorithm
            || now >= (active.activatedAt ?? active.createdAt) + Self.activeSeconds * Self.second
    }

    /// A node that knows it late signs with it a while longer; its last token lives its whole life,
    /// and clocks differ.
    private static let retiredMicroseconds =
        (nodeLagSeconds + AccessToken.lifetimeSeconds + AccessToken.skewSeconds) * second
}
