import Foundation
import Loopback
import Servers
import Testing

/// Domains of their own that organizations are served under: shown, routed, looked at again.
@Suite struct DomainTests {
    private func host(_ name: String) -> [String] { ["Host: \(name)"] }

    /// What the host answers to the owner of an organization, and the code of a refusal.
    private func answer(
        _ server: PublicServer, at name: String, to tenant: World.Tenant
    ) async throws -> String {
        let reply = try await server.ask("GET", "/api/v1/me", as: tenant.owner, fields: host(name))
        return "\(reply.status) \(try reply.json["code"] as? String ?? "")"
    }

    @Test(arguments: IdentityDatabase.all)
    func aDomainIsServedOnceItsRecordIsThere(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, name) = (server.world.acme, "login.acme.test")
            let domain = try await server.nameDomain(name, at: acme)
            #expect(domain.place == "_ostiary-challenge.login.acme.test")
            for records in [[], ["something else"], [String(domain.value.dropLast())]] {
                server.names.publish(records, at: domain.place)
                let reply = try await server.verify(domain, at: acme)
                #expect(reply.status == 409, "\(reply.body)")
                #expect(try await answer(server, at: name, to: acme) == "421 unknown_host")
            }
            server.names.publish(["something else", domain.value], at: domain.place)
            let verified = try await server.verify(domain, at: acme)
            #expect(verified.status == 200)
            #expect(try verified.json["state"] as? String == "verified")
            for name in ["login.acme.test", "LOGIN.acme.test.", "login.acme.test:8443"] {
                #expect(try await answer(server, at: name, to: acme) == "200 ")
            }
            #expect(
                try await answer(server, at: name, to: server.world.bolt) == "403 tenant_mismatch")
            #expect(
                try await answer(server, at: "x.\(name)", to: acme) == "421 unknown_host")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aDomainThatIsRemovedIsServedByNoNode(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let domain = try await server.serveDomain("login.acme.test", at: acme)
            try await server.beside { other in
                let before = try await self.answer(other, at: domain.name, to: acme)
                #expect(before == "200 ")
                let place = "\(server.domains(of: acme))/\(domain.id)"
                let removed = try await server.ask("DELETE", place, as: acme.owner)
                #expect(removed.status == 204)
                for node in [server, other] {
                    let after = try await self.answer(node, at: domain.name, to: acme)
                    #expect(after == "421 unknown_host")
                }
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsAnothersIsNotTakenOver(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, bolt, name) = (server.world.acme, server.world.bolt, "shared.test")
            // Both may name it, and both have their record there.
            let first = try await server.nameDomain(name, at: acme)
            let second = try await server.nameDomain(name, at: bolt)
            server.names.publish([first.value, second.value], at: first.place)
            #expect(try await server.verify(first, at: acme).status == 200)
            let taken = try await server.verify(second, at: bolt)
            #expect(taken.status == 409)
            #expect(try taken.json["code"] as? String == "conflict")
            #expect(try await answer(server, at: name, to: acme) == "200 ")
            #expect(try await answer(server, at: name, to: bolt) == "403 tenant_mismatch")
            let place = "\(server.domains(of: acme))/\(first.id)"
            #expect(try await server.ask("DELETE", place, as: acme.owner).status == 204)
            #expect(try await server.verify(second, at: bolt).status == 200)
            #expect(try await answer(server, at: name, to: bolt) == "200 ")
            let again = try await server.ask(
                "POST", server.domains(of: bolt), as: bolt.owner, #"{"name":"Shared.test."}"#)
            #expect(again.status == 409)
        }
    }

    @Test func namesThatAreNobodysAreRefused() async throws {
        try await PublicServer.with(.sqlite) { server in
            try await server.edit("UPDATE organizations SET tier = 'enterprise'")
            let acme = server.world.acme
            for (name, status) in [
                ("localhost", 422), ("192.0.2.1", 422), ("[2001:db8::1]", 422),
                ("2001:db8::1", 422),
                ("acme", 422), ("a..acme.test", 422), (".acme.test", 422), ("münchen.test", 422),
                ("-a.acme.test", 422), ("*.acme.test", 422), ("a_b.acme.test", 422),
                ("a.acme.test:80", 422), ("a/b.acme.test", 422), ("a.b.1", 422),
                (String(repeating: "a.", count: 120) + "test", 422),
                ("example.test", 403), ("acme.example.test", 403), ("a.localhost", 403),
                ("printer.local", 403), ("xn--mnchen-3ya.test", 201), ("WWW.Acme.Test.", 201),
            ] {
                let reply = try await server.ask(
                    "POST", server.domains(of: acme), as: acme.owner, #"{"name":"\#(name)"}"#)
                #expect(reply.status == status, "\(name): \(reply.body)")
            }
        }
    }

    @Test func tiersEntitleToSoMany() async throws {
        try await PublicServer.with(.sqlite) { server in
            let acme = server.world.acme
            func name(_ name: String) async throws -> String {
                let reply = try await server.ask(
                    "POST", server.domains(of: acme), as: acme.owner, #"{"name":"\#(name)"}"#)
                return "\(reply.status) \(try reply.json["code"] as? String ?? "")"
            }
            #expect(try await name("a.test") == "403 tier_required")
            try await server.edit("UPDATE organizations SET tier = 'starter'")
            #expect(try await name("a.test") == "201 ")
            #expect(try await name("b.test") == "403 tier_required")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aRecordThatStaysAwayLosesTheDomain(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let domain = try await server.serveDomain("login.acme.test", at: acme)
            // Name servers that are silent for days, and a record that is gone for some.
            server.names.silence(true)
            try await self.recheck(domain, server, missedForDays: 0)
            _ = try await server.mailbox.mail(to: "owner@acme.test", "could not be verified")
            try await self.recheck(domain, server, missedForDays: 13)
            server.names.silence(false)
            server.names.publish([], at: domain.place)
            try await self.recheck(domain, server, missedForDays: 2)
            #expect(try await answer(server, at: domain.name, to: acme) == "200 ")
            // It comes back, and is all right again.
            server.names.publish([domain.value], at: domain.place)
            try await self.recheck(domain, server, missedForDays: 2)
            server.names.publish([], at: domain.place)
            try await self.recheck(domain, server, missedForDays: 0)
            #expect(try await answer(server, at: domain.name, to: acme) == "200 ")
            try await self.recheck(domain, server, missedForDays: 3)
            #expect(try await answer(server, at: domain.name, to: acme) == "421 unknown_host")
            _ = try await server.mailbox.mail(to: "owner@acme.test", "is served no longer")
            let record = try await server.ask("GET", "/api/v1/audit", as: acme.owner)
            #expect(record.body.contains("domain:lose"))
        }
    }

    /// Lets the worker look again, as if the record had been missed for so long.
    private func recheck(
        _ domain: NamedDomain, _ server: PublicServer, missedForDays days: Int
    ) async throws {
        let place = "\(server.domains(of: server.world.acme))/\(domain.id)"
        let before = try await server.ask("GET", place, as: server.world.acme.owner)
        let missed =
            days == 0
            ? ""
            : """
            missed_since = created_at - \(days) * 86400000000, misses = 3,
            """
        try await server.edit(
            "UPDATE domains SET \(missed) next_check_at = 1 WHERE id = '\(domain.id)'")
        for _ in 0..<500 {
            let reply = try await server.ask("GET", place, as: server.world.acme.owner)
            if reply.field("etag") != before.field("etag") { return }
        }
        throw ServerFault(message: "nobody looks again at \(domain.name)")
    }
}
