public import Storage
import Synchronization

/// When sessions were last active, on the way to their rows: written at most once a minute for
/// each, and not in a request's way. What is lost of it costs a session a minute of its idle time.
public final class SessionActivity: Sendable {
    /// Microseconds.
    private static let resolution: Int64 = 60 * 1_000_000
    private static let sessionsMax = 20_000

    private let lifetimes: SessionLifetimes
    private let seen = Mutex<[String: Int64]>([:])
    /// Those of tokens, which say nothing of it, that were passed on within a minute.
    private let passed = Mutex<(since: Int64, sessions: Set<String>)>((0, []))

    public init(_ lifetimes: SessionLifetimes) { self.lifetimes = lifetimes }

    /// - Parameter now: Microseconds since 1970.
    public func add(_ session: String, now: Int64) {
        seen.withLock { seen in
            guard seen.count < Self.sessionsMax || seen[session] != nil else { return }
            seen[session] = now
        }
    }

    /// That of an access token, each time that it is shown: most of them are not passed on.
    public func add(_ token: AccessToken, now: Int64) {
        guard let session = token.session, Self.isDue(token.issuedAt * 1_000_000, now: now) else {
            return
        }
        let isDue = passed.withLock { passed in
            if Self.isDue(passed.since, now: now) { passed = (now, []) }
            guard passed.sessions.count < Self.sessionsMax else { return false }
            return passed.sessions.insert(session).inserted
        }
        if isDue { add(session, now: now) }
    }

    /// Writes what there is.
    /// - Throws: `StorageFailure`; what was not written is seen again.
    public func flush(to database: any Database) async throws {
        let batch = take()
        guard !batch.isEmpty else { return }
        let idle = lifetimes.idleSeconds * 1_000_000
        try await database.transaction(in: .none) { transaction in
            for (session, time) in batch.sorted(by: { $0.key < $1.key }) {
                try await transaction.execute(Self.update(session, time, idle: idle))
            }
        }
    }

    private func take() -> [String: Int64] {
        seen.withLock { seen in
            let batch = seen
            seen = [:]
            return batch
        }
    }

    /// Whether what is known of a session's last activity is to be written again.
    static func isDue(_ last: Int64, now: Int64) -> Bool { now - last >= resolution }

    static func update(_ session: String, _ time: Int64, idle: Int64) -> Statement {
        Statement(
            """
            UPDATE sessions SET last_active_at = $2, idle_expires_at = $3
            WHERE id = $1 AND revoked_at IS NULL AND last_active_at <= $4
                AND idle_expires_at > $2
            """,
            [
                .text(session), .integer(time), .integer(time + idle),
                .integer(time - resolution),
            ])
    }
}
