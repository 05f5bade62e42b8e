import Foundation
import Loopback
import Servers
import Synchronization
import Testing

/// A policy is edited while requests are decided by it.
@Suite struct PolicyEditTests {
    @Test func theNextAnswerObeysAnEditAndNoRequestFails() async throws {
        try await EditedPolicy.with { policy in
            try await PublicServer.with(.sqlite, policies: policy.folder) { server in
                let readers = Readers(server)
                async let reading: Void = readers.run()
                let rights = try policy.text("rights.rego")
                let first = try await EditedPolicy.revision(server)
                let viewers = #""viewer": {"organization:read"}"#
                try policy.write(
                    rights.replacing(viewers, with: #""viewer": set()"#), to: "rights.rego")
                try await EditedPolicy.wait(server) { $0["policy_revision"] as? String != first }
                try await expectViewer(404, server)

                let second = try await EditedPolicy.revision(server)
                try policy.write("package ostiary.rights\n\npermissions := {", to: "rights.rego")
                try await EditedPolicy.wait(server) { policyCheck($0)["status"] == "degraded" }
                let health = try await server.ask("GET", "/healthz")
                #expect(health.status == 200)
                let check = policyCheck(try health.json)
                #expect(check["detail"]?.contains("rights.rego") == true, "\(check)")
                #expect(try await server.ask("GET", "/readyz").status == 200)
                #expect(try await EditedPolicy.revision(server) == second)
                try await expectViewer(404, server)

                try policy.write(rights, to: "rights.rego")
                try await EditedPolicy.wait(server) { policyCheck($0)["status"] == "healthy" }
                #expect(try await EditedPolicy.revision(server) == first)
                try await expectViewer(200, server)
                readers.end()
                try await reading
                #expect(readers.statuses == ["owner": [200], "viewer": [200, 404, 200]])
            }
        }
    }

    private func expectViewer(_ status: Int, _ server: PublicServer) async throws {
        let path = "/api/v1/organizations/\(server.world.acme.id)"
        let reply = try await server.ask("GET", path, as: server.world.acme["viewer"])
        #expect(reply.status == status)
    }

    private func policyCheck(_ health: [String: Any]) -> [String: String] {
        let checks = health["checks"] as? [[String: String]] ?? []
        return checks.first { $0["name"] == "policy" } ?? [:]
    }
}

/// Read one organization without a pause, each with one request after another.
private final class Readers: Sendable {
    private struct State {
        var statuses: [String: [Int]] = [:]
        var hasEnded = false
    }

    private let server: PublicServer
    private let state = Mutex(State())

    init(_ server: PublicServer) { self.server = server }

    /// What each was answered, repetitions left out.
    var statuses: [String: [Int]] { state.withLock { $0.statuses } }

    func end() { state.withLock { $0.hasEnded = true } }

    func run() async throws {
        async let owner: Void = read(as: "owner")
        async let viewer: Void = read(as: "viewer")
        _ = try await (owner, viewer)
    }

    private func read(as role: String) async throws {
        let acme = server.world.acme
        var isLast = false
        while !isLast {
            // What was restored before the end is seen by a request that began after it.
            isLast = state.withLock { $0.hasEnded }
            let reply = try await server.ask(
                "GET", "/api/v1/organizations/\(acme.id)", as: acme[role])
            state.withLock { state in
                guard state.statuses[role]?.last != reply.status else { return }
                state.statuses[role, default: []].append(reply.status)
            }
        }
    }
}
