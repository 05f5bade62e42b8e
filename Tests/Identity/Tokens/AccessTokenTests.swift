import Cryptography
import Foundation
import RegoMachine
import Servers
import Storage
import Testing

@testable import Identity

extension AccessToken {
    /// - Parameter now: Seconds since 1970.
    static func sample(
        now: Int64, end: Int64 = .max, scopes: [String] = ["member:read", "openid"],
        session: String? = "ses_1",
        organization: String? = "org_1", actor: String? = nil, confirmation: String? = nil
    ) -> AccessToken {
        AccessToken(
            id: "jti_1", subject: "usr_1", audience: "api", client: "cli_1", issuedAt: now,
            end: end, scopes: scopes, session: session, organization: organization,
            signIn: SignIn(methods: ["pwd"], assurance: "1", at: now - 5), actor: actor,
            confirmation: confirmation)
    }
}

/// Access tokens that were made here.
@Suite struct AccessTokenTests {
    private static let issuer = "https://id.example.com"

    private func with(
        _ algorithm: SigningAlgorithm = .es256,
        _ body: (AccessTokens, KeyBench) async throws -> Void
    ) async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let keys = bench.node(algorithm)
            try await keys.open(database)
            try await body(
                AccessTokens(issuer: Self.issuer, keys: keys, host: bench.host), bench)
        }
    }

    @Test(arguments: SigningAlgorithm.allCases)
    func aTokenSaysWhatItWasMadeOf(_ algorithm: SigningAlgorithm) async throws {
        try await with(algorithm) { tokens, bench in
            let now = bench.now / 1_000_000
            for token in [
                AccessToken.sample(now: now), .sample(now: now, scopes: []),
                .sample(now: now, session: nil, organization: nil),
                .sample(now: now, actor: "usr_2", confirmation: "thumb"),
            ] {
                let text = try tokens.text(of: token)
                #expect(tokens.token(text, for: "api") == token)
            }
        }
    }

    @Test func noRoleStandsInIt() async throws {
        try await with { tokens, bench in
            let text = try tokens.text(of: .sample(now: bench.now / 1_000_000, actor: "a"))
            let jws = try #require(CompactJWS(text, bytesMax: AccessToken.textBytesMax))
            guard case .object(let claims) = try JSON(reading: jws.payload) else { return }
            #expect(
                claims.map(\.name) == [
                    "iss", "sub", "aud", "exp", "iat", "jti", "sid", "org", "client_id", "scope",
                    "amr", "acr", "auth_time", "act",
                ])
            guard case .object(let header) = jws.header else { return }
            #expect(header.map(\.name) == ["typ", "alg", "kid"])
        }
    }

    @Test func itEndsWithWhatStandsBehindIt() async throws {
        try await with { tokens, bench in
            let now = bench.now / 1_000_000
            let token = AccessToken.sample(now: now, end: now + 60)
            #expect(token.expiresAt == now + 60)
            #expect(AccessToken.sample(now: now, end: now + 901).expiresAt == now + 900)
            let text = try tokens.text(of: token)
            bench.wait(seconds: 89)
            #expect(tokens.token(text, for: "api") == token)
            bench.wait(seconds: 1)
            #expect(tokens.token(text, for: "api") == nil)
        }
    }

    @Test func itLivesFifteenMinutes() async throws {
        try await with { tokens, bench in
            let text = try tokens.text(of: .sample(now: bench.now / 1_000_000))
            // Clocks may differ by half a minute.
            bench.wait(seconds: 929)
            #expect(tokens.token(text, for: "api") != nil)
            bench.wait(seconds: 1)
            #expect(tokens.token(text, for: "api") == nil)
        }
    }

    @Test func clocksThatAreBehindTakeIt() async throws {
        try await with { tokens, bench in
            let now = bench.now / 1_000_000
            for (seconds, isTaken) in [(30, true), (31, false)] as [(Int64, Bool)] {
                let text = try tokens.text(of: .sample(now: now + seconds))
                #expect((tokens.token(text, for: "api") != nil) == isTaken)
            }
        }
    }

    @Test func itIsForOneAudienceOfOneIssuer() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let keys = bench.node()
            try await keys.open(database)
            let tokens = AccessTokens(issuer: Self.issuer, keys: keys, host: bench.host)
            let text = try tokens.text(of: .sample(now: bench.now / 1_000_000))
            for audience in ["", "API", "api ", "other", Self.issuer] {
                #expect(tokens.token(text, for: audience) == nil)
            }
            for issuer in ["\(Self.issuer)/", "https://id.example.co", "http://id.example.com"] {
                let other = AccessTokens(issuer: issuer, keys: keys, host: bench.host)
                #expect(other.token(text, for: "api") == nil)
            }
        }
    }

    @Test func itIsGoodAfterItsKeyWasReplacedAndNotAfterThat() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let keys = bench.node()
            try await keys.open(database)
            bench.wait(seconds: 90 * 86_400)
            try await keys.look(database)
            let tokens = AccessTokens(issuer: Self.issuer, keys: keys, host: bench.host)
            let text = try tokens.text(of: .sample(now: bench.now / 1_000_000))
            try await bench.rotate(keys, database)
            #expect(tokens.token(text, for: "api") != nil)
            // Made by a thief who has copied the key before.
            let late = AccessToken.sample(now: bench.now / 1_000_000 + 990)
            let thief = AccessTokens(
                issuer: Self.issuer, keys: bench.node(), host: bench.host)
            #expect(throws: SigningFailure.stale) { try thief.text(of: late) }
            bench.wait(seconds: 990)
            #expect(keys.published.allSatisfy { $0.state != .retired })
        }
    }

    /// Every byte counts, the last of each part too.
    @Test(arguments: SigningAlgorithm.allCases)
    func aTokenOfWhichOneBitIsAnotherIsNone(_ algorithm: SigningAlgorithm) async throws {
        try await with(algorithm) { tokens, bench in
            let text = try tokens.text(of: .sample(now: bench.now / 1_000_000))
            let bytes = Array(text.utf8)
            var taken: [Int] = []
            for index in bytes.indices {
                // Tests that wait for a server share their few threads with this one.
                await Task.yield()
                var changed = bytes
                changed[index] ^= 1 << UInt8(index % 8)
                let other = String(decoding: changed, as: UTF8.self)
                if tokens.token(other, for: "api") != nil { taken.append(index) }
            }
            #expect(taken == [])
        }
    }
}
