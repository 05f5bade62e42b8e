import Loopback
import Servers
import Storage
import Testing

/// The built binary asks a name server of ours for a domain's record.
@Suite struct NameServerTests {
    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func aNodeAsksTheNameServerThatItIsTold() async throws {
        try await EmptyInstallation.with(.postgresql) { installation in
            let names = try NameServer.shared.get()
            let node = try await ServedNode.start(
                installation,
                ["--dns-server", names.address, "--base-domain", "example.test"])
            let link = try #require(node.log.firstMatch(of: /\/setup#([0-9a-f]{40})\n/))
            let made = try await post(
                node, "/api/v1/setup",
                """
                {"secret":"\(link.1)","display_name":"Ada","email":"ada@example.com",
                "organization_name":"Engines","organization_slug":"engines"}
                """)
            let key = try #require(try made.json["api_key"] as? String, "\(made.body)")
            let organization = try #require(try made.json["organization"] as? String)
            try await installation.open { database in
                _ = try await database.transaction(in: .system) { transaction in
                    try await transaction.execute(
                        Statement("UPDATE organizations SET tier = 'starter'"))
                }
            }
            let path = "/api/v1/organizations/\(organization)/domains"
            let named = try await post(node, path, #"{"name":"engines.test"}"#, key)
            let id = try #require(try named.json["id"] as? String, "\(named.body)")
            let challenge = try #require(try named.json["challenge"] as? [String: String])
            let missing = try await post(node, "\(path)/\(id)/verify", nil, key)
            #expect(missing.status == 409, "\(missing.body)")
            try names.publish(challenge["value"] ?? "", at: challenge["name"] ?? "")
            let verified = try await post(node, "\(path)/\(id)/verify", nil, key)
            #expect(verified.status == 200, "\(verified.body)")
            let reply = try await node.client.ask(
                "GET", "/api/v1/me", fields: ["Host: engines.test", "Authorization: Bearer \(key)"])
            #expect(reply.status == 200, "\(reply.body)")
            try await node.end()
        }
    }

    private func post(
        _ node: ServedNode, _ path: String, _ body: String?, _ key: String? = nil
    ) async throws -> HTTPReply {
        var fields = key.map { ["Authorization: Bearer \($0)"] } ?? []
        if body != nil { fields.append("Content-Type: application/json") }
        return try await node.client.ask("POST", path, body, fields: fields)
    }
}
