import Forgeries
import Foundation
import RegoMachine
import Servers
import Testing

@testable import Identity

/// Our tokens in the hands of libraries that nobody here wrote.
@Suite struct OutsideVerificationTests {
    private static let issuer = "https://id.example.com"

    @Test(
        .enabled(if: TokenVerifiers.python != nil, "no libraries to ask: `make token-verifiers`"),
        arguments: SigningAlgorithm.allCases)
    func othersTakeWhatWeMadeAndNothingElse(_ algorithm: SigningAlgorithm) async throws {
        try await IdentityDatabase.sqlite.with { database in
            // They look at the real clock, and the rotation is to be now.
            let now = Int64(Date().timeIntervalSince1970) * 1_000_000
            let bench = try KeyBench(start: now - 90 * 86_400 * 1_000_000)
            let keys = bench.node(algorithm)
            try await keys.open(database)
            bench.wait(seconds: 90 * 86_400)
            try await keys.look(database)
            let tokens = AccessTokens(issuer: Self.issuer, keys: keys, host: bench.host)
            let token = AccessToken.sample(now: now / 1_000_000)
            let before = try tokens.text(of: token)
            let publishedBefore = keys.jwks
            try await bench.rotate(keys, database)
            let after = try tokens.text(of: token)
            #expect(keys.published.count == 3)
            // Who keeps the set of before the rotation knows the new key, too.
            let cases = [publishedBefore, keys.jwks].flatMap { jwks in
                [
                    TokenVerifiers.Case(before, jwks), .init(after, jwks),
                    .init(Self.changed(after), jwks, isGood: false),
                ]
            }
            let libraries = TokenVerifiers.Library.allCases.filter {
                algorithm != .eddsa || $0 != .jose
            }
            let others = TokenVerifiers(issuer: Self.issuer, audience: "api", subject: "usr_1")
            let said = try others.ask(cases, libraries)
            #expect(said == "\(cases.count * libraries.count) as expected\n")
        }
    }

    /// The same with another first letter of the subject.
    private static func changed(_ text: String) -> String {
        let parts = text.split(separator: ".").map(String.init)
        let payload = (try? Base64.url.decode(Array(parts[1].utf8), padded: false)) ?? []
        let other = String(decoding: payload, as: UTF8.self).replacing("usr_1", with: "usr_2")
        let digits = Base64.url.encode(Array(other.utf8), padded: false)
        return "\(parts[0]).\(String(decoding: digits, as: UTF8.self)).\(parts[2])"
    }
}
