import Foundation
import Loopback
import Servers
import Testing

/// Members over a socket: ranks, the last owner, and what two requests at once leave behind.
@Suite struct MemberTests {
    private func members(_ server: PublicServer) -> String {
        "/api/v1/organizations/\(server.world.acme.id)/members"
    }

    @Test(arguments: IdentityDatabase.all)
    func nobodyGivesARoleAboveTheirOwn(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, newcomer) = (server.world.acme, server.world.bolt["member"].account)
            for (role, given, status) in [
                ("viewer", "viewer", 404), ("member", "viewer", 403), ("admin", "owner", 403),
                ("admin", "admin", 201),
            ] {
                let body = #"{"principal":"\#(newcomer)","role":"\#(given)"}"#
                let reply = try await server.ask("POST", members(server), as: acme[role], body)
                #expect(reply.status == status, "\(role) makes a \(given): \(reply.body)")
            }
            let again = try await server.ask(
                "POST", members(server), as: acme.owner,
                #"{"principal":"\#(newcomer)","role":"viewer"}"#)
            #expect(again.status == 409)
            #expect(try again.json["code"] as? String == "already_member")
            let nobody = try await server.ask(
                "POST", members(server), as: acme.owner,
                #"{"principal":"usr_nobody","role":"viewer"}"#)
            #expect(nobody.status == 422)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theLastOwnerStays(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let place = "\(members(server))/\(owner.membership)"
            for (method, body) in [("DELETE", nil), ("PATCH", #"{"role":"member"}"#)] {
                let reply = try await server.ask(method, place, as: owner, body)
                #expect(reply.status == 409, "\(method): \(reply.body)")
                #expect(try reply.json["code"] as? String == "last_owner")
            }
            #expect(try await server.ask("GET", place, as: owner).status == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aRoleThatIsTakenAwayIsGoneAtTheNextRequest(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (owner, admin) = (server.world.acme.owner, server.world.acme["admin"])
            let organization = "/api/v1/organizations/\(server.world.acme.id)"
            let body = #"{"name":"Acme"}"#
            #expect(try await server.ask("PATCH", organization, as: admin, body).status == 200)
            let place = "\(members(server))/\(admin.membership)"
            let lowered = try await server.ask("PATCH", place, as: owner, #"{"role":"viewer"}"#)
            #expect(lowered.status == 200)
            #expect(try await server.ask("PATCH", organization, as: admin, body).status == 403)
            #expect(try await server.ask("DELETE", place, as: owner).status == 204)
            #expect(try await server.ask("GET", organization, as: admin).status == 401)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func twoOwnersThatRemoveEachOtherLeaveOne(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            var pair = (server.world.acme.owner, server.world.acme["admin"])
            let members = self.members(server)
            let promotion = #"{"role":"owner"}"#
            for round in 0..<Rounds.count(20) {
                // Whoever is left makes the other one an owner again.
                let current = try await self.owners(server, pair.0, pair.1)
                guard let (left, gone) = current else { continue }
                try await self.restore(gone, by: left, promotion, server)
                // A key dies with the membership that it was good for.
                let back = try await server.withKey(gone, in: server.world.acme.id)
                pair = (left, back)
                let people = try await self.people(server, by: left)
                let a = try #require(people[left.account])
                let b = try #require(people[back.account])
                async let one = server.ask("DELETE", "\(members)/\(b)", as: left)
                async let two = server.ask("DELETE", "\(members)/\(a)", as: back)
                let statuses = try await [one.status, two.status].sorted()
                #expect(statuses[0] == 204, "round \(round): \(statuses)")
                #expect(statuses[1] != 204, "round \(round): both were removed")
            }
        }
    }

    /// Who still is a member, and who is not; `nil` where neither is, which must not be.
    private func owners(
        _ server: PublicServer, _ first: Person, _ second: Person
    ) async throws -> (left: Person, gone: Person)? {
        for (one, other) in [(first, second), (second, first)] {
            let reply = try await server.ask("GET", members(server), as: one)
            if reply.status == 200 { return (one, other) }
        }
        Issue.record("no owner is left")
        return nil
    }

    private func people(
        _ server: PublicServer, by person: Person
    ) async throws -> [String: String] {
        let reply = try await server.ask("GET", members(server), as: person)
        let rows = try #require(try reply.json["data"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: rows.map {
                ($0["principal"] as? String ?? "", $0["id"] as? String ?? "")
            })
    }

    /// Makes somebody an owner, who is a member or not.
    private func restore(
        _ person: Person, by owner: Person, _ promotion: String, _ server: PublicServer
    ) async throws {
        if let membership = try await people(server, by: owner)[person.account] {
            let reply = try await server.ask(
                "PATCH", "\(members(server))/\(membership)", as: owner, promotion)
            #expect(reply.status == 200, "\(reply.body)")
        } else {
            let reply = try await server.ask(
                "POST", members(server), as: owner,
                #"{"principal":"\#(person.account)","role":"owner"}"#)
            #expect(reply.status == 201, "\(reply.body)")
        }
    }
}
