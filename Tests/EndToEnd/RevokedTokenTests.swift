import Identity
import Loopback
import Outbound
import RegoMachine
import Server
import Servers
import Storage
import Synchronization
import Testing

/// Sessions that have ended, at the nodes that did not end them.
@Suite(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
struct RevokedTokenTests {
    private static let ada = "ada@example.com"
    private static let second = Duration.seconds(1)

    private static func status(_ server: PublicServer, _ session: SignedIn) async throws -> Int {
        try await server.ask("GET", "/api/v1/me", fields: session.bearer).status
    }

    private static func signOut(_ server: PublicServer, _ session: SignedIn) async throws {
        let ended = try await server.ask("POST", "/api/v1/auth/sign-out", fields: session.bearer)
        #expect(ended.status == 204, "\(ended.body)")
    }

    /// What becomes of Redis between sign-in and sign-out.
    enum Loss: String, CaseIterable, Sendable {
        case none, stopped, emptied
    }

    @Test(
        .enabled(if: RedisServer.programs != nil, "Redis is not installed"),
        arguments: Loss.allCases)
    func theOtherNodeRefusesWithinASecondWhateverRedisKeeps(_ loss: Loss) async throws {
        try await IdentityDatabase.postgresql.with { database in
            let redis = try RedisServer()
            let keys = try await RedisKeys.open(redis.address) { _ in }
            try await PublicServer.with(database, sharing: keys, changing: { _ in }) { server in
                let ada = try await server.signUp(Self.ada)
                let kept = try SignedIn(try await server.signIn(Self.ada))
                try await server.beside { other in
                    #expect(try await Self.status(other, ada) == 200)
                    switch loss {
                    case .none: break
                    case .stopped: try await waiting { redis.stop() }
                    case .emptied: _ = try await waiting { try redis.run("FLUSHALL") }
                    }
                    try await Self.signOut(server, ada)
                    try await Task.sleep(for: Self.second)
                    #expect(try await Self.status(other, ada) == 401)
                    #expect(try await Self.status(other, kept) == 200)
                }
                if loss == .none { _ = try await waiting { try redis.run("FLUSHALL") } }
                #expect(try await Self.status(server, ada) == 401)
                // A node that has just started.
                try await server.beside { started in
                    let statuses = (
                        try await Self.status(started, ada), try await Self.status(started, kept)
                    )
                    #expect(statuses == (401, 200))
                }
            }
        }
    }

    @Test func aNodeThatHearsNothingAsksTheRows() async throws {
        try await IdentityDatabase.postgresql.with { database in
            let deaf = DeafDatabase(database)
            let keys = MemoryKeys { Int64(RegoMachine.Host.system.monotonic() / 1_000) }
            try await PublicServer.with(deaf, sharing: keys, changing: { _ in }) { server in
                let ada = try await server.signUp(Self.ada)
                let kept = try SignedIn(try await server.signIn(Self.ada))
                try await server.beside { other in
                    #expect(try await Self.status(other, ada) == 200)
                    deaf.isDeaf.withLock { $0 = true }
                    try await Task.sleep(for: Self.second + .milliseconds(100))
                    try await Self.signOut(server, ada)
                    // At once: nothing but the row can have said so.
                    #expect(try await Self.status(other, ada) == 401)
                    #expect(try await Self.status(other, kept) == 200)
                }
            }
        }
    }

    @Test func withoutADatabaseNobodyIsLetInByAToken() async throws {
        let postgreSQL = try await waiting { try EmptyInstallation.ownedServer() }
        try await PublicServer.with(.postgresql, on: postgreSQL) { server in
            let ada = try await server.signUp(Self.ada)
            let kept = try SignedIn(try await server.signIn(Self.ada))
            try await server.beside { other in
                try await Self.signOut(server, ada)
                try await waiting { try postgreSQL.crash() }
                // As long as a node knows what was revoked, and longer.
                let end = ContinuousClock.now + Self.second * 2
                while ContinuousClock.now < end {
                    for node in [server, other] {
                        let (ended, good) = (
                            try await Self.status(node, ada), try await Self.status(node, kept)
                        )
                        #expect([401, 503].contains(ended) && good == 503, "\(ended) \(good)")
                    }
                }
                #expect(try await Self.status(other, ada) == 503)
                try await waiting { try postgreSQL.start() }
                var status = 503
                for _ in 0..<100 where status == 503 {
                    status = try await Self.status(other, kept)
                    if status == 503 { try await Task.sleep(for: .milliseconds(100)) }
                }
                #expect(status == 200)
                #expect(try await Self.status(other, ada) == 401)
            }
        }
    }
}
