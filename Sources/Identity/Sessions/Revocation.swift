public import RegoMachine
public import Storage
import Synchronization

/// Something that is good no longer, before its own time.
public struct Revocation: Sendable, Hashable {
    let kind: Kind
    /// Its id.
    let subject: String
    /// Microseconds since 1970. Then nothing is left that it could refuse.
    let expiresAt: Int64

    enum Kind: String, Sendable {
        case session, token
    }

    /// - Parameter now: Microseconds since 1970.
    init(_ kind: Kind, _ subject: String, now: Int64) {
        self.kind = kind
        self.subject = subject
        // No access token that there is now lives longer.
        expiresAt = now + (AccessToken.lifetimeSeconds + 2 * AccessToken.skewSeconds) * 1_000_000
    }

    func insertion(now: Int64) -> Statement {
        Statement(
            """
            INSERT INTO revocations (kind, subject, revoked_at, expires_at)
            VALUES ($1, $2, $3, $4) ON CONFLICT (kind, subject) DO NOTHING
            """,
            [.text(kind.rawValue), .text(subject), .integer(now), .integer(expiresAt)])
    }
}

/// The revocations as one node knows them: read from the table twice a second, so that what another
/// node revoked is refused here within a second. A node that could not read says so, and the rows
/// are asked instead.
public final class Revocations: Sendable {
    private struct Known {
        /// Until when each is of interest.
        var ends: [String: Int64] = [:]
        /// Microseconds since 1970, of the last look that succeeded.
        var readAt: Int64 = .min
    }

    private static let lookSeconds = 0.5
    /// What is older was asked for by every look before.
    private static let overlap: Int64 = 10 * 1_000_000
    private static let freshness: Int64 = 1_000_000

    /// Read by the same looks.
    public let maintenance = MaintenanceWatch()
    private let host: Host
    private let known = Mutex(Known())

    private var now: Int64 { host.now() / 1_000 }

    public init(host: Host) { self.host = host }

    /// - Parameter database: Shared by the nodes.
    public func job(_ database: any Database) -> Job {
        Job("revocations", everySeconds: Self.lookSeconds) { try await self.look(database) }
    }

    /// Reads what is new.
    /// - Throws: `StorageFailure`.
    public func look(_ database: any Database) async throws {
        let before = now
        let since = known.withLock { $0.readAt == .min ? .min : $0.readAt - Self.overlap }
        let rows = try await database.read(
            in: .none,
            [
                Statement(
                    """
                    SELECT kind, subject, expires_at FROM revocations
                    WHERE revoked_at >= $1 AND expires_at > $2
                    """, [.integer(since), .integer(before)]),
                MaintenanceRow.finding,
            ])
        maintenance.take(try MaintenanceRow(rows[1]), readAt: before)
        let found = try rows[0].map { row in
            (try row.text("kind") + row.text("subject"), try row.integer("expires_at"))
        }
        known.withLock { known in
            for (key, end) in found { known.ends[key] = end }
            known.ends = known.ends.filter { $0.value > before }
            known.readAt = before
        }
    }

    /// What this node has revoked itself it knows at once.
    public func add(_ revocations: [Revocation]) {
        guard !revocations.isEmpty else { return }
        known.withLock { known in
            for revocation in revocations {
                known.ends[revocation.kind.rawValue + revocation.subject] = revocation.expiresAt
            }
        }
    }

    /// - Returns: `nil` where this node has not heard of the others for too long.
    public func refuse(_ token: AccessToken) -> Bool? {
        let now = now
        return known.withLock { known in
            let keys =
                [Revocation.Kind.token.rawValue + token.id]
                + (token.session.map { [Revocation.Kind.session.rawValue + $0] } ?? [])
            if keys.contains(where: { known.ends[$0] != nil }) { return true }
            return known.readAt != .min && now - known.readAt <= Self.freshness ? false : nil
        }
    }

    /// Has a row where the token is refused: for a node that does not know.
    public static func finding(_ token: AccessToken, now: Int64) -> Statement {
        Statement(
            """
            SELECT kind FROM revocations WHERE expires_at > $3
                AND (kind = 'token' AND subject = $1 OR kind = 'session' AND subject = $2)
            """,
            [.text(token.id), SQLValue(token.session), .integer(now)])
    }
}
