import Foundation
import Loopback
import Server
import Servers
import Storage
import Synchronization
import Testing

/// How many calls are admitted, by whom, and what a client is told of it.
@Suite struct CallLimitTests {
    /// A server that counts as it does in service, with the keys of this test alone.
    private func limiting(
        _ keys: (any ExpiringKeys)? = nil, policies: String? = nil,
        changing change: @escaping @Sendable (inout PublicOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (PublicServer) async throws -> Void
    ) async throws {
        // Time stands still: sixty calls take what they take.
        let own = keys ?? MemoryKeys { 0 }
        try await IdentityDatabase.sqlite.with { database in
            try await PublicServer.with(
                database, sharing: own, policies: policies,
                changing: { options in
                    options.limitsCalls = true
                    change(&options)
                }, body)
        }
    }

    /// The statuses of so many calls, one after the other.
    private static func calls(
        _ count: Int, _ server: PublicServer, as person: Person? = nil, fields: [String] = []
    ) async throws -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<count {
            statuses.append(
                try await server.ask("GET", "/api/v1/me", as: person, fields: fields).status)
        }
        return statuses
    }

    @Test func aTenantHasWhatItsTierHas() async throws {
        try await limiting { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let first = try await server.ask("GET", "/api/v1/me", as: acme.owner)
            #expect(first.field("ratelimit") == #""minute";r=59;t=60"#)
            #expect(
                first.field("ratelimit-policy")
                    == #""minute";q=60;w=60, "hour";q=1000;w=3600, "day";q=10000;w=86400"#)
            // All keys of the tenant draw on the same, with and without its name in the path.
            let half = try await Self.calls(29, server, as: acme["viewer"])
            let rest = try await Self.calls(30, server, as: acme.owner)
            #expect((half + rest).allSatisfy { $0 == 200 })
            let refused = try await server.ask(
                "GET", "/api/v1/organizations/\(acme.id)", as: acme["member"])
            #expect(refused.status == 429)
            #expect(try refused.json["code"] as? String == "rate_limited")
            let seconds = try #require(refused.field("retry-after").flatMap { Int($0) })
            #expect((1...60).contains(seconds))
            #expect(refused.field("ratelimit") == "\"minute\";r=0;t=\(seconds)")
            #expect(refused.field("x-decision-id") == nil)
            #expect(try await Self.calls(1, server, as: bolt.owner) == [200])
            #expect(try await server.ask("GET", "/livez", as: acme.owner).status == 200)
            _ = try await server.database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement(
                        "UPDATE organizations SET tier = 'starter' WHERE id = $1",
                        [.text(acme.id)]))
            }
            #expect(try await Self.calls(1, server, as: acme.owner) == [200])
        }
    }

    /// - Source: OWASP API Security Top 10, API4:2023.
    @Test func noSpellingOfARequestIsAnotherCaller() async throws {
        try await limiting { server in
            let acme = server.world.acme
            #expect(
                try await Self.calls(60, server, as: acme.owner) == Array(repeating: 200, count: 60)
            )
            let second = try await server.cookie(of: acme.owner.account)
            for (target, fields) in [
                ("/api/v1/me/", []), ("//api/v1/me", []), ("/API/V1/ME", []),
                ("/api/v1/%6De", []), ("/api/v1/me?x=1", []),
                ("/api/v1/organizations/\(acme.id)", ["Host: acme.example.test"]),
                ("/api/v1/me", ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9"]),
                ("/api/v1/me", ["X-HTTP-Method-Override: POST"]),
                ("/api/v1/me", ["X-Tenant-ID: \(acme.id)"]),
            ] as [(String, [String])] {
                let reply = try await server.ask("GET", target, as: acme.owner, fields: fields)
                // What is no request of ours draws on the address, before its caller is known.
                #expect([429, 404, 422].contains(reply.status), "\(target): \(reply.status)")
            }
            // A session of somebody who also has a key.
            let reply = try await server.ask(
                "GET", "/api/v1/organizations/\(acme.id)", fields: second.fields)
            #expect(reply.status == 429)
        }
    }

    @Test func strangersOnATenantsHostLeaveItsCallsAlone() async throws {
        try await limiting { server in
            let host = "Host: acme.example.test"
            #expect(
                try await Self.calls(61, server, fields: [host]).last == 429)
            let path = "/api/v1/organizations/\(server.world.acme.id)"
            let own = try await server.ask("GET", path, as: server.world.acme.owner, fields: [host])
            #expect(own.status == 200 && own.field("ratelimit") == #""minute";r=59;t=60"#)
        }
    }

    @Test func whoHasNoGoodCredentialDrawsOnTheAddress() async throws {
        try await limiting { server in
            let forged = "Authorization: Bearer \(server.world.acme.owner.key.dropLast(8))00000000"
            let mixed =
                try await Self.calls(30, server) + Self.calls(30, server, fields: [forged])
            #expect(mixed.allSatisfy { $0 == 401 })
            // Neither another header nor another path is another caller.
            for (target, fields) in [
                ("/api/v1/me", []), ("/api/v1/me?x=1", ["X-Forwarded-For: 203.0.113.9"]),
                ("/api/v1/%6De", [forged]), ("/setup", ["X-Tenant-ID: org_x"]),
                ("/api/v1/me?x=1", [forged]), ("/nowhere", []),
            ] {
                let reply = try await server.ask("GET", target, fields: fields)
                #expect(reply.status == 429, "\(target)")
            }
            #expect(try await server.ask("GET", "/assets/pages.css").status == 200)
            #expect(try await Self.calls(1, server, as: server.world.acme.owner) == [200])
        }
    }

    @Test func anAddressOfIPv6IsItsNetwork() async throws {
        let trusting: @Sendable (inout PublicOptions) -> Void = { options in
            options.trustedProxies = [AddressRange("127.0.0.1")].compactMap(\.self)
        }
        try await limiting(changing: trusting) { server in
            for number in 0..<60 {
                let fields = ["X-Forwarded-For: 2001:db8:0:1::\(String(number, radix: 16))"]
                let statuses = try await Self.calls(1, server, fields: fields)
                #expect(statuses == [401])
            }
            let same = ["X-Forwarded-For: 2001:db8:0:1:ffff::1"]
            #expect(try await Self.calls(1, server, fields: same) == [429])
            let next = ["X-Forwarded-For: 2001:db8:0:2::1"]
            #expect(try await Self.calls(1, server, fields: next) == [401])
        }
    }

    /// A Redis of the test's own, and a policy that admits ten calls an hour.
    private static func sharing(
        _ body: (RedisServer, EditedPolicy) async throws -> Void
    ) async throws {
        let redis = try RedisServer()
        try await EditedPolicy.with { policy in
            let ten = #"{"minute": 1000, "hour": 10, "day": 1000}"#
            try policy.write(
                "package ostiary.limits\n\ntiers := {\"free\": \(ten)}\n\naddress := \(ten)\n",
                to: "limits.rego")
            try await body(redis, policy)
        }
    }

    @Test(.enabled(if: RedisServer.programs != nil, "Redis is not installed"))
    func redisIsMissedByNobodyWhoIsRefused() async throws {
        try await Self.sharing { redis, policy in
            let keys = try await RedisKeys.open(redis.address) { _ in }
            try await limiting(keys, policies: policy.folder) { server in
                let acme = server.world.acme
                #expect(try await Self.calls(11, server, as: acme.owner).last == 429)
                let path = "/api/v1/organizations/\(server.world.bolt.id)"
                try redis.run("FLUSHALL")
                // Counts may be lost; what a policy refuses it refuses.
                #expect(try await Self.calls(1, server, as: acme.owner) == [200])
                #expect(try await server.ask("GET", path, as: acme.owner).status == 404)
                redis.stop()
                let other = "/api/v1/organizations/\(acme.id)"
                #expect(
                    try await server.ask("GET", other, as: server.world.bolt.owner).status == 404)
                // Those that this node has admitted it knows.
                #expect(try await Self.calls(1, server, as: acme.owner) == [429])
                let alone = try await Self.calls(10, server, as: server.world.bolt.owner)
                #expect(alone.dropLast().allSatisfy { $0 == 200 } && alone.last == 429)
                let health = try await server.ask("GET", "/healthz")
                #expect(health.status == 200)
                #expect(health.body.contains("each node alone"), "\(health.body)")
            }
        }
    }

    @Test(.enabled(if: RedisServer.programs != nil, "Redis is not installed"))
    func twoNodesAdmitTogetherWhatOneWould() async throws {
        try await Self.sharing { redis, policy in
            var statuses: [[Int]] = []
            for calls in [7, 4] {
                let found = Mutex<[Int]>([])
                let keys = try await RedisKeys.open(redis.address) { _ in }
                try await limiting(keys, policies: policy.folder) { server in
                    let answers = try await Self.calls(calls, server)
                    found.withLock { $0 = answers }
                }
                statuses.append(found.withLock { $0 })
            }
            #expect(statuses[0].allSatisfy { $0 == 401 })
            #expect(statuses[1] == [401, 401, 401, 429])
        }
    }
}
