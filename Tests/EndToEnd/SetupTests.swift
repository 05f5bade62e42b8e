import Identity
import Loopback
import Outbound
import RegoMachine
import Server
import Servers
import Storage
import Testing

/// The first administrator, by the link that a new installation prints.
@Suite struct SetupTests {
    private static let origin = "Origin: \(Issuer.development.text)"
    private static let formType = "Content-Type: application/x-www-form-urlencoded"

    /// A server that nobody administers, and the secret of its link.
    private func unset(
        _ backend: IdentityDatabase, for address: String? = nil, policies: String? = nil,
        _ body: @escaping @Sendable (PublicServer, String) async throws -> Void
    ) async throws {
        try await PublicServer.with(backend, policies: policies) { server in
            let links = SetupLinks(RegoMachine.Host.system)
            let link = try await server.database.transaction(in: .system) { transaction in
                try await transaction.execute(Statement("DELETE FROM platform_roles"))
                if let address { return try await links.link(for: address, in: transaction) }
                let offer = try await links.offerAtStart(in: transaction)
                return if case .link(let link) = offer { link } else { nil }
            }
            try await body(server, try #require(link).secret)
        }
    }

    private static func json(
        _ secret: String, email: String = "ada@example.com", slug: String = "engines"
    ) -> String {
        """
        {"secret":"\(secret)","display_name":"Ada","email":"\(email)",
        "organization_name":"Engines","organization_slug":"\(slug)"}
        """
    }

    private static func form(_ secret: String, name: String = "Ada", slug: String) -> String {
        "secret=\(secret)&display_name=\(name)&email=ada%40example.com"
            + "&organization_name=Engines&organization_slug=\(slug)"
    }

    @Test(arguments: IdentityDatabase.all)
    func theLinkMakesOneAdministrator(_ backend: IdentityDatabase) async throws {
        try await unset(backend) { server, secret in
            let path = "/api/v1/setup"
            let guess = String(repeating: "0", count: 40)
            #expect(try await server.ask("POST", path, Self.json(guess)).status == 401)
            let made = try await server.ask("POST", path, Self.json(secret))
            #expect(made.status == 201, "\(made.body)")
            let key = try #require(try made.json["api_key"] as? String)
            let me = try await server.ask(
                "GET", "/api/v1/me", fields: ["Authorization: Bearer \(key)"])
            #expect(me.body.contains(#""platform_roles":["administrator"]"#), "\(me.body)")
            #expect(me.body.contains(#""name":"Engines""#))
            let again = try await server.ask(
                "POST", path, Self.json(secret, email: "eve@example.com", slug: "other"))
            #expect(again.status == 401)
            let decision = try #require(made.field("x-decision-id"))
            let kept = try await server.ask(
                "GET", "/api/v1/decisions/\(decision)", fields: ["Authorization: Bearer \(key)"])
            #expect(kept.status == 200)
            #expect(!kept.body.contains(secret) && kept.body.contains("link_completes_setup"))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func ofManyAtOnceOneIsTheFirst(_ backend: IdentityDatabase) async throws {
        try await unset(backend) { server, secret in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let body = Self.json(
                            secret, email: "a\(number)@example.com", slug: "s\(number)")
                        return try await server.ask("POST", "/api/v1/setup", body).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [201] + [Int](repeating: 401, count: 7))
        }
    }

    @Test func aLinkForAnAddressIsForNoOther() async throws {
        try await unset(.sqlite, for: "grace@example.com") { server, secret in
            let other = try await server.ask("POST", "/api/v1/setup", Self.json(secret))
            #expect(other.status == 422)
            let same = try await server.ask(
                "POST", "/api/v1/setup", Self.json(secret, email: "Grace@example.com"))
            #expect(same.status == 201)
        }
    }

    @Test func aKeyCompletesNoSetup() async throws {
        try await unset(.sqlite) { server, secret in
            let reply = try await server.ask(
                "POST", "/api/v1/setup", as: server.world.acme.owner, Self.json(secret))
            #expect(reply.status == 403)
        }
    }

    @Test func withoutItsRuleNobodySetsUp() async throws {
        try await EditedPolicy.with { policy in
            let rules = try PolicyRule.permits(in: policy.modules)
            let rule = try #require(rules.first { $0.name == "link_completes_setup" })
            try await unset(.sqlite, policies: policy.folder) { server, secret in
                let whole = try await EditedPolicy.revision(server)
                try policy.write(rule.moduleWithout, to: rule.module)
                try await EditedPolicy.wait(server) { $0["policy_revision"] as? String != whole }
                let reply = try await server.ask("POST", "/api/v1/setup", Self.json(secret))
                #expect(reply.status == 401)
            }
        }
    }

    @Test func thePageTakesWhatTheAPITakes() async throws {
        try await unset(.sqlite) { server, secret in
            let page = try await server.ask("GET", "/setup")
            #expect(page.status == 200)
            #expect(page.field("content-type") == "text/html; charset=utf-8")
            let policy = page.field("content-security-policy") ?? ""
            #expect(policy.contains("script-src 'self'") && !policy.contains("unsafe"))
            #expect(page.body.contains(#"<form method="post" action="/setup">"#))
            let script = try await server.ask("GET", "/assets/pages.js")
            #expect(script.field("content-type")?.hasPrefix("text/javascript") == true)
            #expect(try await server.ask("GET", "/assets/other.js").status == 404)

            let form = Self.form(secret, slug: "engines")
            for fields in [[], ["Origin: https://evil.test"], ["Origin: null"]] {
                let forged = try await server.ask(
                    "POST", "/setup", form, fields: fields + [Self.formType])
                #expect(forged.status == 403, "\(fields)")
                #expect(forged.field("content-type")?.hasPrefix("text/html") == true)
            }
            let json = try await server.ask(
                "POST", "/setup", Self.json(secret), fields: [Self.origin])
            #expect(json.status == 415)
            let untied = try await server.ask(
                "POST", "/setup", form, fields: [Self.origin, Self.formType])
            #expect(untied.status == 403)
            let sent = try await Browser(server).submit("/setup", form)
            #expect(sent.status == 201, "\(sent.body)")
            #expect(sent.body.contains("osk_"))
        }
    }

    @Test func whatIsWrongStandsAtItsField() async throws {
        try await unset(.sqlite) { server, secret in
            let browser = Browser(server)
            let wrong = try await browser.submit(
                "/setup", Self.form(secret, name: "%3Cscript%3E%22", slug: "www"))
            #expect(wrong.status == 422)
            #expect(wrong.body.contains(#"value="&lt;script&gt;&quot;""#), "\(wrong.body)")
            #expect(wrong.body.contains(#"id="organization_slug-fault""#))
            let unknown = try await browser.submit("/setup", Self.form("0", slug: "engines"))
            #expect(unknown.status == 401)
            #expect(unknown.body.contains("This code is not valid"))
            // Nothing of it has used the link up.
            let sent = try await browser.submit("/setup", Self.form(secret, slug: "engines"))
            #expect(sent.status == 201)
        }
    }
}
