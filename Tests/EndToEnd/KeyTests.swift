import Foundation
import Loopback
import Servers
import Storage
import Testing

/// API keys over a socket: who has them, what they do, and how they end.
@Suite struct KeyTests {
    private func ids(_ reply: HTTPReply) throws -> Set<String> {
        Set((try reply.json["data"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String })
    }

    @Test(arguments: IdentityDatabase.all)
    func aKeyIsMadeListedRenamedAndRevoked(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let viewer = server.world.acme["viewer"]
            let body = #"{"name":"ci","scopes":["organization:read","me:*","me:*"]}"#
            let made = try await server.ask("POST", server.keys, as: viewer, body)
            #expect(made.status == 201, "\(made.body)")
            let id = try #require(try made.json["id"] as? String)
            #expect(made.field("location") == "\(server.keys)/\(id)")
            #expect(try made.json["scopes"] as? [String] == ["organization:read", "me:*"])
            #expect(try made.json["principal"] as? String == viewer.account)
            #expect(try made.json["expires_at"] is NSNull)
            let text = try #require(try made.json["api_key"] as? String)
            let prefix = try #require(try made.json["prefix"] as? String)
            #expect(text.hasPrefix("\(prefix)_") && prefix == "osk_\(id.dropFirst(4))")

            let path = "\(server.keys)/\(id)"
            let renamed = try await server.ask("PATCH", path, as: viewer, #"{"name":"build"}"#)
            #expect(renamed.status == 200 && renamed.field("etag") == "\"2\"")
            let read = try await server.ask("GET", path, as: viewer)
            #expect(try read.json["name"] as? String == "build")
            let late = try await server.ask(
                "PATCH", path, as: viewer, #"{"name":"x"}"#, fields: ["If-Match: \"1\""])
            #expect(late.status == 412)
            let listed = try await server.ask("GET", server.keys, as: viewer)
            #expect(try self.ids(listed).contains(id))

            #expect(try await server.ask("DELETE", path, as: viewer).status == 204)
            #expect(try await server.ask("GET", path, as: viewer).status == 404)
            #expect(try await server.ask("DELETE", path, as: viewer).status == 404)
            let rest = try await server.ask("GET", server.keys, as: viewer)
            #expect(try !self.ids(rest).contains(id))
            let fields = ["Authorization: Bearer \(text)"]
            let refused = try await server.ask("GET", "/api/v1/me", fields: fields)
            #expect(refused.status == 401)
            #expect(try refused.json["code"] as? String == "token_invalid")
        }
    }

    @Test(arguments: [
        #"{"name":"k","scopes":[]}"#, #"{"name":"k"}"#, #"{"name":"k","scopes":["member"]}"#,
        #"{"name":"k","scopes":["member:"]}"#, #"{"name":"k","scopes":["*:read"]}"#,
        #"{"name":"k","scopes":["member:read "]}"#, #"{"name":"k","scopes":["Member:read"]}"#,
        #"{"name":"k","scopes":["a:b:c"]}"#, #"{"name":"k","scopes":["**"]}"#,
        #"{"name":"k","scopes":["member:read* key:*"]}"#, #"{"name":"","scopes":["*"]}"#,
        #"{"name":"k","scopes":["*"],"expires_at":"2020-01-01T00:00:00Z"}"#,
        #"{"name":"k","scopes":["*"],"expires_at":"tomorrow"}"#,
        #"{"name":"k","scopes":["*"],"service_account":"usr_0000000000000000000000000a"}"#,
        #"{"name":"k","scopes":["*"],"principal":"usr_0000000000000000000000000a"}"#,
    ])
    func whatIsNoKeyIsNotMade(_ body: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            let owner = server.world.acme.owner
            let reply = try await server.ask("POST", server.keys, as: owner, body)
            #expect(reply.status == 422, "\(reply.body)")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func keysOfOthersAreSeenAndRevokedByRolesAlone(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let members = try await server.makeKey(as: acme["member"])
            let owners = try await server.makeKey(as: acme.owner)
            let path = "\(server.keys)/\(members.id)"
            for method in ["GET", "DELETE"] {
                let reply = try await server.ask(method, path, as: acme["viewer"])
                #expect(reply.status == 404, "\(method) by a viewer")
            }
            let own = try await server.ask("GET", server.keys, as: acme["viewer"])
            #expect(try self.ids(own).count == 1)
            let all = try await server.ask("GET", "\(server.keys)?limit=200", as: acme["admin"])
            #expect(try self.ids(all).isSuperset(of: [members.id, owners.id]))
            let filter = "\(server.keys)?principal=\(acme["member"].account)"
            #expect(try self.ids(try await server.ask("GET", filter, as: acme.owner)).count == 2)
            #expect(try self.ids(try await server.ask("GET", filter, as: acme["viewer"])) == [])
            let read = try await server.ask("GET", path, as: acme["admin"])
            #expect(read.status == 200 && !read.body.contains(members.secret))

            let rotated = try await server.ask("POST", "\(path)/rotate", as: acme.owner, "{}")
            #expect(rotated.status == 403, "\(rotated.body)")
            #expect(rotated.body.contains("nobody but its owner"))
            let above = try await server.ask(
                "DELETE", "\(server.keys)/\(owners.id)", as: acme["admin"])
            #expect(above.status == 403)
            #expect(try await server.status(of: members) == 200)
            #expect(try await server.ask("DELETE", path, as: acme["admin"]).status == 204)
            #expect(try await server.status(of: members) == 401)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func keysOfAnotherTenantAreNotThere(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let key = try await server.makeKey(as: acme["member"])
            let theirs = "/api/v1/organizations/\(bolt.id)/keys"
            for base in [server.keys, theirs] {
                for (method, rest, body) in [
                    ("GET", "", nil), ("PATCH", "", #"{"name":"x"}"#), ("DELETE", "", nil),
                    ("POST", "/rotate", "{}"),
                ] {
                    let target = "\(base)/\(key.id)\(rest)"
                    let reply = try await server.ask(method, target, as: bolt.owner, body)
                    #expect(reply.status == 404, "\(method) \(target)")
                }
            }
            let machine = try await server.makeServiceAccount(role: "viewer")
            let body = #"{"name":"k","scopes":["*"],"service_account":"\#(machine)"}"#
            #expect(try await server.ask("POST", theirs, as: bolt.owner, body).status == 404)
            #expect(try await server.status(of: key) == 200)
        }
    }

    /// Whoever has copied a secret that was replaced does not stay by it.
    @Test(arguments: IdentityDatabase.all)
    func anOldSecretMakesAndRotatesNothing(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let scopes = ["key:create", "key:rotate", "member:read", "organization:read"]
            let first = try await server.makeKey(as: owner, scopes: scopes)
            _ = try await server.rotate(first, as: first.person, overlap: 3_600)
            let path = "\(server.keys)/\(first.id)/rotate"
            #expect(try await server.ask("POST", path, as: first.person, "{}").status == 403)
            let made = try await server.askForKey(as: first.person, scopes: ["member:read"])
            #expect(made.status == 403, "\(made.body)")
            #expect(try await server.status(of: first) == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anOldSecretIsGoodForTheOverlap(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let first = try await server.makeKey(as: owner)
            let second = try await server.rotate(first, as: owner, overlap: 3_600)
            #expect(second.id == first.id && second.secret != first.secret)
            #expect(try await server.status(of: first) == 200)
            #expect(try await server.status(of: second) == 200)
            let path = "\(server.keys)/\(first.id)"
            let read = try await server.ask("GET", path, as: owner)
            #expect(try read.json["previous_until"] is String)
            #expect(try read.json["rotated_at"] is String)

            try await server.set("previous_until = 1", of: first)
            #expect(try await server.status(of: first) == 401)
            #expect(try await server.status(of: second) == 200)
            #expect(try await server.ask("GET", path, as: owner).json["previous_until"] is NSNull)

            // Of three secrets two are good, of which one ends at once where there is no overlap.
            let third = try await server.rotate(second, as: owner)
            let fourth = try await server.rotate(third, as: owner)
            #expect(try await server.status(of: second) == 401)
            #expect(try await server.status(of: third) == 200)
            let last = try await server.rotate(fourth, as: owner, overlap: 0)
            #expect(try await server.status(of: third) == 401)
            #expect(try await server.status(of: fourth) == 401)
            #expect(try await server.status(of: last) == 200)
            for seconds in [-1, 604_801] {
                let reply = try await server.ask(
                    "POST", "\(path)/rotate", as: owner, #"{"overlap_seconds":\#(seconds)}"#)
                #expect(reply.status == 422)
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aKeyIsNoGoodOnceItHasExpired(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let key = try await server.makeKey(as: owner, expiresAt: "2099-01-01T00:00:00Z")
            let path = "\(server.keys)/\(key.id)"
            let fresh = try await server.ask("GET", path, as: owner).json
            #expect(fresh["expires_soon"] as? Bool == false)
            #expect(fresh["expires_at"] as? String == "2099-01-01T00:00:00.000000Z")
            #expect(try await server.status(of: key) == 200)
            try await server.set("expires_at = 1", of: key)
            #expect(try await server.status(of: key) == 401)
            let stale = try await server.ask("GET", path, as: owner).json
            #expect(stale["expires_soon"] as? Bool == true)
            let rotated = try await server.ask("POST", "\(path)/rotate", as: owner, "{}")
            #expect(rotated.status == 409)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aPersonalKeyDiesWithTheMembership(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (owner, member) = (server.world.acme.owner, server.world.acme["member"])
            let key = try await server.makeKey(as: member)
            let members = "/api/v1/organizations/\(server.world.acme.id)/members"
            let removed = try await server.ask(
                "DELETE", "\(members)/\(member.membership)", as: owner)
            #expect(removed.status == 204)
            #expect(try await server.status(of: key) == 401)
            let back = try await server.ask(
                "POST", members, as: owner,
                #"{"principal":"\#(member.account)","role":"member"}"#)
            #expect(back.status == 201)
            #expect(try await server.status(of: key) == 401)
            let left = try await server.ask(
                "GET", "\(server.keys)?principal=\(member.account)", as: owner)
            #expect(try self.ids(left) == [])
            let entries = try await server.ask(
                "GET", "/api/v1/audit?action=member:delete", as: owner)
            #expect(entries.body.contains(#""keys_revoked":2"#), "\(entries.body)")
        }
    }
}
