import Identity
import Loopback
import RegoMachine
import Server
import Servers
import Storage
import Testing

/// Refresh tokens: each once, lost answers again, copies found out.
@Suite struct RefreshTests {
    private static let ada = "ada@example.com"

    @Test(arguments: IdentityDatabase.all)
    func aReplayEndsTheFamilyAndTellsTheOwner(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let first = try Refreshed(try await server.refresh(ada.refresh))
            let second = try Refreshed(try await server.refresh(first.refresh))
            let me = try await server.ask(
                "GET", "/api/v1/me", fields: ["Authorization: Bearer \(second.access)"])
            #expect(me.status == 200)
            let replay = try await server.refresh(ada.refresh)
            #expect(replay.status == 400)
            #expect(try replay.json["error"] as? String == "invalid_grant")
            #expect(try await server.refresh(second.refresh).status == 400)
            for access in [ada.access, first.access, second.access] {
                let reply = try await server.ask(
                    "GET", "/api/v1/me", fields: ["Authorization: Bearer \(access)"])
                #expect(reply.status == 401)
            }
            let mail = try await server.mailbox.mail(to: Self.ada, "session of yours")
            #expect(mail.text.contains("/account"))
            let decision = try #require(replay.field("x-decision-id"))
            try await expectRecord(of: decision, server)
        }
    }

    private func expectRecord(of decision: String, _ server: PublicServer) async throws {
        let rows = try await server.database.read(
            in: .system,
            [
                Statement(
                    "SELECT rule, reasons FROM decisions WHERE id = $1", [.text(decision)]),
                Statement(
                    "SELECT action, outcome FROM audit_entries WHERE decision_id = $1",
                    [.text(decision)]),
            ])
        #expect(try rows[0].first?.text("rule") == "refresh_replayed")
        #expect(try rows[0].first?.text("reasons").contains("used before") == true)
        #expect(try rows[1].first?.text("action") == "token:refresh")
        #expect(try rows[1].first?.text("outcome") == "denied")
    }

    @Test(arguments: IdentityDatabase.all)
    func ofAHundredAtOnceAllGetTheSameSuccessor(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let replies = try await parallel(100, ada.refresh, server)
            let successors = try Set(
                replies.filter { $0.status == 200 }.map { try Refreshed($0).refresh })
            #expect(successors.count == 1)
            #expect(replies.allSatisfy { $0.status == 200 }, "\(Set(replies.map(\.status)))")
            let rows = try await server.database.read(
                in: .system, [Statement("SELECT place FROM refresh_tokens")])[0]
            #expect(try rows.map { try $0.integer("place") } == [2])
            let tokens = try Set(replies.map { try Refreshed($0).tokenID })
            #expect(tokens.count == 1)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func withoutGraceOneWinsAndLosesAllTheSame(_ backend: IdentityDatabase) async throws {
        var lifetimes = SessionLifetimes()
        lifetimes.refreshGraceSeconds = 0
        try await PublicServer.with(backend, lifetimes: lifetimes) { server in
            let ada = try await server.signUp(Self.ada)
            let replies = try await parallel(100, ada.refresh, server)
            let winners = replies.filter { $0.status == 200 }
            #expect(winners.count == 1)
            #expect(replies.filter { $0.status == 400 }.count == 99)
            let won = try Refreshed(try #require(winners.first))
            #expect(try await server.refresh(won.refresh).status == 400)
            let me = try await server.ask(
                "GET", "/api/v1/me", fields: ["Authorization: Bearer \(won.access)"])
            #expect(me.status == 401)
        }
    }

    /// On PostgreSQL, what two transactions read and write on one page of an index would count as
    /// the same.
    @Test(arguments: IdentityDatabase.all)
    func strangersDoNotGetInEachOthersWay(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            var people: [SignedIn] = []
            for number in 1...8 {
                people.append(try await server.signUp("person-\(number)@example.com"))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for person in people {
                    group.addTask {
                        var token = person.refresh
                        for _ in 1...20 {
                            token = try Refreshed(try await server.refresh(token)).refresh
                        }
                    }
                }
                try await group.waitForAll()
            }
            // None of it was a minute after the sign-in.
            let rows = try await server.database.read(
                in: .system,
                [
                    Statement("SELECT MAX(place) AS place FROM refresh_tokens GROUP BY family_id"),
                    Statement("SELECT id FROM sessions WHERE last_active_at > created_at"),
                ])
            #expect(try rows[0].map { try $0.integer("place") } == Array(repeating: 21, count: 8))
            #expect(rows[1].isEmpty)
        }
    }

    private func parallel(
        _ count: Int, _ token: String, _ server: PublicServer
    ) async throws -> [HTTPReply] {
        try await withThrowingTaskGroup(of: HTTPReply.self) { group in
            for _ in 0..<count { group.addTask { try await server.refresh(token) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test(arguments: [
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=osr_x", "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=osr_x&extra=1", "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=osr_x&refresh_token=osr_y", "invalid_request"),
        ("", "invalid_request"),
    ])
    func errorsAreThoseOfOAuth(_ body: String, _ error: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.ask(
                "POST", "/oauth2/token", body,
                fields: ["Content-Type: application/x-www-form-urlencoded"])
            #expect(reply.status == 400)
            #expect(try reply.json["error"] as? String == error, "\(reply.body)")
        }
    }

    @Test func aRevokedSessionIsRefusedOnTheOtherNodeWithinASecond() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            try await server.beside { other in
                let before = try await other.ask("GET", "/api/v1/me", fields: ada.bearer)
                #expect(before.status == 200)
                let ended = try await server.ask(
                    "POST", "/api/v1/auth/sign-out", fields: ada.bearer)
                #expect(ended.status == 204, "\(ended.body)")
                let here = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
                #expect(here.status == 401)
                try await Task.sleep(for: .seconds(1))
                let there = try await other.ask("GET", "/api/v1/me", fields: ada.bearer)
                #expect(there.status == 401)
            }
            #expect(try await server.refresh(ada.refresh).status == 400)
        }
    }
}
