import Loopback
import Servers
import Testing

/// The end of an organization and its return, over a socket.
@Suite struct OrganizationEndTests {
    private func place(_ server: PublicServer, _ verb: String) -> String {
        "/api/v1/organizations/\(server.world.acme.id)/\(verb)"
    }

    private static let reason = #"{"reason":"we are done here"}"#

    private func delete(_ server: PublicServer) async throws {
        let owner = try await server.cookie(of: server.world.acme.owner.account, age: -86_400)
        let reply = try await server.ask(
            "POST", place(server, "delete"), Self.reason, fields: owner.fields)
        try #require(reply.status == 204, "\(reply.body)")
    }

    private func code(_ reply: HTTPReply) throws -> String {
        "\(reply.status) \(reply.body.isEmpty ? "" : try reply.json["code"] as? String ?? "")"
    }

    @Test(arguments: IdentityDatabase.all)
    func whoHasNotSignedInJustNowDeletesNothing(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, place) = (server.world.acme, place(server, "delete"))
            let key = try await server.ask("POST", place, as: acme.owner, Self.reason)
            #expect(try code(key) == "401 step_up_required")
            let stale = try await server.cookie(of: acme.owner.account, age: 400)
            let old = try await server.ask("POST", place, Self.reason, fields: stale.fields)
            #expect(try code(old) == "401 step_up_required")
            let admin = try await server.cookie(of: acme["admin"].account, age: -86_400)
            let denied = try await server.ask("POST", place, Self.reason, fields: admin.fields)
            #expect(try code(denied) == "403 forbidden")
            let owner = try await server.cookie(of: acme.owner.account, age: -86_400)
            let mute = try await server.ask("POST", place, "{}", fields: owner.fields)
            #expect(try code(mute) == "422 validation_failed")
            #expect(try await server.ask("GET", "/api/v1/me", as: acme.owner).status == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsDeletedOpensNothingUntilItIsRestored(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let domain = try await server.serveDomain("login.acme.test", at: acme)
            try await self.delete(server)
            for role in ["owner", "viewer"] {
                let reply = try await server.ask("GET", "/api/v1/me", as: acme[role])
                #expect(try self.code(reply) == "401 token_invalid")
            }
            for host in ["acme.example.test", domain.name] {
                let reply = try await server.ask("GET", "/livez", fields: ["Host: \(host)"])
                #expect(try self.code(reply) == "404 unknown_tenant", "\(host)")
            }
            let session = try await server.cookie(of: acme.owner.account).fields
            let own = "/api/v1/organizations/\(acme.id)"
            #expect(try await server.ask("GET", own, fields: session).status == 404)
            for path in ["members", "domains", "settings"] {
                let reply = try await server.ask("GET", "\(own)/\(path)", fields: session)
                #expect(reply.status == 404, "\(path)")
            }
            let administrator = server.world.administrator
            let list = try await server.ask("GET", "/api/v1/organizations", as: administrator)
            #expect(!list.body.contains("acme"))
            let taken = try await server.ask(
                "POST", "/api/v1/organizations", as: administrator,
                #"{"name":"Other","slug":"acme"}"#)
            #expect(try self.code(taken) == "409 conflict")
            try await self.restore(server)
        }
    }

    /// By somebody who may not, and by the owner: everything is as it was.
    private func restore(_ server: PublicServer) async throws {
        let acme = server.world.acme
        for person in [acme["admin"], acme["viewer"], server.world.bolt.owner] {
            let session = try await server.cookie(of: person.account, age: -86_400)
            let reply = try await server.ask(
                "POST", place(server, "restore"), fields: session.fields)
            #expect([403, 404].contains(reply.status), "\(reply.body)")
        }
        let owner = try await server.cookie(of: acme.owner.account).fields
        let back = try await server.ask("POST", place(server, "restore"), fields: owner)
        #expect(back.status == 200, "\(back.body)")
        #expect(try back.json["status"] as? String == "active")
        let again = try await server.ask("POST", place(server, "restore"), fields: owner)
        #expect(try code(again) == "409 already_completed")
        for host in ["acme.example.test", "login.acme.test"] {
            let reply = try await server.ask(
                "GET", "/api/v1/me", as: acme["viewer"], fields: ["Host: \(host)"])
            #expect(reply.status == 200, "\(host)")
        }
        let record = try await server.ask("GET", "/api/v1/audit", as: acme.owner)
        #expect(record.body.contains("we are done here"))
    }

    @Test func whatWasSuspendedIsRestoredSuspended() async throws {
        try await PublicServer.with(.sqlite) { server in
            let acme = server.world.acme
            try await server.edit(
                "UPDATE organizations SET status = 'suspended' WHERE id = '\(acme.id)'")
            let session = try await server.cookie(
                of: server.world.administrator.account, age: -86_400)
            for verb in ["delete", "restore"] {
                let reply = try await server.ask(
                    "POST", self.place(server, verb), verb == "delete" ? Self.reason : nil,
                    fields: session.fields)
                #expect([200, 204].contains(reply.status), "\(reply.body)")
            }
            let reply = try await server.ask("GET", "/api/v1/me", as: acme.owner)
            #expect(reply.status == 403)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func afterThirtyDaysTheNameIsFree(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            try await self.delete(server)
            try await server.edit("UPDATE organizations SET deleted_at = 1 WHERE slug = 'acme'")
            let owner = try await server.cookie(of: server.world.acme.owner.account).fields
            let late = try await server.ask(
                "POST", self.place(server, "restore"), fields: owner)
            #expect(late.status == 403)
            let made = try await server.ask(
                "POST", "/api/v1/organizations", as: server.world.administrator,
                #"{"name":"Other","slug":"acme"}"#)
            #expect(made.status == 201, "\(made.body)")
        }
    }

    /// Whatever a policy says of the days that it may take.
    @Test func whatIsHalfGoneIsNotRestored() async throws {
        try await PublicServer.with(.sqlite) { server in
            try await self.delete(server)
            try await server.edit("UPDATE organizations SET purge_begun_at = 1 WHERE slug = 'acme'")
            let owner = try await server.cookie(of: server.world.acme.owner.account).fields
            let late = try await server.ask(
                "POST", self.place(server, "restore"), fields: owner)
            #expect(late.status == 404, "\(late.body)")
        }
    }

    @Test func theInstallationsOwnOrganizationStays() async throws {
        try await PublicServer.with(.sqlite) { server in
            let session = try await server.cookie(
                of: server.world.administrator.account, age: -86_400)
            let reply = try await server.ask(
                "POST", "/api/v1/organizations/\(server.world.home)/delete", Self.reason,
                fields: session.fields)
            #expect(reply.status == 403, "\(reply.body)")
        }
    }
}
