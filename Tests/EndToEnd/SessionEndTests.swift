import Identity
import Loopback
import Outbound
import RegoMachine
import Server
import Servers
import Storage
import Testing

/// When sessions end that are used by tokens, and when they were used last.
@Suite struct SessionEndTests {
    private static let ada = "ada@example.com"

    @Test(arguments: IdentityDatabase.all)
    func aTokenEndsWithItsSession(_ backend: IdentityDatabase) async throws {
        var (idle, whole) = (SessionLifetimes(), SessionLifetimes())
        idle.idleSeconds = 120
        whole.sessionSeconds = 120
        for lifetimes in [idle, whole] {
            try await PublicServer.with(backend, lifetimes: lifetimes) { server in
                _ = try await server.signUp(Self.ada)
                let reply = try await server.signIn(Self.ada)
                var tokens = try Refreshed(reply)
                #expect(try reply.json["expires_in"] as? Int == 120)
                for _ in 0..<2 {
                    let claims = try tokens.claims
                    let (from, until) = (
                        try #require(claims["iat"]?.integer), try #require(claims["exp"]?.integer)
                    )
                    #expect((1...120).contains(until - from))
                    tokens = try Refreshed(try await server.refresh(tokens.refresh))
                }
            }
        }
    }

    /// A token that is used keeps its session from ending.
    @Test(arguments: IdentityDatabase.all)
    func aTokensUseIsTheSessions(_ backend: IdentityDatabase) async throws {
        try await PublicServer.leaving(backend) { server in
            let ada = try await server.signUp(Self.ada)
            try await server.edit(
                """
                UPDATE sessions SET created_at = created_at - 300000000,
                    last_active_at = last_active_at - 300000000
                """)
            let now = Host.system.now() / 1_000_000_000
            let tokens = AccessTokens(
                issuer: Issuer.development.text, keys: try await server.signingKeys, host: .system)
            let text = try tokens.text(
                of: AccessToken(
                    id: "jti_1", subject: ada.account, audience: Issuer.development.text,
                    client: "ostiary", issuedAt: now - 300, scopes: ["*"], session: ada.session,
                    organization: nil,
                    signIn: .init(methods: ["pwd"], assurance: "aal1", at: now - 300)))
            for _ in 0..<3 {
                let me = try await server.ask(
                    "GET", "/api/v1/me", fields: ["Authorization: Bearer \(text)"])
                #expect(me.status == 200, "\(me.body)")
            }
        } look: { database in
            let rows = try await database.read(
                in: .system,
                [
                    Statement(
                        "SELECT id FROM sessions WHERE last_active_at > created_at + 200000000")
                ])[0]
            #expect(rows.count == 1)
        }
    }
}
