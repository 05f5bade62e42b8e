import Foundation
import Loopback
import Outbound
import Servers
import Synchronization
import Testing

/// A node that is killed in the middle of writing, and the one that is started after it.
@Suite struct KilledNodeTests {
    private static let writes = 1_000

    @Test(arguments: IdentityDatabase.all)
    func whatWasAcknowledgedIsThereAfterAKill(_ backend: IdentityDatabase) async throws {
        try await EmptyInstallation.with(backend) { installation in
            let administrator = try await administrator(of: installation)
            let burst = Burst(by: administrator, count: Self.writes)
            let killed = try await ServedNode.start(installation)
            async let writing: Void = burst.run(on: killed.client)
            try await burst.waitUntilHalfIsDone()
            try await killed.kill()
            await writing
            let acknowledged = burst.answers
            #expect(acknowledged.count >= Self.writes / 2 && acknowledged.count < Self.writes)

            let node = try await ServedNode.start(installation)
            let there = try await slugs(on: node.client, by: administrator)
            let lost = acknowledged.keys.filter { !there.contains("o\($0)") }
            #expect(lost.isEmpty, "of \(acknowledged.count) that were acknowledged")
            // The same keys again: what was done is answered as before, the rest is done now.
            let again = Burst(by: administrator, count: Self.writes)
            await again.run(on: node.client)
            #expect(again.answers.count == Self.writes, "\(again.failure ?? "")")
            let changed = acknowledged.filter { again.answers[$0.key] != $0.value }
            #expect(changed.isEmpty, "answers to the same key are not the same")
            // Three were there before.
            #expect(try await slugs(on: node.client, by: administrator).count == Self.writes + 3)
            try await node.end()

            let verdict = try await ServedNode.run(["audit", "verify"] + installation.flags)
            let isWhole = verdict.hasPrefix("whole: ") && verdict.hasSuffix(" 0 findings\n")
            #expect(isWhole, "\(verdict)")
            let entries = try await ServedNode.run(
                ["audit", "export", "--action", "organization:create"] + installation.flags)
            #expect(entries.split(separator: "\n").count == Self.writes)
        }
    }

    private func administrator(of installation: EmptyInstallation) async throws -> Person {
        var administrator: Person?
        try await installation.open { database in
            administrator = try await World(database, .system).administrator
        }
        return try #require(administrator)
    }

    /// Of all organizations, page by page.
    private func slugs(on client: Client, by administrator: Person) async throws -> Set<String> {
        var slugs: Set<String> = []
        var cursor = ""
        while true {
            let reply = try await client.ask(
                "GET", "/api/v1/organizations?limit=100\(cursor)",
                fields: ["Authorization: Bearer \(administrator.key)"])
            let json = try reply.json
            for row in json["data"] as? [[String: Any]] ?? [] {
                if let slug = row["slug"] as? String { slugs.insert(slug) }
            }
            let page = try #require(json["page"] as? [String: Any])
            guard let next = page["next_cursor"] as? String else { return slugs }
            cursor = "&cursor=\(next)"
        }
    }
}

/// Organizations `o0`, `o1`, …, made by eight clients at once, each under a key of its own.
private final class Burst: Sendable {
    private struct State {
        var next = 0
        var answers: [Int: String] = [:]
        /// The first answer that was none.
        var failure: String?
    }

    private let count: Int
    private let fields: [String]
    private let state = Mutex(State())

    private static let clients = 8
    private static let attempts = 100

    init(by person: Person, count: Int) {
        self.count = count
        fields = ["Authorization: Bearer \(person.key)", "Content-Type: application/json"]
    }

    /// What was answered with success, by number.
    var answers: [Int: String] { state.withLock { $0.answers } }
    var failure: String? { state.withLock { $0.failure } }

    /// Ends early where the server does.
    func run(on client: Client) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.clients {
                group.addTask {
                    while let number = self.take(), await self.succeeds(number, client) {}
                }
            }
        }
    }

    private func take() -> Int? {
        state.withLock { state in
            defer { state.next += 1 }
            return state.next < count ? state.next : nil
        }
    }

    private func succeeds(_ number: Int, _ client: Client) async -> Bool {
        for _ in 0..<Self.attempts {
            if let isDone = await ask(number, client) { return isDone }
        }
        return false
    }

    /// - Returns: `nil`: the server says to come again.
    private func ask(_ number: Int, _ client: Client) async -> Bool? {
        let reply = try? await client.ask(
            "POST", "/api/v1/organizations", #"{"name":"O","slug":"o\#(number)"}"#,
            fields: fields + ["Idempotency-Key: o\(number)"])
        if let reply, reply.status == 503, reply.field("retry-after") != nil { return nil }
        return state.withLock { state in
            // An answer that is cut off acknowledges nothing.
            guard let reply, reply.status == 201, reply.body.hasSuffix("}") else {
                state.failure = state.failure ?? reply.map { "\($0.status) \($0.body)" }
                return false
            }
            state.answers[number] = reply.body
            return true
        }
    }

    func waitUntilHalfIsDone() async throws {
        try await waiting {
            try ServerProcess.wait(for: "half of the writes") {
                self.state.withLock { $0.answers.count >= self.count / 2 }
            }
        }
    }
}
