import Cryptography
import Storage

/// A session at the issuer's host on its way to an organization's: what a code stands for that is
/// good once, for a minute, and in the browser alone that has begun at the organization's host.
struct Handover: Sendable {
    /// That was begun at the organization's host.
    let attempt: String
    /// The one at the issuer's host.
    let session: String
    /// Whose it is.
    let account: String

    fileprivate static let lifetimeSeconds = 60

    fileprivate var json: JSON {
        ["attempt": .text(attempt), "session": .text(session), "account": .text(account)]
    }

    fileprivate init?(_ json: JSON) {
        guard let attempt = json["attempt"]?.text, let session = json["session"]?.text,
            let account = json["account"]?.text
        else { return nil }
        self.init(attempt: attempt, session: session, account: account)
    }

    init(attempt: String, session: String, account: String) {
        self.attempt = attempt
        self.session = session
        self.account = account
    }
}

extension Attempts {
    /// - Returns: The code.
    /// - Throws: `StorageFailure`.
    func keep(_ handover: Handover) async throws -> OpaqueToken {
        let code = OpaqueToken(.handover, host)
        try await keys.set(
            Attempts.handoverKey(code), handover.json.bytes, seconds: Handover.lifetimeSeconds,
            onlyIfAbsent: true)
        return code
    }

    /// What a code stands for, once; `nil` where it is none, or not any more.
    /// - Throws: `StorageFailure`.
    func take(_ code: String) async throws -> Handover? {
        guard let code = OpaqueToken(.handover, code),
            let bytes = try await keys.take(Attempts.handoverKey(code))
        else { return nil }
        return (try? JSON(reading: bytes)).flatMap(Handover.init)
    }

    /// By the digest: no part of the code would do without the rest.
    private static func handoverKey(_ code: OpaqueToken) -> String {
        "handover:\(code.digest.hexadecimal)"
    }
}

/// A session that is handed over, as it is now.
struct HandedSession: Sendable {
    let id: String
    let account: SessionCreation.Claimed
    /// What was shown for it, however long ago.
    let evidence: [Evidence]
    /// Microseconds since 1970.
    let signedInAt: Int64
    let expiresAt: Int64

    /// - Parameter now: Microseconds since 1970.
    static func finding(_ id: String, now: Int64) -> Statement {
        Statement(
            """
            SELECT s.id AS session_id, s.account_id, s.signed_in_at, s.expires_at, a.status,
                \(AccountAddresses.platformRole), e.method, e.connection_id, e.shown_at,
                e.is_device_bound
            FROM sessions s
            JOIN accounts a ON a.id = s.account_id
            LEFT JOIN session_evidence e ON e.session_id = s.id
            WHERE s.id = $1 AND s.kind = 'browser' AND s.site IS NULL AND s.revoked_at IS NULL
                AND s.idle_expires_at > $2 AND s.expires_at > $2
            ORDER BY e.place
            """, [.text(id), .integer(now)])
    }

    /// - Parameter rows: Those of `finding`.
    /// - Returns: `nil` where it has ended.
    init?(_ rows: [Row]) throws(StorageFailure) {
        guard let row = rows.first else { return nil }
        id = try row.text("session_id")
        account = SessionCreation.Claimed(
            id: try row.text("account_id"), status: try row.text("status"),
            platformRole: try row.text(orNull: "platform_role"))
        signedInAt = try row.integer("signed_in_at")
        expiresAt = try row.integer("expires_at")
        var evidence: [Evidence] = []
        for row in rows {
            guard let method = try row.text(orNull: "method").flatMap(Evidence.Method.init) else {
                continue
            }
            evidence.append(
                Evidence(
                    method, of: account.id, at: try row.integer("shown_at"),
                    connection: try row.text(orNull: "connection_id"),
                    isDeviceBound: try row.boolean("is_device_bound")))
        }
        self.evidence = evidence
    }
}
