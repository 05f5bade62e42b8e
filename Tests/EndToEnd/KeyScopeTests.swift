import Foundation
import Loopback
import Servers
import Storage
import Testing

/// What keys may do: what their owner may at this moment, as far as their scopes say so.
@Suite struct KeyScopeTests {
    @Test(arguments: IdentityDatabase.all)
    func aKeyDoesWhatItsScopesSayAndNoMore(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, owner) = (server.world.acme, server.world.acme.owner)
            let key = try await server.makeKey(as: owner, scopes: ["member:read", "member:list"])
            let organization = "/api/v1/organizations/\(acme.id)"
            let viewer = "\(organization)/members/\(acme["viewer"].membership)"
            for (method, target, body, status) in [
                ("GET", viewer, nil, 200), ("GET", "\(organization)/members", nil, 200),
                ("DELETE", viewer, nil, 403), ("PATCH", viewer, #"{"role":"member"}"#, 403),
                ("GET", organization, nil, 403), ("GET", "/api/v1/audit", nil, 403),
            ] {
                let reply = try await server.ask(method, target, as: key.person, body)
                #expect(reply.status == status, "\(method) \(target): \(reply.body)")
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aKeyKeepsOnlyTheRightsThatItsOwnerHasNow(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (owner, admin) = (server.world.acme.owner, server.world.acme["admin"])
            let key = try await server.makeKey(as: admin)
            let organization = "/api/v1/organizations/\(server.world.acme.id)"
            let body = #"{"name":"Acme"}"#
            #expect(try await server.ask("PATCH", organization, as: key.person, body).status == 200)
            let lowered = try await server.ask(
                "PATCH", "\(organization)/members/\(admin.membership)", as: owner,
                #"{"role":"viewer"}"#)
            #expect(lowered.status == 200)
            #expect(try await server.ask("PATCH", organization, as: key.person, body).status == 403)
            #expect(try await server.status(of: key) == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aKeyMakesKeysOnlyWhereAScopeSaysSo(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let plain = try await server.makeKey(as: owner, scopes: ["*"])
            let refused = try await server.askForKey(as: plain.person, scopes: ["member:read"])
            #expect(refused.status == 403)
            #expect(refused.body.contains("a scope that names `key:create`"))
            let path = "\(server.keys)/\(plain.id)"
            let rotated = try await server.ask("POST", "\(path)/rotate", as: plain.person, "{}")
            #expect(rotated.status == 403)
            #expect(rotated.body.contains("a scope that names `key:rotate`"))
            // It looks after itself in every way that gives no secret.
            #expect(
                try await server.ask("PATCH", path, as: plain.person, #"{"name":"x"}"#).status
                    == 200)
            #expect(try await server.ask("DELETE", path, as: plain.person).status == 204)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aKeyMakesNoneThatDoesMore(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let maker = try await server.makeKey(as: owner, scopes: ["key:create", "member:*"])
            for scopes in [["*"], ["audit:read"], ["member:read", "key:rotate"], ["key:*"]] {
                let reply = try await server.askForKey(as: maker.person, scopes: scopes)
                #expect(reply.status == 403, "\(scopes): \(reply.body)")
                #expect(reply.body.contains("more than the credential"))
            }
            let made = try await server.makeKey(
                as: maker.person, scopes: ["member:read", "key:create"])
            #expect(
                try await server.askForKey(as: made.person, scopes: ["member:list"]).status == 403)
            // To rotate a key is to have it: one that does more stays out of reach.
            let rotator = try await server.makeKey(
                as: owner, scopes: ["key:rotate", "member:read"])
            let wide = try await server.makeKey(as: owner, scopes: ["audit:read"])
            let narrow = try await server.makeKey(as: owner, scopes: ["member:read"])
            for (key, status) in [(wide, 403), (narrow, 200), (rotator, 200)] {
                let reply = try await server.ask(
                    "POST", "\(server.keys)/\(key.id)/rotate", as: rotator.person, "{}")
                #expect(reply.status == status, "\(reply.body)")
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aKeyMakesNoneThatOutlivesIt(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let maker = try await server.makeKey(
                as: owner, scopes: ["key:*", "member:read"], expiresAt: "2099-01-01T00:00:00Z")
            for (end, status) in [
                (nil, 403), ("2099-01-01T00:00:01Z", 403), ("2099-01-01T00:00:00Z", 201),
                ("2098-12-31T23:59:59Z", 201),
            ] {
                let reply = try await server.askForKey(
                    as: maker.person, scopes: ["member:read"], expiresAt: end)
                #expect(reply.status == status, "\(end ?? "never"): \(reply.body)")
                #expect(reply.body.contains("for longer") == (status == 403))
            }
            // To rotate a key is to have it.
            let endless = try await server.makeKey(as: owner, scopes: ["member:read"])
            for (key, status) in [(endless, 403), (maker, 200)] {
                let reply = try await server.ask(
                    "POST", "\(server.keys)/\(key.id)/rotate", as: maker.person, "{}")
                #expect(reply.status == status, "\(reply.body)")
            }
            // Who shows no key, or one without an end, may make what they like.
            _ = try await server.makeKey(as: owner, expiresAt: "2199-01-01T00:00:00Z")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func secretsAreNeitherKeptNorShownAgain(_ backend: IdentityDatabase) async throws {
        try await PublicServer.leaving(backend) { server in
            let owner = server.world.acme.owner
            let first = try await server.makeKey(as: owner)
            let second = try await server.rotate(first, as: owner)
            // The same request again is done again: its answer was not kept.
            let body = #"{"name":"k","scopes":["*"]}"#
            let fields = ["Idempotency-Key: one"]
            for _ in 0..<2 {
                let reply = try await server.ask(
                    "POST", server.keys, as: owner, body, fields: fields)
                #expect(reply.status == 201)
            }
            for target in [
                server.keys, "\(server.keys)/\(first.id)", "/api/v1/audit", "/api/v1/decisions",
            ] {
                let reply = try await server.ask("GET", target, as: owner)
                #expect(reply.status == 200)
                for key in [first, second] {
                    #expect(!reply.body.contains(key.secret), "\(target)")
                }
                #expect(!reply.body.contains("api_key\":\""), "\(target)")
            }
        } look: { database in
            let texts = try await database.read(
                in: .system,
                [
                    Statement("SELECT input AS text FROM decisions"),
                    Statement("SELECT reasons AS text FROM decisions"),
                    Statement("SELECT details AS text FROM audit_entries"),
                    Statement("SELECT COALESCE(answer, '') AS text FROM idempotent_answers"),
                ]
            ).joined().map { try $0.text("text") }
            #expect(texts.count > 10)
            let secret = /[0-9a-f]{48}/
            for text in texts { #expect(text.firstMatch(of: secret) == nil, "\(text)") }
        }
    }

    @Test func secretsAreNotLogged() async throws {
        try await EmptyInstallation.with(.sqlite) { installation in
            let node = try await ServedNode.start(installation)
            let link = try #require(node.log.firstMatch(of: /\/setup#([0-9a-f]{40})\n/))
            let type = "Content-Type: application/json"
            let setup = try await node.client.ask(
                "POST", "/api/v1/setup",
                """
                {"secret":"\(link.1)","display_name":"Ada","email":"ada@example.com",
                "organization_name":"Engines","organization_slug":"engines"}
                """, fields: [type])
            let organization = try #require(try setup.json["organization"] as? String)
            let first = try #require(try setup.json["api_key"] as? String)
            let made = try await node.client.ask(
                "POST", "/api/v1/organizations/\(organization)/keys",
                #"{"name":"k","scopes":["*"]}"#,
                fields: [type, "Authorization: Bearer \(first)"])
            let second = try #require(try made.json["api_key"] as? String)
            try await node.end()
            let log = try node.wholeLog
            #expect(log.contains("key:create"))
            for key in [first, second] {
                let secret = try #require(key.split(separator: "_").last)
                #expect(!log.contains(secret))
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theLastUseIsWrittenDown(_ backend: IdentityDatabase) async throws {
        try await PublicServer.leaving(backend) { server in
            let owner = server.world.acme.owner
            let (used, unused) = (
                try await server.makeKey(as: owner, scopes: ["me:read"]),
                try await server.makeKey(as: owner, scopes: ["me:*"])
            )
            for _ in 0..<3 {
                let reply = try await server.ask("GET", "/api/v1/me", as: used.person)
                #expect(reply.status == 200)
            }
            let forged = "\(unused.text.dropLast(8))00000000"
            let refused = try await server.ask(
                "GET", "/api/v1/me", fields: ["Authorization: Bearer \(forged)"])
            #expect(refused.status == 401)
        } look: { database in
            let rows = try await database.read(
                in: .system,
                [
                    Statement(
                        """
                        SELECT scopes, last_used_at, last_used_address, created_at FROM api_keys
                        WHERE scopes IN ('me:read', 'me:*') ORDER BY scopes DESC
                        """)
                ])[0]
            #expect(try rows.map { try $0.text("scopes") } == ["me:read", "me:*"])
            #expect(try rows[0].integer("last_used_at") >= rows[0].integer("created_at"))
            #expect(try rows[0].text("last_used_address") == "127.0.0.1")
            #expect(try rows[1].integer(orNull: "last_used_at") == nil)
        }
    }
}
