import Foundation
import Identity
import Loopback
import Outbound
import RegoMachine
import Server
import Servers
import Storage
import Testing

/// Organizations in the hands of administrators of the installation.
@Suite struct PlatformOrganizationTests {
    private static func path(_ tenant: World.Tenant) -> String {
        "\(PublicServer.organizations)/\(tenant.id)"
    }

    private static func listed(_ server: PublicServer, _ query: String) async throws -> [String] {
        let reply = try await server.ask(
            "GET", "\(PublicServer.organizations)\(query)", as: server.world.administrator)
        let rows = try reply.json["data"] as? [[String: Any]] ?? []
        return rows.compactMap { $0["slug"] as? String }.sorted()
    }

    @Test(arguments: IdentityDatabase.all)
    func organizationsAreFoundByNameSlugStatusAndTier(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            try await server.edit(
                "UPDATE organizations SET name = 'Acme & 50% Söhne_' WHERE slug = 'acme'")
            #expect(try await Self.listed(server, "") == ["acme", "bolt", "operations"])
            for part in ["ACME", "50%25", "S%C3%B6hne_", "cm"] {
                #expect(try await Self.listed(server, "?search=\(part)") == ["acme"], "\(part)")
            }
            for part in ["%25%25", "a_me", "50!%25"] {
                #expect(try await Self.listed(server, "?search=\(part)") == [], "\(part)")
            }
            #expect(try await Self.listed(server, "?slug=bolt") == ["bolt"])
            #expect(try await Self.listed(server, "?tier=enterprise") == [])
            _ = try await server.administer("\(Self.path(server.world.bolt))/suspend")
            #expect(try await Self.listed(server, "?status=suspended") == ["bolt"])
            #expect(try await Self.listed(server, "?status=active&search=o") == ["operations"])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func inASuspendedOrganizationNothingIsDone(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let machine = try await server.makeServiceAccount(role: "member")
            let key = try await server.makeKey(as: acme.owner, for: machine)
            let session = try await server.cookie(of: acme.owner.account)
            let own = "/api/v1/organizations/\(acme.id)"
            #expect(try await server.status(of: key) == 200)
            let suspended = try await server.administer("\(Self.path(acme))/suspend")
            #expect(suspended.status == 200, "\(suspended.body)")
            #expect(try suspended.json["status"] as? String == "suspended")
            for target in [own, "\(own)/members", "\(own)/keys", "\(own)/usage"] {
                let reply = try await server.ask("GET", target, fields: session.fields)
                #expect(reply.status == 403, "\(target)")
                #expect(reply.body.contains("the organization is suspended"))
            }
            #expect(try await server.ask("GET", own, as: acme.owner).status == 403)
            #expect(try await server.ask("GET", "/api/v1/me", as: acme.owner).status == 403)
            #expect(try await server.status(of: key) == 403)
            let evaluated = try await server.ask(
                "POST", "/v1/data/nothing", as: key.person, #"{"input":{}}"#)
            #expect(evaluated.status == 403)
            // Its people are somebody elsewhere, and so is everybody else.
            #expect(try await server.ask("GET", "/api/v1/me", fields: session.fields).status == 200)
            #expect(try await server.ask("GET", "/api/v1/me", as: bolt.owner).status == 200)
            #expect(try await server.administer("GET", Self.path(acme)).status == 200)
            #expect(try await server.administer("\(Self.path(acme))/reactivate").status == 200)
            #expect(try await server.status(of: key) == 200)
        }
    }

    @Test func theTierIsOneThatThePolicyHasLimitsFor() async throws {
        try await PublicServer.with(.sqlite) { server in
            let path = "\(Self.path(server.world.acme))/tier"
            let changed = try await server.administer(
                "PUT", path, #"{"tier":"enterprise","reason":"paid"}"#)
            #expect(try changed.json["tier"] as? String == "enterprise", "\(changed.body)")
            let unknown = try await server.administer(
                "PUT", path, #"{"tier":"gold","reason":"paid"}"#)
            #expect(unknown.status == 422)
            #expect(try unknown.json["code"] as? String == "validation_failed")
            #expect(unknown.body.contains("professional"))
            let byOwner = try await server.ask(
                "PUT", path, #"{"tier":"enterprise","reason":"paid"}"#,
                fields: try await server.cookie(of: server.world.acme.owner.account).fields)
            #expect(byOwner.status == 404)
            let none = "\(PublicServer.organizations)/\(Identifier(.organization, .system).text)"
            #expect(try await server.administer("\(none)/suspend").status == 404)
        }
    }

    /// Two nodes that count in one place.
    private static func limiting(
        _ body:
            @escaping @Sendable (_ server: PublicServer, _ other: PublicServer) async throws ->
            Void
    ) async throws {
        try await IdentityDatabase.sqlite.with { database in
            let keys = MemoryKeys { 0 }
            try await PublicServer.with(
                database, sharing: keys, changing: { $0.limitsCalls = true }
            ) { server in
                try await server.beside { other in try await body(server, other) }
            }
        }
    }

    /// By the clock: within the 5 seconds that it may take, and here at once.
    @Test func anotherTierIsInForceOnEveryNode() async throws {
        try await Self.limiting { server, other in
            let acme = server.world.acme
            for node in [server, other] {
                let reply = try await node.ask("GET", "/api/v1/me", as: acme.owner)
                #expect(reply.field("ratelimit-policy")?.hasPrefix(#""minute";q=60;"#) == true)
            }
            let changed = try await server.administer(
                "PUT", "\(Self.path(acme))/tier", #"{"tier":"professional","reason":"paid"}"#)
            #expect(changed.status == 200)
            for node in [server, other] {
                let reply = try await node.ask("GET", "/api/v1/me", as: acme.owner)
                #expect(reply.field("ratelimit-policy")?.hasPrefix(#""minute";q=300;"#) == true)
            }
        }
    }

    @Test func usageIsWhatTheLimiterHasCounted() async throws {
        try await Self.limiting { server, other in
            let acme = server.world.acme
            for node in [server, other] {
                _ = try await node.ask("GET", "/api/v1/me", as: acme.owner)
            }
            let own = try await server.ask(
                "GET", "/api/v1/organizations/\(acme.id)/usage", as: acme["viewer"])
            #expect(own.status == 200, "\(own.body)")
            let usage = try own.json
            #expect(usage["tier"] as? String == "free" && usage["enforced"] as? Bool == true)
            // The memory of one process, which these two nodes happen to share.
            #expect(usage["counted_by"] as? String == "this_node")
            let windows = try #require(usage["windows"] as? [[String: Any]])
            #expect(windows.compactMap { $0["seconds"] as? Int } == [60, 3_600, 86_400])
            #expect(windows.compactMap { $0["limit"] as? Int } == [60, 1_000, 10_000])
            // The look itself is one of them.
            #expect(windows.compactMap { $0["used"] as? Int } == [3, 3, 3])
            #expect(windows.compactMap { $0["remaining"] as? Int } == [57, 997, 9_997])
            let counts = try #require(usage["counts"] as? [String: Int])
            #expect(counts == ["members": 4, "service_accounts": 0, "keys": 4, "domains": 0])
            // An administrator's look draws on nothing of the organization's.
            let theirs = try await server.administer("GET", "\(Self.path(acme))/usage")
            let same = try #require(try theirs.json["windows"] as? [[String: Any]])
            #expect(same.compactMap { $0["used"] as? Int } == [3, 3, 3])
            let stranger = try await server.ask(
                "GET", "/api/v1/organizations/\(acme.id)/usage", as: server.world.bolt.owner)
            #expect(stranger.status == 404)
        }
    }

    @Test(.enabled(if: RedisServer.programs != nil, "Redis is not installed"))
    func usageSaysWhenNodesCountByThemselves() async throws {
        let redis = try RedisServer()
        let keys = try await RedisKeys.open(redis.address) { _ in }
        try await IdentityDatabase.sqlite.with { database in
            try await PublicServer.with(
                database, sharing: keys, changing: { $0.limitsCalls = true }
            ) { server in
                let path = "/api/v1/organizations/\(server.world.acme.id)/usage"
                let owner = server.world.acme.owner
                let shared = try await server.ask("GET", path, as: owner).json
                #expect(shared["counted_by"] as? String == "all_nodes")
                redis.stop()
                let alone = try await server.ask("GET", path, as: owner).json
                #expect(alone["counted_by"] as? String == "this_node")
            }
        }
    }
}
