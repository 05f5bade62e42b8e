import Foundation
import Loopback
import Servers
import Testing

/// Organizations over a socket, as their people see them.
@Suite struct OrganizationTests {
    @Test(arguments: IdentityDatabase.all)
    func membersReadTheirOrganizationAndNobodyElseDoes(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let path = "/api/v1/organizations/\(server.world.acme.id)"
            for role in ["owner", "admin", "member", "viewer"] {
                let reply = try await server.ask("GET", path, as: server.world.acme[role])
                #expect(reply.status == 200)
                #expect(try reply.json["slug"] as? String == "acme")
                #expect(reply.field("etag") == "\"1\"")
            }
            #expect(try await server.ask("GET", path).status == 401)
            // Another tenant's organization is the same as none at all.
            let random = "/api/v1/organizations/org_0000000000000000000000000z"
            let foreign = try await server.ask("GET", path, as: server.world.bolt.owner)
            let missing = try await server.ask("GET", random, as: server.world.bolt.owner)
            for reply in [foreign, missing] {
                #expect(reply.status == 404)
                #expect(try reply.json["code"] as? String == "not_found")
                #expect(!reply.body.contains("acme"))
            }
            #expect(try Set(foreign.json.keys) == Set(missing.json.keys))
            // A key is good for one organization, whoever has it.
            let elsewhere = try await server.ask("GET", path, as: server.world.administrator)
            #expect(elsewhere.status == 404)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func administratorsMakeOrganizationsAndOthersDoNot(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let body = #"{"name":"Cargo","slug":"cargo"}"#
            let path = "/api/v1/organizations"
            #expect(try await server.ask("POST", path, body).status == 401)
            let owner = try await server.ask("POST", path, as: server.world.acme.owner, body)
            #expect(owner.status == 403 || owner.status == 404)
            let made = try await server.ask("POST", path, as: server.world.administrator, body)
            #expect(made.status == 201)
            let id = try #require(try made.json["id"] as? String)
            #expect(made.field("location") == "/api/v1/organizations/\(id)")
            let all = try await server.ask("GET", path, as: server.world.administrator)
            #expect(slugs(try all.json) == ["operations", "acme", "bolt", "cargo"])
            let again = try await server.ask("POST", path, as: server.world.administrator, body)
            #expect(again.status == 409)
            #expect(try again.json["code"] as? String == "conflict")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aRequestThatComesAgainIsAnsweredAgain(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (path, administrator) = ("/api/v1/organizations", server.world.administrator)
            let fields = ["Idempotency-Key: one"]
            let body = #"{"name":"Cargo","slug":"cargo"}"#
            let first = try await server.ask("POST", path, as: administrator, body, fields: fields)
            let second = try await server.ask("POST", path, as: administrator, body, fields: fields)
            #expect(first.status == 201 && second.status == 201)
            #expect(first.body == second.body)
            #expect(first.field("location") == second.field("location"))
            let other = try await server.ask(
                "POST", path, as: administrator, #"{"name":"Other","slug":"other"}"#, fields: fields
            )
            #expect(other.status == 422)
            #expect(try other.json["code"] as? String == "idempotency_mismatch")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aChangeOfAnOldVersionIsRefused(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let path = "/api/v1/organizations/\(server.world.acme.id)"
            let owner = server.world.acme.owner
            let body = #"{"name":"Acme & Sons"}"#
            let stale = try await server.ask(
                "PATCH", path, as: owner, body, fields: ["If-Match: \"7\""])
            #expect(stale.status == 412)
            let changed = try await server.ask(
                "PATCH", path, as: owner, body, fields: ["If-Match: \"1\""])
            #expect(changed.status == 200)
            #expect(changed.field("etag") == "\"2\"")
            let known = try await server.ask(
                "GET", path, as: owner, fields: ["If-None-Match: \"2\""])
            #expect(known.status == 304)
            #expect(known.body.isEmpty)
            let viewer = try await server.ask("PATCH", path, as: server.world.acme["viewer"], body)
            #expect(viewer.status == 403)
            #expect(try viewer.json["code"] as? String == "forbidden")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func listsShowWhatACheckWouldAllow(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let own = try await server.ask(
                "GET", "/api/v1/organizations", as: server.world.acme["viewer"])
            #expect(slugs(try own.json) == ["acme"])
            let all = try await server.ask(
                "GET", "/api/v1/organizations?limit=2", as: server.world.administrator)
            #expect(slugs(try all.json) == ["operations", "acme"])
            let page = try #require(try all.json["page"] as? [String: Any])
            let cursor = try #require(page["next_cursor"] as? String)
            let rest = try await server.ask(
                "GET", "/api/v1/organizations?limit=2&cursor=\(cursor)",
                as: server.world.administrator)
            #expect(slugs(try rest.json) == ["bolt"])
            // A cursor is good for its own list of its own tenant.
            for (person, target) in [
                (server.world.acme.owner, "/api/v1/organizations?cursor=\(cursor)"),
                (server.world.administrator, "/api/v1/audit?cursor=\(cursor)"),
                (server.world.administrator, "/api/v1/organizations?cursor=00\(cursor)"),
            ] {
                let reply = try await server.ask("GET", target, as: person)
                #expect(reply.status == 422, "\(target)")
            }
        }
    }

    private func slugs(_ json: [String: Any]) -> [String] {
        (json["data"] as? [[String: Any]] ?? []).compactMap { $0["slug"] as? String }
    }
}
