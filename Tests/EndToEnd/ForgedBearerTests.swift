import Forgeries
import Foundation
import Identity
import Loopback
import Server
import Servers
import Storage
import Testing

/// Tokens that are none of ours, or not any more, shown to a server.
@Suite struct ForgedBearerTests {
    private static let ada = "ada@example.com"
    private static let form = ["Content-Type: application/x-www-form-urlencoded"]

    /// The whole answer but for what differs between any two.
    private static func comparable(_ reply: HTTPReply) throws -> String {
        let id = try #require(try reply.json["request_id"] as? String, "\(reply.body)")
        let fields = reply.head.components(separatedBy: "\r\n").filter {
            !$0.lowercased().hasPrefix("date:")
        }
        return (fields + [reply.body]).joined(separator: "\n").replacing(id, with: "")
    }

    private static func ask(_ server: PublicServer, _ token: String) async throws -> HTTPReply {
        try await server.ask("GET", "/api/v1/me", fields: ["Authorization: Bearer \(token)"])
    }

    /// What stands in a field as it is: not what the protocol cuts off, or does not let through.
    private static func isSendable(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.count < 60_000 && token == token.trimmingPrefix(" ")
            && token.last != " " && token.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func decisions(_ server: PublicServer) async throws -> Int64 {
        let rows = try await server.database.read(
            in: .system, [Statement("SELECT COUNT(*) AS count FROM decisions")])
        return try rows[0][0].integer("count")
    }

    @Test func allGetTheSameAnswerAndNoDecision() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let forged = try ForgedTokens(
                from: ada.access, by: try await server.signingKeys, seconds: 600)
            #expect(try await Self.ask(server, try forged.control()).status == 200)
            let decisions = try await Self.decisions(server)
            let refused = try await Self.ask(server, "nothing")
            #expect(refused.status == 401 && refused.field("x-decision-id") == nil)
            let expected = try Self.comparable(refused)
            var (sent, left) = (0, [String]())
            for kind in ForgedTokens.Kind.allCases {
                for (name, token) in try forged.all(kind) {
                    guard Self.isSendable(token) else {
                        left.append(name)
                        continue
                    }
                    sent += 1
                    let reply = try await Self.ask(server, token)
                    #expect(try Self.comparable(reply) == expected, "\(kind), \(name)")
                }
            }
            print("\(sent) forged tokens; \(left.count) that no field can hold: \(left.sorted())")
            #expect(sent > 200)
            #expect(try await Self.ask(server, try forged.control()).status == 200)
            // Two for the control, which are written a little later.
            #expect(try await Self.decisions(server) <= decisions + 2)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func thoseThatWereRevokedGetTheSame(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let first = try SignedIn(try await server.signIn(Self.ada))
            let second = try SignedIn(try await server.signIn(Self.ada))
            let expected = try Self.comparable(try await Self.ask(server, "nothing"))
            // By its id, by its family, by its session, by its owner.
            for (token, revoked) in [(first.access, first), (second.refresh, second)] {
                #expect(try await Self.ask(server, revoked.access).status == 200)
                let reply = try await server.ask(
                    "POST", "/oauth2/revoke", "token=\(token)", fields: Self.form)
                #expect(reply.status == 200)
                let refused = try await Self.ask(server, revoked.access)
                #expect(try Self.comparable(refused) == expected)
            }
            #expect(try await Self.ask(server, ada.access).status == 200)
            _ = try await server.ask("POST", "/api/v1/auth/sign-out", fields: ada.bearer)
            let ended = try await Self.ask(server, ada.access)
            #expect(try Self.comparable(ended) == expected)
        }
    }

    @Test func thoseOfAKeyThatIsGoneGetTheSame() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            // As after a rotation and twenty minutes.
            try await server.edit(
                """
                UPDATE signing_keys SET state = 'retired', private_key = NULL, retired_at = 1,
                    expires_at = 2 WHERE state = 'active'
                """)
            try await server.edit(
                "UPDATE signing_keys SET state = 'active', activated_at = 1 WHERE state = 'next'")
            try await server.beside { other in
                let expected = try Self.comparable(try await Self.ask(other, "nothing"))
                let refused = try await Self.ask(other, ada.access)
                #expect(refused.status == 401)
                #expect(try Self.comparable(refused) == expected)
                let next = try Refreshed(try await other.refresh(ada.refresh))
                #expect(try await Self.ask(other, next.access).status == 200)
            }
        }
    }

    @Test func thoseOfAnotherTenantAreToldSo() async throws {
        try await PublicServer.with(.sqlite) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let ada = try await server.signUp(Self.ada)
            for tenant in [acme, bolt] { try await server.join(ada.account, tenant.id) }
            let signedIn = try SignedIn(
                try await server.ask(
                    "POST", "/api/v1/auth/sign-in",
                    """
                    {"email":"\(Self.ada)","password":"\(PublicServer.password)",
                    "organization":"\(acme.id)"}
                    """))
            for (host, status, code) in [
                ("acme.example.test", 200, nil), ("bolt.example.test", 403, "tenant_mismatch"),
                ("nobody.example.test", 404, "unknown_tenant"), ("evil.test", 421, "unknown_host"),
            ] {
                let reply = try await server.ask(
                    "GET", "/api/v1/me", fields: signedIn.bearer + ["Host: \(host)"])
                #expect(reply.status == status, "\(host)")
                #expect(try reply.json["code"] as? String == code, "\(host)")
                if status != 200 { #expect(reply.field("x-decision-id") == nil) }
            }
        }
    }
}
