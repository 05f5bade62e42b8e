import Foundation
import RegoMachine
import Servers
import Testing

@testable import Identity

/// Our tokens in the hands of libraries that nobody here wrote: `make token-verifiers` installs
/// them.
@Suite struct OutsideVerificationTests {
    private static let issuer = "https://id.example.com"

    private static let python: String? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appending(path: ".build/token-verifiers").path
        let isComplete = FileManager.default.fileExists(atPath: "\(folder)/complete")
        return isComplete ? "\(folder)/bin/python" : nil
    }()

    @Test(
        .enabled(if: python != nil, "no libraries to ask: `make token-verifiers`"),
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
            var asked: [JSON] = []
            // Who keeps the set of before the rotation knows the new key, too.
            for jwks in [publishedBefore, keys.jwks] {
                for (text, isGood) in [
                    (before, true), (after, true), (Self.changed(after), false),
                ] {
                    asked.append(["jwks": jwks, "token": .text(text), "good": .boolean(isGood)])
                }
            }
            // python-jose knows no EdDSA.
            let libraries =
                ["pyjwt", "joserfc", "jwcrypto"] + (algorithm == .eddsa ? [] : ["jose"])
            let said = try Self.ask(asked, libraries)
            #expect(said == "\(asked.count * libraries.count) as expected\n")
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

    private static func ask(_ cases: [JSON], _ libraries: [String]) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(JSON.array(cases).bytes).write(to: URL(filePath: path))
        let process = Process()
        process.executableURL = URL(filePath: try #require(python))
        process.arguments = ["-W", "ignore", "-c", script, path] + libraries
        try Data().write(to: URL(filePath: "\(path).said"))
        defer { try? FileManager.default.removeItem(atPath: "\(path).said") }
        let output = try FileHandle(forWritingTo: URL(filePath: "\(path).said"))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        return try String(contentsOfFile: "\(path).said", encoding: .utf8)
    }

    private static let script = """
        import json, sys
        issuer, audience = 'https://id.example.com', 'api'
        algorithms = ['ES256', 'EdDSA', 'RS256']

        def pyjwt(token, keys):
            import jwt
            key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)['kid']]
            return jwt.decode(token, key, algorithms=algorithms, audience=audience, issuer=issuer)

        def joserfc(token, keys):
            from joserfc import jwt
            from joserfc.jwk import KeySet
            claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=algorithms).claims
            jwt.JWTClaimsRegistry(
                iss={'essential': True, 'value': issuer},
                aud={'essential': True, 'value': audience}).validate(claims)
            return claims

        def jwcrypto(token, keys):
            from jwcrypto import jwk, jwt
            checked = jwt.JWT(
                jwt=token, key=jwk.JWKSet.from_json(json.dumps(keys)), algs=algorithms,
                check_claims={'iss': issuer, 'aud': audience})
            return json.loads(checked.claims)

        def jose(token, keys):
            from jose import jwt
            return jwt.decode(token, keys, algorithms=algorithms, audience=audience, issuer=issuer)

        count = 0
        for name in sys.argv[2:]:
            for case in json.load(open(sys.argv[1])):
                try:
                    isGood = globals()[name](case['token'], case['jwks'])['sub'] == 'usr_1'
                except Exception as refusal:
                    isGood, why = False, repr(refusal)
                if isGood == case['good']: count += 1
                else: print(name, case['good'], isGood or why)
        print(count, 'as expected')
        """
}
