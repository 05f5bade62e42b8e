import Identity
import Loopback
import Outbound
import Server
import Servers
import Storage
import Testing

/// Guessers: what they get through, and whom they keep out.
@Suite struct LockOutTests {
    private static let ada = "ada@example.com"

    @Test(arguments: IdentityDatabase.all)
    func aGuesserGetsAHundredAndTheOwnerComesIn(_ backend: IdentityDatabase) async throws {
        let guesses = Rounds.count(130)
        let change: @Sendable (inout PublicOptions) -> Void = { options in
            options.trustedProxies = ["127.0.0.0/8"].compactMap(AddressRange.init)
        }
        try await PublicServer.with(backend, changing: change) { server in
            let ada = try await server.signUp(Self.ada)
            let device = try #require(ada.device)
            async let owner: Void = comeIn(10, with: device, server)
            try await guess(guesses, server)
            try await owner
            // What is right is refused as what is wrong, with the same words.
            let stranger = try await server.signIn(Self.ada)
            #expect(stranger.status == 401)
            #expect(try stranger.json["code"] as? String == "invalid_credentials")
            let known = try await server.signIn(Self.ada, device: device)
            #expect(known.status == 200, "\(known.body)")
            #expect(try await server.signIn(Self.ada).status == 401)
            let forged = try await server.signIn(
                Self.ada, device: OpaqueToken(.device, .system).text)
            #expect(forged.status == 401)
            try await expectRefusals(of: guesses, server)
        }
    }

    private func guess(_ count: Int, _ server: PublicServer) async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in stride(from: worker, to: count, by: 8) {
                        let address = "203.0.\(number / 256 % 256).\(number % 256)"
                        let reply = try await server.signIn(
                            Self.ada, password: "a guess of number \(number)",
                            fields: ["X-Forwarded-For: \(address)"])
                        #expect(reply.status == 401)
                    }
                    return 0
                }
            }
            try await group.waitForAll()
        }
    }

    /// The owner, while others guess.
    private func comeIn(_ count: Int, with device: String, _ server: PublicServer) async throws {
        for number in 0..<count {
            let reply = try await server.signIn(Self.ada, device: device)
            #expect(reply.status == 200, "\(number): \(reply.body)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Of all guesses, a hundred were compared with what is right.
    private func expectRefusals(of guesses: Int, _ server: PublicServer) async throws {
        let rows = try await server.database.read(
            in: .system,
            [
                Statement(
                    """
                    SELECT rule, COUNT(*) AS count FROM decisions
                    WHERE action = 'session:create' AND is_allowed = FALSE GROUP BY rule
                    """)
            ])[0]
        var counts: [String: Int64] = [:]
        for row in rows { counts[try row.text("rule")] = try row.integer("count") }
        #expect(counts["default"] == 100)
        #expect(counts["lane_closed"] ?? 0 >= Int64(guesses - 100))
    }

    @Test func aMailOpensWhatGuessesHaveClosed() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            _ = try await server.signIn(Self.ada, password: "a wrong one to begin with")
            try await server.edit("UPDATE sign_in_lanes SET failures = 100")
            #expect(try await server.signIn(Self.ada).status == 401)
            let begun = try await server.ask(
                "POST", "/api/v1/auth/magic-link", #"{"email":"\#(Self.ada)"}"#)
            let attempt = try #require(try begun.json["attempt_token"] as? String)
            let code = try await server.mailbox.mail(to: Self.ada, "Sign in").code
            let redeemed = try await server.ask(
                "POST", "/api/v1/auth/magic-link/redeem",
                #"{"code":"\#(code)","attempt_token":"\#(attempt)"}"#)
            #expect(redeemed.status == 200, "\(redeemed.body)")
            #expect(try await server.signIn(Self.ada).status == 200)
        }
    }

    @Test func aKnownDeviceHasAHundredToo() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let device = try #require(ada.device)
            _ = try await server.signIn(Self.ada, password: "a wrong one here", device: device)
            try await server.edit("UPDATE sign_in_lanes SET failures = 99")
            #expect(try await server.signIn(Self.ada, device: device).status == 200)
            _ = try await server.signIn(Self.ada, password: "a wrong one here", device: device)
            try await server.edit("UPDATE sign_in_lanes SET failures = 100")
            #expect(try await server.signIn(Self.ada, device: device).status == 401)
            // Strangers to the account are another lane.
            #expect(try await server.signIn(Self.ada).status == 200)
        }
    }
}
