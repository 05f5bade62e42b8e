import Identity
import Loopback
import Outbound
import RegoMachine
import Storage

/// Somebody who is signed in with a browser, however long ago.
struct CookieSession: Sendable {
    let id: String
    /// What the browser sends, as a script of our pages does.
    let fields: [String]
}

extension PublicServer {
    /// - Parameter age: Seconds since the sign-in; less than none for one that is always fresh.
    /// - Parameter place: The organization and its host that it is good at.
    func cookie(
        of account: String, age: Int64 = 0, at place: (organization: String, site: String)? = nil
    ) async throws -> CookieSession {
        let host = RegoMachine.Host.system
        let secret = OpaqueToken(.session, host)
        let now = host.now() / 1_000
        let statement = Statement(
            """
            INSERT INTO sessions (
                id, account_id, client_id, kind, secret_digest, attempt_id, network_address, acr,
                signed_in_at, created_at, last_active_at, idle_expires_at, expires_at,
                organization_id, site
            ) VALUES (
                $1, $2, 'ostiary', 'browser', $3, $1, '127.0.0.1', 'aal1', $4, $5, $5, $6, $6, $7,
                $8
            )
            """,
            [
                .text(secret.id), .text(account), .bytes(secret.digest),
                .integer(now - age * 1_000_000), .integer(now),
                .integer(now + 86_400_000_000), place.map { .text($0.organization) } ?? .null,
                place.map { .text($0.site) } ?? .null,
            ])
        try await change(statement)
        return CookieSession(
            id: secret.id, fields: [Browser.origin, "Cookie: ostiary_session=\(secret.text)"])
    }

    /// Changes rows behind the server's back.
    func change(_ statement: Statement) async throws {
        _ = try await database.transaction(in: .system) { transaction in
            try await transaction.execute(statement)
        }
    }

    /// Another address of somebody who has signed in just now.
    /// - Returns: Its id.
    func addAddress(_ address: String, _ fields: [String]) async throws -> String {
        let reply = try await ask(
            "POST", "/api/v1/me/addresses", #"{"email":"\#(address)"}"#, fields: fields)
        return try reply.json["id"] as? String ?? reply.body
    }

    /// The same, and shows that it is theirs.
    func addVerified(_ address: String, _ fields: [String]) async throws -> String {
        let id = try await addAddress(address, fields)
        let secret = try await mailbox.mail(to: address, "Add this address").secret
        _ = try await ask(
            "POST", "/api/v1/me/addresses/verify", #"{"token":"\#(secret)"}"#, fields: fields)
        return id
    }
}
