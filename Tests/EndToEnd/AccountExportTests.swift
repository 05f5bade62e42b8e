import Identity
import Loopback
import Servers
import Storage
import Testing

/// What an account gets that asks for all that is kept of it.
@Suite struct AccountExportTests {
    private func export(
        _ fields: [String], _ server: PublicServer
    ) async throws -> (reply: HTTPReply, json: [String: Any]) {
        let reply = try await server.ask("GET", "/api/v1/me/export", fields: fields)
        #expect(reply.status == 200, "\(reply.body)")
        return (reply, try reply.json)
    }

    private func rows(_ name: String, _ json: [String: Any]) throws -> [[String: Any]] {
        try #require(json[name] as? [[String: Any]], "\(name)")
    }

    @Test(arguments: IdentityDatabase.all)
    func itHoldsWhatIsKept(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let member = server.world.acme["member"]
            _ = try await server.ask(
                "GET", "/api/v1/organizations/\(server.world.acme.id)", as: member)
            let cookie = try await server.cookie(of: member.account)
            _ = try await server.addAddress("more@example.com", cookie.fields)
            let (_, json) = try await export(cookie.fields, server)
            #expect(try rows("account", json).first?["display_name"] as? String == "member of acme")
            #expect(try rows("addresses", json).count == 2)
            #expect(try rows("sessions", json).first?["id"] as? String == cookie.id)
            let membership = try #require(try rows("memberships", json).first)
            #expect(membership["organization_name"] as? String == "acme")
            #expect(membership["profile"] is [String: Any])
            #expect(try rows("roles", json).first?["role"] as? String == "member")
            #expect(try rows("api_keys", json).first?["scopes"] as? [String] != nil)
            let audit = try rows("audit", json)
            #expect(audit.contains { $0["action"] as? String == "account:export" })
            #expect(audit.contains { $0["action"] as? String == "account:add_address" })
            #expect(try rows("decisions", json).contains { $0["rule"] as? String != nil })
            #expect((json["truncated"] as? [String])?.isEmpty == true)
        }
    }

    @Test func itHoldsNoSecretAndNothingOfOthers() async throws {
        try await PublicServer.with(.sqlite) { server in
            let bob = try await server.signUp("bob@example.com")
            let ada = try await server.signUp("ada@example.com")
            _ = try await server.addAddress("more@example.com", ada.bearer)
            let (reply, json) = try await export(ada.bearer, server)
            for word in ["argon2", "digest", "sealed", "osm_", "osr_", PublicServer.password] {
                #expect(!reply.body.contains(word), "\(word)")
            }
            #expect(try rows("credentials", json).first?["kind"] as? String == "password")
            #expect(try rows("devices", json).count == 1)
            #expect(try rows("evidence", json).first?["method"] as? String == "mail")
            #expect(!reply.body.contains(bob.account))
            #expect(!reply.body.contains("bob@example.com"))
        }
    }

    @Test func itIsBoundedAndSaysSo() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp("ada@example.com")
            try await server.change(
                Statement(
                    """
                    INSERT INTO mail_links (
                        id, purpose, digest, wrong_codes, account_id, address, address_key,
                        made_at, expires_at)
                    WITH RECURSIVE numbers (n) AS (
                        SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1001)
                    SELECT 'lnk_' || n, 'verify', CAST('d' || n AS BLOB), 0, $1, 'a@b.test',
                        'a@b.test', n, n FROM numbers
                    """, [.text(ada.account)]))
            let (_, json) = try await export(ada.bearer, server)
            #expect(try rows("mail_links", json).count == 1_000)
            #expect(json["truncated"] as? [String] == ["mail_links"])
        }
    }
}
