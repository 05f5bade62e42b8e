import Foundation
import Loopback
import Servers
import Testing

/// What administrators do by the bypass, and what by a rule of its own: without the one rule of
/// `bypass.rego` exactly the former is refused.
@Suite struct LostBypassTests {
    private struct Ask {
        let method: String
        let target: String
        var body: String?
        /// Whether nothing but the bypass lets an administrator do it.
        let needsBypass: Bool
    }

    private static func asks(_ server: PublicServer) -> [Ask] {
        let (world, reason) = (server.world, #"{"reason":"case 4711"}"#)
        let acme = "\(PublicServer.organizations)/\(world.acme.id)"
        let own = "/api/v1/organizations/\(world.acme.id)"
        let account = "\(PublicServer.accounts)/\(world.bolt["viewer"].account)"
        func ask(_ method: String, _ target: String, _ body: String? = nil, bypass: Bool) -> Ask {
            Ask(method: method, target: target, body: body, needsBypass: bypass)
        }
        return [
            ask("GET", acme, bypass: true),
            ask("POST", "\(acme)/suspend", reason, bypass: true),
            ask("POST", "\(acme)/reactivate", reason, bypass: true),
            ask("PUT", "\(acme)/tier", #"{"tier":"starter","reason":"paid"}"#, bypass: true),
            ask("GET", "\(acme)/usage", bypass: true),
            ask("GET", own, bypass: true), ask("GET", "\(own)/usage", bypass: true),
            ask("GET", "\(own)/members", bypass: true),
            ask("GET", "\(own)/keys", bypass: true),
            ask("GET", "\(own)/service-accounts", bypass: true),
            ask("PATCH", own, #"{"name":"Acme"}"#, bypass: true),
            ask("GET", PublicServer.organizations, bypass: false),
            ask("GET", "/api/v1/organizations", bypass: false),
            ask("GET", PublicServer.accounts, bypass: false),
            ask("GET", account, bypass: false),
            ask("GET", "\(account)/sessions", bypass: false),
            ask("POST", "\(account)/suspend", reason, bypass: false),
            ask("POST", "\(account)/reactivate", reason, bypass: false),
            ask("POST", "\(account)/unlock", reason, bypass: false),
            ask("POST", "\(account)/sessions/revoke", reason, bypass: false),
            ask("GET", PublicServer.maintenance, bypass: false),
            ask(
                "PUT", PublicServer.maintenance, #"{"message":"Soon.","reason":"disks"}"#,
                bypass: false),
            ask("DELETE", PublicServer.maintenance, reason, bypass: false),
        ]
    }

    @Test func exactlyWhatIsDoneInOrganizationsNeedsIt() async throws {
        try await EditedPolicy.with { policy in
            try await PublicServer.with(.sqlite, policies: policy.folder) { server in
                let asks = Self.asks(server)
                let known = Set(asks.map { "\($0.method) \($0.target)" })
                #expect(known.count == asks.count)
                try await expect(asks, server) { _ in true }
                let rules = try PolicyRule.permits(in: ["bypass.rego": policy.text("bypass.rego")])
                #expect(rules.map(\.name) == ["admin_bypass"])
                let before = try await EditedPolicy.revision(server)
                try policy.write(
                    try #require(rules.first).moduleWithout, to: "bypass.rego")
                try await EditedPolicy.wait(server) {
                    $0["policy_revision"] as? String != before
                }
                try await expect(asks, server) { !$0.needsBypass }
            }
        }
    }

    private func expect(
        _ asks: [Ask], _ server: PublicServer, allowed: (Ask) -> Bool
    ) async throws {
        for ask in asks {
            let reply = try await server.administer(ask.method, ask.target, ask.body)
            let expected = allowed(ask) ? [200, 204] : [403, 404]
            #expect(expected.contains(reply.status), "\(ask.method) \(ask.target): \(reply.body)")
        }
    }
}
