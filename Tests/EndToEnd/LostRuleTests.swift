import Foundation
import Identity
import Loopback
import Outbound
import Server
import Servers
import Storage
import Testing

/// Without the rule that permits it, a request is refused: by the server, not by a test's idea of
/// it. A rule that decides an operation and has no row here fails.
@Suite struct LostRuleTests {
    /// A request that one rule alone permits.
    struct Ask {
        let rule: String
        let method: String
        let target: String
        var person: Person?
        var body: String?
        var fields: [String] = []
        var refusals = [401, 403, 404]
    }

    /// In the order in which all of them succeed, one after another.
    private func asks(_ server: PublicServer) async throws -> [Ask] {
        let viewer = server.world.acme["viewer"]
        let read = try await server.ask("GET", own(server), as: viewer)
        let decision = "/api/v1/decisions/\(try #require(read.field("x-decision-id")))"
        return nodeAsks(server) + (try await organizationAsks(server))
            + recordAsks(server, decision: decision) + (try await keyAsks(server))
            + memberAsks(server) + (try await DomainAsks(server).asks)
            + (try await SignInAsks(server).asks) + (try await AccountAsks(server).asks)
            + (try await PlatformAsks(server).asks)
    }

    private func own(_ server: PublicServer) -> String {
        "/api/v1/organizations/\(server.world.acme.id)"
    }

    private func nodeAsks(_ server: PublicServer) -> [Ask] {
        let (world, viewer) = (server.world, server.world.acme["viewer"])
        return [
            Ask(rule: "everybody_sees_the_service", method: "GET", target: "/livez"),
            Ask(
                rule: "everybody_sees_the_keys", method: "GET", target: "/.well-known/jwks.json"),
            Ask(rule: "machine_sees_details", method: "GET", target: "/healthz", person: viewer),
            Ask(
                rule: "administrator_sees_details", method: "GET", target: "/healthz",
                person: world.administrator, fields: ["X-Forwarded-For: 198.51.100.1"]),
            Ask(
                rule: "subject_evaluates", method: "POST", target: "/v1/data/nothing",
                person: viewer, body: #"{"input":{}}"#),
            Ask(
                rule: "administrator_rules", method: "GET", target: "/v1/policies",
                person: world.administrator),
        ]
    }

    private func organizationAsks(_ server: PublicServer) async throws -> [Ask] {
        let (world, all) = (server.world, "/api/v1/organizations")
        let viewer = world.acme["viewer"]
        let outsider = try await outsider(server)
        return [
            Ask(
                rule: "subject_reads_itself", method: "GET", target: "/api/v1/me", person: viewer),
            Ask(rule: "role_permits", method: "GET", target: own(server), person: viewer),
            Ask(rule: "admin_bypass", method: "GET", target: own(server), person: outsider),
            Ask(
                rule: "administrator_creates", method: "POST", target: all,
                person: world.administrator, body: #"{"name":"Cargo","slug":"cargo"}"#),
            Ask(
                rule: "administrator_lists", method: "GET", target: all,
                person: world.administrator),
            Ask(rule: "subject_lists_own", method: "GET", target: all, person: viewer),
        ]
    }

    private func recordAsks(_ server: PublicServer, decision: String) -> [Ask] {
        let acme = server.world.acme
        return [
            Ask(
                rule: "role_reads_decisions", method: "GET", target: decision,
                person: acme["admin"]),
            Ask(
                rule: "account_reads_own_decision", method: "GET", target: decision,
                person: acme["viewer"]),
            Ask(
                rule: "account_lists_own_decisions", method: "GET", target: "/api/v1/decisions",
                person: acme["viewer"]),
            Ask(
                rule: "role_reads_audit", method: "GET", target: "/api/v1/audit",
                person: acme["admin"]),
        ]
    }

    private func keyAsks(_ server: PublicServer) async throws -> [Ask] {
        let (acme, all) = (server.world.acme, "\(own(server))/service-accounts")
        let machine = try await server.makeServiceAccount(role: "member")
        let spare = try await server.makeServiceAccount(role: "viewer")
        let (keys, member) = ("\(own(server))/keys", acme["member"])
        let machines = try await server.makeKey(as: acme.owner, for: machine)
        let members = try await server.makeKey(as: member)
        let body = #"{"name":"k","scopes":["member:read"]}"#
        let (name, owner) = (#"{"name":"renamed"}"#, acme.owner)
        func ask(
            _ rule: String, _ method: String, _ target: String, _ person: Person,
            _ body: String? = nil
        ) -> Ask { Ask(rule: rule, method: method, target: target, person: person, body: body) }
        return [
            ask("role_reads_service_accounts", "GET", all, owner),
            ask(
                "role_makes_service_account", "POST", all, owner, #"{"name":"m","role":"viewer"}"#),
            ask("role_changes_service_account", "PATCH", "\(all)/\(spare)", owner, name),
            ask("role_removes_service_account", "DELETE", "\(all)/\(spare)", owner),
            ask("member_lists_keys", "GET", keys, member),
            ask("member_makes_own_key", "POST", keys, member, body),
            ask("member_keeps_own_key", "PATCH", "\(keys)/\(members.id)", member, name),
            ask("role_reads_keys", "GET", "\(keys)/\(members.id)", owner),
            ask(
                "role_makes_service_account_key", "POST", keys, owner,
                #"{"name":"k","scopes":["member:read"],"service_account":"\#(machine)"}"#),
            ask(
                "role_changes_service_account_key", "PATCH", "\(keys)/\(machines.id)", owner, name),
            ask("role_revokes_key", "DELETE", "\(keys)/\(members.id)", owner),
        ]
    }

    private func memberAsks(_ server: PublicServer) -> [Ask] {
        let (acme, members) = (server.world.acme, "\(own(server))/members")
        let viewer = "\(members)/\(acme["viewer"].membership)"
        let newcomer = server.world.bolt.owner.account
        return [
            Ask(
                rule: "role_reads_members", method: "GET", target: members,
                person: acme["member"]),
            Ask(
                rule: "role_adds_member", method: "POST", target: members, person: acme.owner,
                body: #"{"principal":"\#(newcomer)","role":"viewer"}"#),
            Ask(
                rule: "role_changes_member", method: "PATCH", target: viewer, person: acme.owner,
                body: #"{"role":"member"}"#),
            Ask(
                rule: "role_removes_member", method: "DELETE", target: viewer,
                person: acme.owner),
            Ask(
                rule: "member_leaves", method: "DELETE",
                target: "\(members)/\(acme["member"].membership)", person: acme["member"]),
        ]
    }

    /// The administrator, who is no member of acme, with a key that is good there.
    private func outsider(_ server: PublicServer) async throws -> Person {
        try await server.withKey(server.world.administrator, in: server.world.acme.id)
    }

    @Test func aRuleThatIsLostRefusesARequest() async throws {
        let change: @Sendable (inout PublicOptions) -> Void = { options in
            options.trustedProxies = ["127.0.0.0/8"].compactMap(AddressRange.init)
        }
        try await EditedPolicy.with { policy in
            var lifetimes = SessionLifetimes()
            lifetimes.refreshGraceSeconds = 3_600
            try await PublicServer.with(
                .sqlite, policies: policy.folder, lifetimes: lifetimes, changing: change
            ) { server in
                let asks = try await asks(server)
                let modules = try policy.modules
                // `SetupTests` loses the rule that nobody needs once there is an administrator.
                let areas = Set(server.operations.map(\.area) + ["bypass", "policy"])
                    .subtracting(["setup"])
                let whole = try await EditedPolicy.revision(server)
                let rules = try PolicyRule.permits(in: modules).filter {
                    areas.contains(String($0.module.dropLast(".rego".count)))
                        && $0.name != HandoverTests.rule
                }
                #expect(rules.count == asks.count)
                for rule in rules {
                    try await lose(rule, policy, server, whole)
                    let own = asks.filter { $0.rule == rule.name }
                    #expect(!own.isEmpty, "nothing is asked that `\(rule.name)` permits")
                    for ask in own {
                        let status = try await self.status(of: ask, server)
                        let refusals =
                            ask.target.hasPrefix("/oauth2/") ? [400, 401, 403] : ask.refusals
                        #expect(refusals.contains(status), "\(rule.name): \(status)")
                    }
                    try policy.write(modules[rule.module] ?? "", to: rule.module)
                }
                try await EditedPolicy.wait(server) { $0["policy_revision"] as? String == whole }
                try await expectSuccess(of: asks, server)
            }
        }
    }

    /// - Parameter whole: The revision of the policy that lacks nothing.
    private func lose(
        _ rule: PolicyRule, _ policy: EditedPolicy, _ server: PublicServer, _ whole: String
    ) async throws {
        // The rule before this one may not be back yet.
        let passed = [try await EditedPolicy.revision(server), whole]
        try policy.write(rule.moduleWithout, to: rule.module)
        try await EditedPolicy.wait(server) { health in
            (health["policy_revision"] as? String).map { !passed.contains($0) } ?? false
        }
    }

    private func expectSuccess(of asks: [Ask], _ server: PublicServer) async throws {
        for ask in asks {
            let status = try await status(of: ask, server)
            #expect((200...303).contains(status), "\(ask.rule): \(status)")
        }
    }

    private func status(of ask: Ask, _ server: PublicServer) async throws -> Int {
        try await server.ask(
            ask.method, ask.target, as: ask.person, ask.body, fields: ask.fields
        ).status
    }
}
