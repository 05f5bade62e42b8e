import Forgeries
import Identity
import Loopback
import Servers
import Storage
import Testing

/// Tokens that the built binary has given to somebody who has signed in, verified by libraries that
/// nobody here wrote, with the keys that it publishes.
@Suite struct IssuedTokenTests {
    private static let ada = "ada@example.com"
    private static let issuer = "http://localhost:8080"

    @Test(
        .enabled(if: TokenVerifiers.python != nil, "no libraries to ask: `make token-verifiers`"),
        arguments: SigningAlgorithm.allCases)
    func othersTakeThemBeforeAndAfterARotation(_ algorithm: SigningAlgorithm) async throws {
        try await EmptyInstallation.with(.sqlite) { installation in
            let flags = ["--signing-algorithm", algorithm.rawValue]
            let first = try await ServedNode.start(installation, flags)
            let ada = try await first.signUp(Self.ada)
            let before = try Refreshed(try await first.refresh(ada.refresh))
            let keysBefore = try await keys(first)
            try await first.end()
            try await age(installation)
            let said = try await ServedNode.run(["keys", "rotate"] + installation.flags)
            let second = try await ServedNode.start(installation, flags)
            let after = try Refreshed(try await second.refresh(before.refresh))
            let keysAfter = try await keys(second)
            let (oldKey, newKey) = (try before.keyID, try after.keyID)
            #expect(said == "key \(newKey) signs from now on\n")
            #expect(oldKey != newKey)
            for token in [before, after] {
                let me = try await second.client.ask("GET", "/api/v1/me", fields: token.bearer)
                #expect(me.status == 200, "\(me.body)")
            }
            try await second.end()
            // The key that signs now was published before, the one that signed before still is.
            let cases = [keysBefore, keysAfter].flatMap { keys in
                [before, after].map { TokenVerifiers.Case($0.access, keys) }
            }
            try expectTaken(cases, of: ada.account, algorithm)
        }
    }

    private func expectTaken(
        _ cases: [TokenVerifiers.Case], of account: String, _ algorithm: SigningAlgorithm
    ) throws {
        let libraries = TokenVerifiers.Library.allCases.filter {
            algorithm != .eddsa || $0 != .jose
        }
        let others = TokenVerifiers(issuer: Self.issuer, audience: Self.issuer, subject: account)
        let said = try others.ask(cases, libraries)
        #expect(said == "\(cases.count * libraries.count) as expected\n")
    }

    private func keys(_ node: ServedNode) async throws -> JSON {
        let reply = try await node.client.ask("GET", "/.well-known/jwks.json")
        #expect(reply.status == 200)
        return try JSON(reading: Array(reply.body.utf8))
    }

    /// Six minutes pass, in which everybody gets to know the next key.
    private func age(_ installation: EmptyInstallation) async throws {
        try await installation.open { database in
            _ = try await database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement("UPDATE signing_keys SET created_at = created_at - 360000000"))
            }
        }
    }
}
