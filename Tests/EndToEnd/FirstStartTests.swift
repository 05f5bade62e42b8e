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
                try await expectOneAdministrator(nodes)
                for node in nodes {
                    let health = try await node.client.ask("GET", "/readyz")
                    #expect(health.status == 200, "round \(round): \(health.body)")
                    try await node.end()
                }
                try await expectOneOfEach(installation, administrators: 1)
            }
            let roles = Identity.roles
            try server.run("DROP ROLE \(roles.application), \(roles.system)")
        }
    }

    /// Of all links that were printed one is good, at any node, once.
    private func expectOneAdministrator(_ nodes: [ServedNode]) async throws {
        var statuses: [Int] = []
        for (index, node) in nodes.enumerated() {
            let other = nodes[nodes.count - 1 - index]
            for link in node.log.matches(of: /\/setup#([0-9a-f]{40})\n/) {
                let body = """
                    {"secret":"\(link.1)","display_name":"Ada","email":"ada@example.com",
                    "organization_name":"Engines","organization_slug":"engines"}
                    """
                for _ in 0..<2 {
                    statuses.append(
                        try await other.client.ask(
                            "POST", "/api/v1/setup", body,
                            fields: ["Content-Type: application/json"]
                        ).status)
                }
            }
        }
        #expect(
            statuses.count { $0 == 201 } == 1 && statuses.allSatisfy { [201, 401].contains($0) })
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
                try await expectOneOfEach(installation, administrators: 0)
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

    private func expectOneOfEach(
        _ installation: EmptyInstallation, administrators: Int
    ) async throws {
        try await installation.open { database in
            let counts = try await database.read(
                in: .system,
                [
                    Statement("SELECT COUNT(*) AS n FROM schema_migrations"),
                    Statement("SELECT COUNT(*) AS n FROM sealing_checks"),
                    Statement("SELECT COUNT(*) AS n FROM realms"),
                    Statement("SELECT COUNT(*) AS n FROM signing_keys"),
                    Statement("SELECT COUNT(*) AS n FROM platform_roles"),
                ])
            let found = try counts.map { try $0[0].integer("n") }
            #expect(
                found == [Int64(Identity.migrations.count), 1, 1, 2, Int64(administrators)])
        }
    }
}
