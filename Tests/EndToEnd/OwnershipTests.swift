import Identity
import Loopback
import Servers
import Storage
import Testing

/// Organizations in other hands, under another name, and how they take members in.
@Suite struct OwnershipTests {
    private func path(_ server: PublicServer) -> String {
        "/api/v1/organizations/\(server.world.acme.id)"
    }

    private func transfer(
        _ server: PublicServer, to membership: String, as person: Person
    ) async throws -> HTTPReply {
        let session = try await server.cookie(of: person.account, age: -86_400)
        return try await server.ask(
            "POST", "\(path(server))/transfer", #"{"member":"\#(membership)"}"#,
            fields: session.fields)
    }

    /// The roles of a person, as the members' list has them.
    private func roles(_ server: PublicServer, of role: String) async throws -> String {
        let reply = try await server.ask(
            "GET", "\(path(server))/members/\(server.world.acme[role].membership)",
            as: server.world.acme["member"])
        let roles = try reply.json["roles"] as? [[String: String]] ?? []
        return roles.compactMap { $0["name"] }.joined(separator: ",")
    }

    @Test(arguments: IdentityDatabase.all)
    func anOwnerMakesAMemberTheOwner(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let key = try await server.ask(
                "POST", "\(self.path(server))/transfer", as: acme.owner,
                #"{"member":"\#(acme["member"].membership)"}"#)
            #expect(try key.json["code"] as? String == "step_up_required")
            let denied = try await self.transfer(
                server, to: acme["admin"].membership, as: acme["admin"])
            #expect(denied.status == 403)
            let stranger = try await self.transfer(
                server, to: server.world.bolt.owner.membership, as: acme.owner)
            #expect(stranger.status == 422, "\(stranger.body)")
            let own = try await self.transfer(server, to: acme.owner.membership, as: acme.owner)
            #expect(own.status == 409)
            let done = try await self.transfer(
                server, to: acme["member"].membership, as: acme.owner)
            #expect(done.status == 200, "\(done.body)")
            #expect(try await self.roles(server, of: "member") == "owner")
            #expect(try await self.roles(server, of: "owner") == "admin")
            for address in ["member@acme.test", "owner@acme.test"] {
                _ = try await server.mailbox.mail(to: address, "Your roles in")
            }
            let again = try await self.transfer(
                server, to: acme["viewer"].membership, as: acme.owner)
            #expect(again.status == 403)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func nobodyWhoIsNotThereBecomesTheOwner(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let viewer = acme["viewer"]
            try await server.edit(
                "UPDATE accounts SET status = 'suspended' WHERE id = '\(viewer.account)'")
            try await server.edit(
                """
                UPDATE memberships SET status = 'suspended'
                WHERE id = '\(acme["admin"].membership)'
                """)
            let machine = try await server.makeServiceAccount(role: "member")
            let members = try await server.ask(
                "GET", "\(self.path(server))/members", as: acme.owner)
            let rows = try #require(try members.json["data"] as? [[String: Any]])
            let program = try #require(
                rows.first { $0["principal"] as? String == machine }?["id"] as? String)
            for membership in [viewer.membership, acme["admin"].membership, program] {
                let reply = try await self.transfer(server, to: membership, as: acme.owner)
                #expect(reply.status == 403, "\(reply.body)")
            }
            #expect(try await self.roles(server, of: "owner") == "owner")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func twoTransfersAtOnceLeaveOneOwner(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            async let one = self.transfer(
                server, to: acme["member"].membership, as: acme.owner)
            async let two = self.transfer(
                server, to: acme["viewer"].membership, as: acme.owner)
            let statuses = try await [one.status, two.status].sorted()
            #expect(statuses[0] == 200 && statuses[1] != 200, "\(statuses)")
            let owners = try await ["owner", "member", "viewer"].asyncFilter {
                try await self.roles(server, of: $0) == "owner"
            }
            #expect(owners.count == 1, "\(owners)")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aNewLabelIsInForceOnEveryNodeAtOnce(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, place) = (server.world.acme, "\(path(server))/rename")
            func rename(_ slug: String, as person: Person) async throws -> Int {
                try await server.ask("POST", place, as: person, #"{"slug":"\#(slug)"}"#).status
            }
            #expect(try await rename("rocket", as: acme["admin"]) == 403)
            #expect(try await rename("bolt", as: acme.owner) == 409)
            for slug in ["admin", "xn--a", "-a", "a.b", "A"] {
                #expect(try await rename(slug, as: acme.owner) == 422, "\(slug)")
            }
            try await server.beside { other in
                let renamed = try await server.ask(
                    "POST", place, as: acme.owner, #"{"slug":"rocket"}"#)
                #expect(renamed.status == 200)
                for node in [server, other] {
                    let old = try await node.ask(
                        "GET", "/api/v1/me", as: acme.owner, fields: ["Host: acme.example.test"])
                    #expect(try old.json["code"] as? String == "unknown_tenant")
                    let new = try await node.ask(
                        "GET", "/api/v1/me", as: acme.owner, fields: ["Host: rocket.example.test"])
                    #expect(new.status == 200)
                }
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func settingsSayWhoIsTakenIn(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, place) = (server.world.acme, "\(path(server))/settings")
            func set(_ role: String, _ domain: String, as person: Person) async throws -> Int {
                let body = #"{"default_role":"\#(role)","email_domains":["\#(domain)"]}"#
                return try await server.ask("PUT", place, as: person, body).status
            }
            func add() async throws -> HTTPReply {
                let newcomer = server.world.bolt["member"].account
                return try await server.ask(
                    "POST", "\(self.path(server))/members", as: acme.owner,
                    #"{"principal":"\#(newcomer)"}"#)
            }
            #expect(try await add().status == 403)
            #expect(try await set("viewer", "acme.test", as: acme["viewer"]) == 403)
            #expect(try await set("owner", "acme.test", as: acme["admin"]) == 403)
            #expect(try await set("pilot", "acme.test", as: acme["admin"]) == 422)
            #expect(try await set("viewer", "nowhere", as: acme["admin"]) == 422)
            #expect(try await set("viewer", "acme.test", as: acme["admin"]) == 200)
            let other = try await add()
            #expect(other.status == 403, "\(other.body)")
            #expect(try await set("viewer", "Bolt.test", as: acme["admin"]) == 200)
            let read = try await server.ask("GET", place, as: acme.owner)
            #expect(try read.json["email_domains"] as? [String] == ["bolt.test"])
            #expect(read.field("etag") == "\"2\"")
            let taken = try await add()
            #expect(taken.status == 201, "\(taken.body)")
            #expect(taken.body.contains(#""name":"viewer""#))
        }
    }

    @Test func anOrganizationShowsWhatItsTierEntitlesTo() async throws {
        try await PublicServer.with(.sqlite) { server in
            try await server.edit("UPDATE organizations SET tier = 'professional'")
            let reply = try await server.ask("GET", path(server), as: server.world.acme.owner)
            let found = try #require(try reply.json["entitlements"] as? [String: Any])
            #expect(found["custom_domains"] as? Int == 5)
            #expect((found["calls"] as? [String: Int])?["minute"] == 300)
        }
    }
}

extension Array {
    fileprivate func asyncFilter(
        _ isWanted: (Element) async throws -> Bool
    ) async rethrows -> [Element] {
        var found: [Element] = []
        for element in self where try await isWanted(element) { found.append(element) }
        return found
    }
}
