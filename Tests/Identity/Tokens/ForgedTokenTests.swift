import Forgeries
import Servers
import Testing

@testable import Identity

/// Tokens that were not made here, or otherwise than here.
@Suite struct ForgedTokenTests {
    private func with(
        _ algorithm: SigningAlgorithm = .es256, _ body: (AccessTokens, ForgedTokens) throws -> Void
    ) async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let keys = bench.node(algorithm)
            try await keys.open(database)
            let tokens = AccessTokens(
                issuer: "https://id.example.com", keys: keys, host: bench.host)
            let text = try tokens.text(of: .sample(now: bench.now / 1_000_000))
            let forged = try ForgedTokens(from: text, by: keys)
            let control = try forged.control()
            #expect(tokens.token(control, for: "api") != nil, "the control")
            try body(tokens, forged)
        }
    }

    private func refuse(_ forged: [String: String], _ tokens: AccessTokens) {
        for (name, text) in forged {
            #expect(tokens.token(text, for: "api") == nil, "\(name): \(text.prefix(200))")
        }
    }

    @Test(arguments: ForgedTokens.Kind.allCases)
    func noneOfAKindIsTaken(_ kind: ForgedTokens.Kind) async throws {
        try await with { tokens, forged in refuse(try forged.all(kind), tokens) }
    }

    @Test(arguments: [SigningAlgorithm.eddsa, .rs256])
    func signaturesAreOfThisTokenInThisForm(_ algorithm: SigningAlgorithm) async throws {
        try await with(algorithm) { tokens, forged in
            refuse(try forged.all(.signatures), tokens)
        }
    }

    @Test func clocksMayDifferALittle() async throws {
        try await with { tokens, forged in
            let started = try forged.started()
            #expect(tokens.token(started, for: "api") != nil)
        }
    }
}
