import Foundation
import Identity
import Loopback
import Servers
import Storage
import Testing

/// Two nodes that are started at once where nothing is yet.
@Suite struct FirstStartTests {
    private static let rounds = Rounds.count(20)

    /// The roles are a server's, not a database's: each round makes them anew, too.
    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func twoNodesMakeOneInstallation() async throws {
        let server = try await waiting { try EmptyInstallation.ownedServer() }
        for round in 0..<Self.rounds {
            try await EmptyInstallation.with(.postgresql, on: server) { installation in
                async let first = ServedNode.start(installation)
                async let second = ServedNode.start(installation)
                let nodes = try await [first, second]
                for node in nodes {
                    let health = try await node.client.ask("GET", "/readyz")
                    #expect(health.status == 200, "round \(round): \(health.body)")
                    try await node.end()
                }
                try await expectOneOfEach(installation)
            }
            let roles = Identity.roles
            try server.run("DROP ROLE \(roles.application), \(roles.system)")
        }
    }

    /// The folder belongs to one process: the other one says so and ends.
    @Test func aSecondNodeOnOneFolderIsRefused() async throws {
        for round in 0..<Self.rounds {
            try await EmptyInstallation.with(.sqlite) { installation in
                async let first = result(installation)
                async let second = result(installation)
                let results = await [first, second]
                let nodes = results.compactMap { try? $0.get() }
                #expect(nodes.count == 1, "round \(round)")
                for result in results {
                    guard case .failure(let error) = result else { continue }
                    #expect("\(error)".contains("another process uses the data folder"))
                }
                for node in nodes { try await node.end() }
                try await expectOneOfEach(installation)
            }
        }
    }

    private func result(
        _ installation: EmptyInstallation
    ) async -> Result<ServedNode, any Error> {
        do { return .success(try await ServedNode.start(installation)) } catch {
            return .failure(error)
        }
    }

    private func expectOneOfEach(_ installation: EmptyInstallation) async throws {
        try await installation.open { database in
            let counts = try await database.read(
                in: .system,
                [
                    Statement("SELECT COUNT(*) AS n FROM schema_migrations"),
                    Statement("SELECT COUNT(*) AS n FROM sealing_checks"),
                    Statement("SELECT COUNT(*) AS n FROM realms"),
                    Statement("SELECT COUNT(*) AS n FROM signing_keys"),
                ])
            let found = try counts.map { try $0[0].integer("n") }
            #expect(found == [Int64(Identity.migrations.count), 1, 1, 2])
        }
    }
}
