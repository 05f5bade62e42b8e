import Identity
import Loopback
import Outbound
import RegoMachine
import Servers
import Storage
import Synchronization
import Testing

/// Maintenance on several nodes, whatever they and Redis have forgotten.
@Suite struct MaintenanceNodeTests {
    private static func status(_ server: PublicServer) async throws -> Int {
        try await server.ask("GET", "/api/v1/me", as: server.world.acme.owner).status
    }

    @Test(
        .enabled(
            if: PostgreSQLServer.programs != nil && RedisServer.programs != nil,
            "PostgreSQL or Redis is not installed"))
    func itIsInForceOnTheOtherNodeWithinASecond() async throws {
        try await IdentityDatabase.postgresql.with { database in
            let redis = try RedisServer()
            let keys = try await RedisKeys.open(redis.address) { _ in }
            try await PublicServer.with(database, sharing: keys, changing: { _ in }) { server in
                try await server.beside { other in
                    #expect(try await Self.status(other) == 200)
                    #expect(try await server.begin().status == 200)
                    #expect(try await Self.status(server) == 503)
                    try await Task.sleep(for: .seconds(1))
                    #expect(try await Self.status(other) == 503)
                    _ = try await waiting { try redis.run("FLUSHALL") }
                    #expect(try await Self.status(server) == 503)
                    #expect(try await Self.status(other) == 503)
                }
                // A node that has just started.
                try await server.beside { started in
                    #expect(try await Self.status(started) == 503)
                    #expect(try await started.endMaintenance().status == 204)
                    #expect(try await Self.status(started) == 200)
                    try await Task.sleep(for: .seconds(1))
                    #expect(try await Self.status(server) == 200)
                }
            }
        }
    }

    @Test func aNodeThatHearsNothingAsksTheRow() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let deaf = DeafDatabase(database)
            let keys = MemoryKeys { Int64(RegoMachine.Host.system.monotonic() / 1_000) }
            try await PublicServer.with(deaf, sharing: keys, changing: { _ in }) { server in
                let ada = try await server.signUp("ada@example.com")
                try await server.beside { other in
                    #expect(try await Self.status(other) == 200)
                    deaf.isDeaf.withLock { $0 = true }
                    try await Task.sleep(for: .milliseconds(1_100))
                    #expect(try await Self.status(other) == 200)
                    // Sessions are made in between: it is asked for there, too.
                    #expect(try await other.signIn("ada@example.com").status == 200)
                    #expect(try await server.begin().status == 200)
                    // At once: nothing but the row can have said so.
                    #expect(try await Self.status(other) == 503)
                    #expect(try await other.signIn("ada@example.com").status == 503)
                    #expect(try await other.refresh(ada.refresh).status == 503)
                    #expect(try await other.ask("GET", "/api/v1/me").status == 503)
                }
            }
        }
    }

    /// SQLite's row outlives the node that a kill ends.
    @Test func itOutlivesTheNode() async throws {
        try await EmptyInstallation.with(.sqlite) { installation in
            _ = try await ServedNode.run(["migrate"] + installation.flags)
            let command = ["admin", "maintenance"]
            let begun = try await ServedNode.run(
                command + ["on", "--message", "Back at ten.", "--reason", "disks"]
                    + installation.flags)
            #expect(begun.contains(#""on":true"#) && begun.contains(#""started_by":null"#))
            for _ in 0..<2 {
                let node = try await ServedNode.start(installation)
                let reply = try await node.client.ask("GET", "/api/v1/me")
                #expect(reply.status == 503 && reply.body.contains("Back at ten."))
                #expect(try await node.client.ask("GET", "/livez").status == 200)
                try await node.kill()
            }
            let ended = try await ServedNode.run(
                command + ["off", "--reason", "done"] + installation.flags)
            #expect(ended == "{\"on\":false}\n")
            let status = try await ServedNode.run(command + ["status"] + installation.flags)
            #expect(status == ended)
            let node = try await ServedNode.start(installation)
            #expect(try await node.client.ask("GET", "/api/v1/me").status == 401)
            try await node.end()
            let record = try await ServedNode.run(
                ["audit", "export", "--action", "maintenance:start"] + installation.flags)
            #expect(record.contains(#""actor_kind":"operator""#) && record.contains("disks"))
        }
    }
}
