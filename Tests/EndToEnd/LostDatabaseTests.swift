import Foundation
import Loopback
import Servers
import Synchronization
import Testing

/// PostgreSQL goes away under load and comes back; the node stays.
@Suite struct LostDatabaseTests {
    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func withoutItsDatabaseANodeSaysWhenToComeAgain() async throws {
        let postgreSQL = try await waiting { try EmptyInstallation.ownedServer() }
        try await PublicServer.with(.postgresql, on: postgreSQL) { server in
            let load = Load(server)
            async let clients: Void = load.run()
            try await load.wait(for: "answers") { $0.successes > 50 }
            try await waiting { try postgreSQL.crash() }
            load.forget()
            try await load.wait(for: "refusals") { $0.refusals > 50 }
            #expect(try await server.ask("GET", "/livez").status == 200)
            #expect(try await server.ask("GET", "/readyz").status == 503)
            try await waiting { try postgreSQL.start() }
            load.forget()
            try await load.wait(for: "answers again") { $0.successes > 50 }
            #expect(try await server.ask("GET", "/readyz").status == 200)
            load.end()
            try await clients
            #expect(load.unexpected == nil)
        }
    }
}

/// Reads and writes without a pause.
private final class Load: Sendable {
    struct Counts {
        var successes = 0
        /// 503, saying when to come again.
        var refusals = 0
    }

    private struct State {
        var counts = Counts()
        var hasEnded = false
        var unexpected: String?
        var number = 0
    }

    private let server: PublicServer
    private let state = Mutex(State())

    private static let clients = 6

    init(_ server: PublicServer) { self.server = server }

    /// The first answer that was neither a success nor a refusal.
    var unexpected: String? { state.withLock { $0.unexpected } }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<Self.clients {
                group.addTask {
                    while !self.state.withLock({ $0.hasEnded }) {
                        self.take(try await self.ask(isWrite: client.isMultiple(of: 2)))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func ask(isWrite: Bool) async throws -> HTTPReply {
        let world = server.world
        guard isWrite else {
            let path = "/api/v1/organizations/\(world.acme.id)"
            return try await server.ask("GET", path, as: world.acme["viewer"])
        }
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        return try await server.ask(
            "POST", "/api/v1/organizations", as: world.administrator,
            #"{"name":"O","slug":"o\#(number)"}"#)
    }

    private func take(_ reply: HTTPReply) {
        let isRefusal = reply.status == 503 && Int(reply.field("retry-after") ?? "") ?? 0 > 0
        state.withLock { state in
            switch reply.status {
            case 200, 201: state.counts.successes += 1
            case _ where isRefusal: state.counts.refusals += 1
            default: state.unexpected = state.unexpected ?? "\(reply.head)\n\(reply.body)"
            }
        }
    }

    func forget() { state.withLock { $0.counts = Counts() } }
    func end() { state.withLock { $0.hasEnded = true } }

    func wait(for what: String, _ isSo: @escaping @Sendable (Counts) -> Bool) async throws {
        try await waiting {
            try ServerProcess.wait(for: what) { isSo(self.state.withLock { $0.counts }) }
        }
    }
}
