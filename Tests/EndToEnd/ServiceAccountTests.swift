import Foundation
import Loopback
import Servers
import Storage
import Testing

/// Service accounts over a socket: programs with a role and keys of their own.
@Suite struct ServiceAccountTests {
    private func machines(_ server: PublicServer) -> String {
        "/api/v1/organizations/\(server.world.acme.id)/service-accounts"
    }

    @Test(arguments: IdentityDatabase.all)
    func nobodyMakesOneWithARoleAboveTheirOwn(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            for (role, given, status) in [
                ("viewer", "viewer", 404), ("member", "viewer", 404), ("admin", "owner", 403),
                ("owner", "owner", 403), ("admin", "admin", 201), ("owner", "nobody", 403),
            ] {
                let body = #"{"name":"by \#(role)","role":"\#(given)"}"#
                let reply = try await server.ask("POST", machines(server), as: acme[role], body)
                #expect(reply.status == status, "\(role) makes a \(given): \(reply.body)")
            }
            let again = try await server.ask(
                "POST", machines(server), as: acme.owner, #"{"name":"by admin","role":"viewer"}"#)
            #expect(again.status == 409, "\(again.body)")
            let members = try await server.ask(
                "GET", "/api/v1/organizations/\(acme.id)/members", as: acme.owner)
            #expect(members.body.contains(#""kind":"service""#))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itActsWithTheRoleOfItsMembership(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, owner) = (server.world.acme, server.world.acme.owner)
            let machine = try await server.makeServiceAccount(role: "viewer")
            let key = try await server.makeKey(as: owner, for: machine)
            let me = try await server.ask("GET", "/api/v1/me", as: key.person)
            #expect(try me.json["id"] as? String == machine)
            #expect(try me.json["kind"] as? String == "service")
            let members = "/api/v1/organizations/\(acme.id)/members"
            #expect(try await server.ask("GET", members, as: key.person).status == 404)
            let place = try await server.ask("GET", "\(machines(server))/\(machine)", as: owner)
            let membership = try #require(try place.json["membership"] as? String)
            let raised = try await server.ask(
                "PATCH", "\(members)/\(membership)", as: owner, #"{"role":"member"}"#)
            #expect(raised.status == 200)
            #expect(try await server.ask("GET", members, as: key.person).status == 200)
            let owning = try await server.ask(
                "PATCH", "\(members)/\(membership)", as: owner, #"{"role":"owner"}"#)
            #expect(owning.status == 403, "\(owning.body)")
            #expect(owning.body.contains("cannot be an owner"))
            let elsewhere = try await server.ask(
                "GET", "/api/v1/organizations/\(server.world.bolt.id)", as: key.person)
            #expect(elsewhere.status == 404)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itBelongsToOneOrganization(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let machine = try await server.makeServiceAccount(role: "viewer")
            let theirs = "/api/v1/organizations/\(bolt.id)"
            let added = try await server.ask(
                "POST", "\(theirs)/members", as: bolt.owner,
                #"{"principal":"\#(machine)","role":"viewer"}"#)
            #expect(added.status == 422, "\(added.body)")
            for base in [machines(server), "\(theirs)/service-accounts"] {
                for (method, body) in [
                    ("GET", nil), ("PATCH", #"{"name":"x"}"#), ("DELETE", nil),
                ] {
                    let reply = try await server.ask(
                        method, "\(base)/\(machine)", as: bolt.owner, body)
                    #expect(reply.status == 404, "\(method) \(base)")
                }
            }
            let list = try await server.ask(
                "GET", "\(theirs)/service-accounts", as: bolt.owner)
            #expect(list.status == 200 && !list.body.contains(machine))
            let own = try await server.ask("GET", machines(server), as: acme["admin"])
            #expect(own.body.contains(machine))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itsKeysAreRefusedWhileItIsSuspended(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let machine = try await server.makeServiceAccount(role: "member")
            let key = try await server.makeKey(as: owner, for: machine)
            let path = "\(machines(server))/\(machine)"
            #expect(try await server.status(of: key) == 200)
            for (status, answer) in [("suspended", 404), ("active", 200)] {
                let reply = try await server.ask(
                    "PATCH", path, as: owner, #"{"status":"\#(status)"}"#)
                #expect(try reply.json["status"] as? String == status)
                #expect(try await server.status(of: key) == answer, "\(status)")
                #expect(
                    try await server.ask("GET", "/api/v1/me", as: key.person).status == answer)
            }
            #expect(
                try await server.ask("PATCH", path, as: owner, #"{"status":"deleted"}"#).status
                    == 422)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itsKeysAreDeadOnceItIsRemoved(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, owner) = (server.world.acme, server.world.acme.owner)
            let machine = try await server.makeServiceAccount(role: "member")
            let made = try await server.makeKey(as: owner, for: machine)
            let path = "\(machines(server))/\(machine)"
            #expect(try await server.ask("DELETE", path, as: acme["viewer"]).status == 404)
            #expect(try await server.ask("DELETE", path, as: acme["admin"]).status == 204)
            #expect(try await server.status(of: made) == 401)
            #expect(try await server.ask("GET", path, as: owner).status == 404)
            let key = try await server.askForKey(as: owner, scopes: ["*"], for: machine)
            #expect(key.status == 404)
            let back = try await server.ask(
                "POST", "/api/v1/organizations/\(acme.id)/members", as: owner,
                #"{"principal":"\#(machine)","role":"member"}"#)
            #expect(back.status == 422)
            let entries = try await server.ask(
                "GET", "/api/v1/audit?action=service_account:delete&outcome=allowed", as: owner)
            #expect(entries.body.contains(#""keys_revoked":1"#), "\(entries.body)")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itsKeysAreForThoseWhoOutrankIt(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let machine = try await server.makeServiceAccount(role: "admin")
            let key = try await server.makeKey(as: acme["admin"], for: machine)
            let path = "\(server.keys)/\(key.id)"
            for (person, status) in [(acme["member"], 404), (acme["admin"], 200)] {
                let reply = try await server.ask("POST", "\(path)/rotate", as: person, "{}")
                #expect(reply.status == status, "\(reply.body)")
            }
            let asked = try await server.askForKey(as: acme["member"], scopes: ["*"], for: machine)
            #expect(asked.status == 404 || asked.status == 403)
            // By a key of its own it makes others, where a scope says so.
            let maker = try await server.makeKey(
                as: acme.owner, scopes: ["key:create", "member:read"], for: machine)
            let made = try await server.makeKey(as: maker.person, scopes: ["member:read"])
            let read = try await server.ask("GET", "\(server.keys)/\(made.id)", as: acme.owner)
            #expect(try read.json["principal"] as? String == machine)
        }
    }
}
