import Foundation
import Identity
import Loopback
import Server
import Servers
import Storage
import Testing

/// From a session at the issuer's host to one at an organization's.
@Suite struct HandoverTests {
    static let site = "acme.example.test"

    @Test(arguments: IdentityDatabase.all)
    func whoIsSignedInGoesOnToTheOrganization(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let person = Person(server)
            try await person.signIn(server)
            let page = try await person.begin("?return_to=%2Freports%3Fyear%3D2026")
            let shown = try await person.issuer.open(page)
            #expect(shown.status == 200)
            #expect(shown.body.contains("acme.example.test, a page of acme, as member@acme.test"))
            let policy = try #require(shown.field("content-security-policy"))
            let targets = "http://localhost:8080 http://acme.example.test:8080"
            #expect(policy.contains("form-action 'self' \(targets);"))
            let reply = try await person.finish(try await person.confirm(page))
            #expect(reply.status == 303, "\(reply.body)")
            #expect(reply.field("location") == "/reports?year=2026")
            let me = try await person.there.call("GET", "/api/v1/me").json
            let organization = try #require(me["organization"] as? [String: Any])
            #expect(organization["id"] as? String == server.world.acme.id)
            let page2 = try await person.there.open("/session")
            #expect(page2.body.contains("At acme, as member of acme"))
        }
    }

    /// The session there is as old as the one it comes from, and no longer good than it.
    @Test(arguments: IdentityDatabase.all)
    func nothingIsFresherThere(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let person = Person(server)
            try await person.signIn(server)
            try await server.edit(
                "UPDATE sessions SET signed_in_at = 7, expires_at = expires_at - 90000000")
            try await person.come()
            let found = try await server.database.read(
                in: .system,
                [
                    Statement("SELECT site, signed_in_at, expires_at FROM sessions"),
                    Statement("SELECT method FROM session_evidence"),
                ])
            #expect(try found[0].map { try $0.integer("signed_in_at") } == [7, 7])
            #expect(Set(try found[0].map { try $0.integer("expires_at") }).count == 1)
            #expect(try found[0].compactMap { try $0.text(orNull: "site") } == [Self.site])
            #expect(try found[1].map { try $0.text("method") } == ["mail", "mail"])
        }
    }

    @Test func passwordsAreTypedAtTheIssuersHostAlone() async throws {
        try await PublicServer.with(.sqlite) { server in
            let host = ["Host: \(Self.site)"]
            for (path, body) in [
                ("/api/v1/auth/sign-in", #"{"email":"a@acme.test","password":"guess"}"#),
                ("/api/v1/auth/sign-up", #"{"email":"a@acme.test","display_name":"A"}"#),
                ("/api/v1/auth/magic-link", #"{"email":"member@acme.test"}"#),
                ("/api/v1/auth/password/forgotten", #"{"email":"member@acme.test"}"#),
            ] {
                let reply = try await server.ask("POST", path, body, fields: host)
                #expect(reply.status == 403, "\(path) \(reply.body)")
                #expect(reply.body.contains("this is done at http://localhost:8080"))
            }
            for path in ["/sign-up", "/account", "/forgotten-password", "/sign-in/mail", "/reset"] {
                let reply = try await server.ask("GET", "\(path)?", fields: host)
                #expect(reply.status == 303, "\(path) \(reply.body)")
                #expect(reply.field("location") == "http://localhost:8080\(path)?")
            }
            let there = Browser(server, at: Self.site)
            let token = try await there.formToken("/sign-in/finish?code=x")
            let reply = try await there.send(
                "/sign-in", "email=a%40acme.test&password=guess&form_token=\(token)",
                [there.origin])
            #expect(reply.status == 403)
        }
    }

    @Test func aCodeIsGoodOnceInItsBrowserForAMinute() async throws {
        try await PublicServer.with(.sqlite) { server in
            let (ada, eve) = (Person(server), Person(server))
            try await ada.signIn(server)
            // Who was made to confirm what somebody else has begun brings that one nothing.
            let evesPage = try await eve.begin()
            let code = try await ada.confirm(evesPage)
            _ = try await ada.begin()
            #expect(try await ada.finish(code).status == 401)
            // The code was spent with it.
            #expect(try await eve.finish(code).status == 401)
            let own = try await ada.confirm(try await ada.begin())
            #expect(try await ada.finish(own).status == 303)
            #expect(try await ada.finish(own).status == 401)
            let late = try await ada.confirm(try await ada.begin())
            try await server.edit("UPDATE sessions SET revoked_at = 1 WHERE site IS NULL")
            #expect(try await ada.finish(late).status == 401)
        }
    }

    @Test func aCodeOfOneHostIsNoneOfAnother() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = Person(server)
            try await ada.signIn(server)
            let code = try await ada.confirm(try await ada.begin())
            let bolt = Browser(server, at: "bolt.example.test")
            bolt["ostiary_attempt"] = ada.there["ostiary_attempt"]
            let value = code.drop { $0 != "=" }.dropFirst()
            let reply = try await bolt.submit(code, "code=\(value)", to: "/sign-in/finish")
            #expect(reply.status == 401)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func strangersStayOutside(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let eve = Person(server)
            try await eve.signIn(server, "member@bolt.test")
            let page = try await eve.issuer.open(try await eve.begin())
            #expect(page.status == 403)
            #expect(page.body.contains("no active member of the organization"))
            // An attempt at one organization's host is none at another's.
            let attempt = try await eve.begin().firstMatch(of: /attempt=(att_\w+)/)?.1 ?? ""
            let mixed = try await eve.issuer.open(
                "/sign-in/organization?attempt=\(attempt)&organization=\(server.world.bolt.id)")
            #expect(mixed.status == 400)
            // Nobody is asked to sign in, and comes back.
            let nobody = Person(server)
            let asked = try await nobody.issuer.open(try await nobody.begin())
            #expect(asked.status == 303)
            let place = try #require(asked.field("location"))
            #expect(place.hasPrefix("/sign-in?return_to=/sign%2din/organization%3fattempt"))
        }
    }

    /// Membership is looked at again when the code is brought.
    @Test func whoIsNoMemberAnyMoreGetsNothing() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = Person(server)
            try await ada.signIn(server)
            let code = try await ada.confirm(try await ada.begin())
            try await server.edit("UPDATE memberships SET status = 'suspended'")
            let reply = try await ada.finish(code)
            #expect(reply.status == 403, "\(reply.body)")
            #expect(ada.there["ostiary_session"] == nil)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatWasHandedOverEndsWithWhatItComesFrom(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = Person(server)
            try await ada.signIn(server)
            try await ada.come()
            let list = try await ada.issuer.call("GET", "/api/v1/me/sessions").json
            let sites = (list["data"] as? [[String: Any]] ?? []).map { $0["site"] as? String }
            #expect(sites.count == 2 && sites.contains(Self.site), "\(list)")
            _ = try await ada.issuer.call("POST", "/api/v1/auth/sign-out")
            #expect(try await ada.there.call("GET", "/api/v1/me").status == 401)
        }
    }

    /// The session at the issuer's host becomes another one when somebody shows again who they are.
    @Test func steppingUpKeepsIt() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp("ada@example.com")
            let me = try await server.signIn("ada@example.com")
            try await server.join(try SignedIn(me).account, server.world.acme.id)
            let ada = Person(server)
            _ = try await ada.issuer.submit(
                "/sign-in", "email=ada%40example.com&password=\(Self.password)")
            try await ada.come()
            let stepped = try await ada.issuer.submit("/step-up", "password=\(Self.password)")
            #expect(stepped.status == 303)
            #expect(try await ada.there.call("GET", "/api/v1/me").status == 200)
            _ = try await ada.issuer.call("POST", "/api/v1/auth/sign-out")
            #expect(try await ada.there.call("GET", "/api/v1/me").status == 401)
        }
    }

    private static let password = PublicServer.password.replacing(" ", with: "+")

    /// What was signed in at the organization's host does there what members do, and no more.
    @Test func theSessionThereIsOfTheOrganization() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = Person(server)
            try await ada.signIn(server)
            try await ada.come()
            let (acme, bolt) = (server.world.acme.id, server.world.bolt.id)
            let members = "/api/v1/organizations/\(acme)/members"
            #expect(try await ada.there.call("GET", members).status == 200)
            let foreign = "/api/v1/organizations/\(bolt)/members"
            #expect(try await ada.there.call("GET", foreign).status == 404)
            for (method, path) in [
                ("GET", "/api/v1/me/sessions"), ("GET", "/api/v1/me/export"),
                ("GET", "/api/v1/me/addresses"), ("POST", "/api/v1/me/sessions/revoke"),
            ] {
                let body = method == "POST" ? #"{"which":"all"}"# : nil
                let fields =
                    [ada.there.origin] + (body == nil ? [] : ["Content-Type: application/json"])
                let reply = try await ada.there.call(method, path, body, fields: fields)
                #expect(reply.status == 403, "\(path) \(reply.body)")
            }
            // A page of another host, or of the issuer's, sends nothing there.
            for origin in [Browser.origin, "Origin: http://bolt.example.test:8080"] {
                let reply = try await ada.there.call(
                    "POST", "/api/v1/auth/sign-out", fields: [origin])
                #expect(reply.status == 403, "\(reply.body)")
            }
            let left = try await ada.there.submit("/session", "", to: "/sign-out")
            #expect(left.status == 303)
            #expect(try await ada.there.call("GET", "/api/v1/me").status == 401)
            #expect(try await ada.issuer.call("GET", "/api/v1/me").status == 200)
        }
    }

    /// As in production: an issuer of its own name, without a port.
    @Test func hostsAreAskedAsTheIssuerIs() async throws {
        let secure: @Sendable (inout PublicOptions) -> Void = { options in
            options.issuer = Issuer("https://id.example.test") ?? .development
        }
        try await PublicServer.with(.sqlite, changing: secure) { server in
            let (acme, host) = (server.world.acme, "Host: \(Self.site)")
            let begun = try await server.ask("GET", "/sign-in", fields: [host])
            let place = try #require(begun.field("location"))
            #expect(place.hasPrefix("https://id.example.test/sign-in/organization?attempt=att_"))
            let cookie = try #require(begun.field("set-cookie"))
            #expect(cookie.hasPrefix("__Host-ostiary_attempt=osa_"))
            #expect(cookie.contains("; Secure"))
            let session = try await server.cookie(of: acme.owner.account, at: (acme.id, Self.site))
            let shown = session.fields.map {
                $0.replacing("ostiary_session", with: "__Host-ostiary_session")
            }.filter { $0.hasPrefix("Cookie:") }
            for (origin, status) in [
                ("https://id.example.test", 403), ("http://\(Self.site)", 403),
                ("https://bolt.example.test", 403), ("https://\(Self.site)", 204),
            ] {
                let reply = try await server.ask(
                    "POST", "/api/v1/auth/sign-out",
                    fields: shown + [host, "Origin: \(origin)"])
                #expect(reply.status == status, "\(origin) \(reply.body)")
            }
        }
    }

    @Test func aDomainOfTheirOwnIsAHostLikeOthers() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.serveDomain("login.acme.test", at: server.world.acme)
            let ada = Person(server, at: "login.acme.test")
            try await ada.signIn(server)
            try await ada.come()
            #expect(try await ada.there.call("GET", "/api/v1/me").status == 200)
            try await server.edit(
                "UPDATE domains SET state = 'lost', next_check_at = NULL, expires_at = 9")
            #expect(try await ada.there.call("GET", "/api/v1/me").status == 421)
        }
    }

    /// That gives the session at the end of the way: a code is good once, and soon no more.
    static let rule = "session_handed_over"

    @Test func withoutItsRuleNothingIsHandedOver() async throws {
        try await EditedPolicy.with { policy in
            try await PublicServer.with(.sqlite, policies: policy.folder) { server in
                let ada = Person(server)
                try await ada.signIn(server)
                let whole = try await EditedPolicy.revision(server)
                let rule = try #require(
                    try PolicyRule.permits(in: try policy.modules).first { $0.name == Self.rule })
                try policy.write(rule.moduleWithout, to: rule.module)
                try await EditedPolicy.wait(server) { $0["policy_revision"] as? String != whole }
                let code = try await ada.confirm(try await ada.begin())
                #expect(try await ada.finish(code).status == 401)
            }
        }
    }
}
