import Loopback
import Outbound
import Server
import Servers
import Storage
import Testing

/// A change of tier, where nodes share nothing but PostgreSQL and Redis.
@Suite struct TierNodeTests {
    /// What a node says to a call of acme's.
    private struct Sight: Equatable {
        let isAdmitted: Bool
        let limit: Int?

        init(_ server: PublicServer) async throws {
            let reply = try await server.ask(
                "GET", "/api/v1/me", as: server.world.acme.owner)
            isAdmitted = reply.status == 200
            #expect(isAdmitted || reply.status == 429, "\(reply.body)")
            let policy = reply.field("ratelimit-policy") ?? ""
            limit = policy.firstMatch(of: /"minute";q=([0-9]+);w=60/).flatMap { Int($0.1) }
        }

        init(isAdmitted: Bool, limit: Int) {
            self.isAdmitted = isAdmitted
            self.limit = limit
        }
    }

    /// Asks again and again, for five seconds at most.
    private static func wait(for wanted: Sight, at server: PublicServer) async throws {
        let end = ContinuousClock.now + .seconds(5)
        var seen = try await Sight(server)
        while seen != wanted && ContinuousClock.now < end { seen = try await Sight(server) }
        #expect(seen == wanted)
    }

    private static func change(tier: String, at server: PublicServer) async throws {
        let reply = try await server.administer(
            "PUT", "\(PublicServer.organizations)/\(server.world.acme.id)/tier",
            #"{"tier":"\#(tier)","reason":"paid"}"#)
        try #require(reply.status == 200, "\(reply.body)")
    }

    @Test(
        .enabled(
            if: PostgreSQLServer.programs != nil && RedisServer.programs != nil,
            "PostgreSQL or Redis is not installed"))
    func theOtherNodeFollowsWithinFiveSeconds() async throws {
        try await IdentityDatabase.postgresql.with { database in
            let redis = try RedisServer()
            let keys = try await RedisKeys.open(redis.address) { _ in }
            try await PublicServer.with(
                database, sharing: keys, changing: { $0.limitsCalls = true }
            ) { server in
                try await server.beside { other in
                    for _ in 0..<60 {
                        #expect(try await Sight(other) == Sight(isAdmitted: true, limit: 60))
                    }
                    #expect(try await Sight(other) == Sight(isAdmitted: false, limit: 60))
                    try await Self.change(tier: "starter", at: server)
                    try await Self.wait(for: Sight(isAdmitted: true, limit: 120), at: other)
                    try await Self.change(tier: "free", at: server)
                    try await Self.wait(for: Sight(isAdmitted: false, limit: 60), at: other)
                    try await Self.change(tier: "professional", at: server)
                    try await Self.wait(for: Sight(isAdmitted: true, limit: 300), at: other)
                }
            }
        }
    }
}
