import Foundation
package import Identity

/// Libraries that nobody here wrote, and that verify tokens: `make token-verifiers` installs them.
package struct TokenVerifiers: Sendable {
    private let issuer: String
    private let audience: String
    private let subject: String

    /// - Parameter subject: Whose the tokens are.
    package init(issuer: String, audience: String, subject: String) {
        self.issuer = issuer
        self.audience = audience
        self.subject = subject
    }

    /// The interpreter that has them; `nil` where they are not installed.
    package static let python: String? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: ".build/token-verifiers").path
        let isComplete = FileManager.default.fileExists(atPath: "\(folder)/complete")
        return isComplete ? "\(folder)/bin/python" : nil
    }()

    package enum Library: String, Sendable, CaseIterable {
        case pyjwt, joserfc, jwcrypto
        /// Knows no EdDSA.
        case jose
    }

    /// A token, a set of keys as it is published, and what every library ought to say.
    package struct Case: Sendable {
        let token: String
        let keys: JSON
        let isGood: Bool

        package init(_ token: String, _ keys: JSON, isGood: Bool = true) {
            self.token = token
            self.keys = keys
            self.isGood = isGood
        }

        fileprivate var json: JSON {
            ["jwks": keys, "token": .text(token), "good": .boolean(isGood)]
        }
    }

    /// Puts every case to every library.
    /// - Returns: What they say otherwise, one line each; then how many answers were as they ought
    ///   to be.
    package func ask(_ cases: [Case], _ libraries: [Library]) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(JSON.array(cases.map(\.json)).bytes).write(to: URL(filePath: path))
        let process = Process()
        process.executableURL = URL(filePath: Self.python ?? "python3")
        process.arguments =
            ["-W", "ignore", "-c", Self.script, path, issuer, audience, subject]
            + libraries.map(\.rawValue)
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
        path, issuer, audience, subject = sys.argv[1:5]
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
        for name in sys.argv[5:]:
            for case in json.load(open(path)):
                try:
                    isGood = globals()[name](case['token'], case['jwks'])['sub'] == subject
                except Exception as refusal:
                    isGood, why = False, repr(refusal)
                if isGood == case['good']: count += 1
                else: print(name, case['good'], isGood or why)
        print(count, 'as expected')
        """
}
