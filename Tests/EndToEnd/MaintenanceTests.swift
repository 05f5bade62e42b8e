import Foundation
import Identity
import Loopback
import Servers
import Storage
import Testing

/// Maintenance of the installation: whom it keeps out, whom it does not, and what they are told.
@Suite struct MaintenanceTests {
    private func status(
        _ server: PublicServer, _ target: String = "/api/v1/me", as person: Person? = nil
    ) async throws -> Int {
        try await server.ask("GET", target, as: person).status
    }

    @Test(arguments: IdentityDatabase.all)
    func allButAdministratorsAreToldWhyAndWhenToComeAgain(
        _ backend: IdentityDatabase
    ) async throws {
        try await PublicServer.with(backend) { server in
            let (owner, ada) = (
                server.world.acme.owner, try await server.signUp("ada@example.com")
            )
            let begun = try await server.begin()
            #expect(begun.status == 200, "\(begun.body)")
            let signUp = #"{"email":"zoe@example.com","display_name":"Zoe"}"#
            let replies = [
                try await server.ask("GET", "/api/v1/me", as: owner),
                try await server.ask("GET", "/api/v1/me", fields: ada.bearer),
                try await server.ask("GET", "/api/v1/me"),
                try await server.ask("POST", "/api/v1/auth/sign-up", signUp),
                try await server.ask(
                    "POST", "/api/v1/organizations/\(server.world.acme.id)/keys", as: owner,
                    #"{"name":"k","scopes":["*"]}"#),
            ]
            for reply in replies {
                #expect(reply.status == 503, "\(reply.body)")
                #expect(try reply.json["code"] as? String == "maintenance")
                #expect(try reply.json["detail"] as? String == "Back at ten.")
                #expect(reply.field("retry-after") == "60")
                #expect(reply.field("content-type") == "application/problem+json")
            }
            let refreshed = try await server.refresh(ada.refresh)
            #expect(refreshed.status == 503)
            #expect(try refreshed.json["error"] as? String == "temporarily_unavailable")
            let passedOn = try await server.ask("GET", "/v1/data/nothing", as: owner)
            #expect(passedOn.status == 503)

            #expect(try await server.endMaintenance().status == 204)
            #expect(try await status(server, as: owner) == 200)
            // The refresh token that was shown meanwhile is as good as before.
            #expect(try await server.refresh(ada.refresh).status == 200)
        }
    }

    @Test func whatTellsOfTheServerGoesOnAndSoDoAdministrators() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.begin()
            for target in [
                "/livez", "/readyz", "/healthz", "/.well-known/jwks.json", "/openapi.json", "/docs",
                "/assets/pages.css", "/sign-in", "/sign-in/mail", "/magic-link",
            ] { #expect(try await status(server, target) == 200, "\(target)") }
            let administrator = server.world.administrator
            #expect(try await status(server, as: administrator) == 200)
            #expect(try await status(server, "/api/v1/organizations", as: administrator) == 200)
            // Services that ask for decisions do so at another listener.
            let decision = try await server.decisions.ask(
                "POST", "/v1/data/nothing", "{}", fields: ["Content-Type: application/json"])
            #expect(decision.status == 200)
        }
    }

    @Test func aPageSaysWhyThereIsNoOther() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.begin(maintenance: "Back <soon>.")
            for target in ["/account", "/", "/sign-up", "/forgotten-password"] {
                let page = try await server.ask("GET", target)
                #expect(page.status == 503 && page.field("retry-after") == "60", "\(target)")
                #expect(page.field("content-type")?.hasPrefix("text/html") == true)
                #expect(page.body.contains("The service is under maintenance"))
                #expect(page.body.contains("Back &lt;soon&gt;."))
                #expect(page.body.contains("Try again in a minute."))
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func administratorsComeInAndOthersLearnThatTheyCannot(
        _ backend: IdentityDatabase
    ) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp("ada@example.com")
            let root = try await server.signUp("root@example.com")
            try await server.change(
                Statement(
                    "INSERT INTO platform_roles VALUES ($1, 'administrator', 0)",
                    [.text(root.account)]))
            _ = try await server.begin()
            let refused = try await server.signIn("ada@example.com")
            #expect(refused.status == 503, "\(refused.body)")
            #expect(try refused.json["detail"] as? String == "Back at ten.")
            #expect(refused.field("retry-after") == "60")
            // Who has shown nothing cannot tell the one from the other.
            for address in ["ada@example.com", "root@example.com", "nobody@example.com"] {
                let wrong = try await server.signIn(address, password: "not the one at all")
                #expect(wrong.status == 401)
            }
            let came = try SignedIn(try await server.signIn("root@example.com"))
            #expect(try await server.refresh(came.refresh).status == 200)
            let byMail = try await server.comeByMail("owner@operations.test")
            let reply = try await server.ask("GET", "/api/v1/me", fields: byMail.bearer)
            #expect(reply.status == 200)
            #expect(try await server.ask("GET", "/api/v1/me", fields: ada.bearer).status == 503)
        }
    }

    @Test func administratorsAloneBeginItAfterAFreshSignIn() async throws {
        try await PublicServer.with(.sqlite) { server in
            let body = #"{"message":"Back at ten.","reason":"disks"}"#
            let byKey = try await server.ask(
                "PUT", PublicServer.maintenance, as: server.world.administrator, body)
            #expect(try byKey.json["code"] as? String == "step_up_required")
            let owner = try await server.cookie(of: server.world.acme.owner.account)
            let byOwner = try await server.ask(
                "PUT", PublicServer.maintenance, body, fields: owner.fields)
            #expect(byOwner.status == 404)
            let past = try await server.begin(endsAt: "2020-01-01T00:00:00Z")
            #expect(past.status == 422 && past.body.contains("ends_at"))
            let fresh = try await server.cookie(of: server.world.administrator.account)
            for body in [#"{"message":"Back."}"#, #"{"message":"Back.","reason":""}"#] {
                let unreasoned = try await server.ask(
                    "PUT", PublicServer.maintenance, body, fields: fresh.fields)
                #expect(unreasoned.status == 422)
            }
            #expect(try await status(server, as: server.world.acme.owner) == 200)
        }
    }

    @Test func itEndsByItselfAndIsInTheRecord() async throws {
        try await PublicServer.leaving(.sqlite) { server in
            let owner = server.world.acme.owner
            let end = Date.now.addingTimeInterval(3_600).formatted(.iso8601)
            let begun = try await server.begin(endsAt: end)
            #expect(try begun.json["ends_at"] as? String == end.replacing("Z", with: ".000000Z"))
            #expect(try begun.json["started_by"] as? String == server.world.administrator.account)
            let kept = try await server.ask("GET", "/api/v1/me", as: owner)
            let seconds = try #require(kept.field("retry-after").flatMap { Int($0) })
            #expect((3_500...3_600).contains(seconds))
            try await server.edit("UPDATE maintenance SET ends_at = 1, version = version + 1")
            var status = 503
            for _ in 0..<100 where status == 503 {
                status = try await self.status(server, as: owner)
                if status == 503 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(status == 200)
            let told = try await server.ask(
                "GET", PublicServer.maintenance, as: server.world.administrator)
            #expect(told.body == #"{"on":false}"#)
            #expect(try await server.endMaintenance().status == 204)
        } look: { database in
            let rows = try await database.read(
                in: .system,
                [
                    Statement(
                        """
                        SELECT action, details FROM audit_entries
                        WHERE action LIKE 'maintenance:%' AND outcome = 'allowed'
                        ORDER BY occurred_at
                        """)
                ])[0]
            let actions = try rows.map { try $0.text("action") }
            #expect(actions == ["maintenance:start", "maintenance:stop"])
            #expect(try rows.first?.text("details").contains(#""reason":"disks""#) == true)
            #expect(try rows.last?.text("details").contains(#""reason":"done""#) == true)
        }
    }

    /// Whom it lets through is said in one place.
    @Test func withoutItsRuleAdministratorsAreKeptOutToo() async throws {
        try await EditedPolicy.with { policy in
            try await PublicServer.with(.sqlite, policies: policy.folder) { server in
                _ = try await server.begin()
                let administrator = server.world.administrator
                #expect(try await status(server, as: administrator) == 200)
                let before = try await EditedPolicy.revision(server)
                let text = try policy.text("downtime.rego")
                let rule = "passes if subject.is_administrator\n"
                #expect(text.contains(rule))
                try policy.write(
                    text.replacing(rule, with: "passes if false\n"), to: "downtime.rego")
                try await EditedPolicy.wait(server) {
                    $0["policy_revision"] as? String != before
                }
                #expect(try await status(server, as: administrator) == 503)
            }
        }
    }
}
