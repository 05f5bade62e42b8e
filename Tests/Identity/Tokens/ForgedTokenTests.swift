import Cryptography
import Foundation
import RegoMachine
import Servers
import Storage
import Testing

@testable import Identity

/// Tokens that somebody else has made, or made otherwise. Each differs in one thing from one that
/// is taken; those whose payload or header is another's are signed with our own key, for a mistake
/// of ours elsewhere must not open the door here.
@Suite struct ForgedTokenTests {
    private static let issuer = "https://id.example.com"

    /// A token in parts, and the key to sign it anew.
    struct Parts: Sendable {
        var header: String
        var payload: String
        let key: SigningKey
        let now: Int64

        static func digits(_ bytes: some Sequence<UInt8>) -> String {
            String(decoding: Base64.url.encode(Array(bytes), padded: false), as: UTF8.self)
        }

        var signed: String { "\(Self.digits(header.utf8)).\(Self.digits(payload.utf8))" }

        func signature(of signed: String) throws -> [UInt8] {
            try #require(key.privateKey).signature(
                of: Array(signed.utf8).span, key.algorithm.signature)
        }

        func text(_ header: String? = nil, _ payload: String? = nil) throws -> String {
            var parts = self
            parts.header = header ?? self.header
            parts.payload = payload ?? self.payload
            return "\(parts.signed).\(Self.digits(try signature(of: parts.signed)))"
        }

        /// With a claim instead of another; both as they stand in JSON.
        func replacing(_ old: String, _ new: String) throws -> String {
            #expect(payload.contains(old), "\(old)")
            return try text(nil, payload.replacing(old, with: new))
        }

        func adding(header member: String) throws -> String {
            try text("{\(member),\(header.dropFirst())")
        }
    }

    private func with(
        _ algorithm: SigningAlgorithm = .es256, _ body: (AccessTokens, Parts) throws -> Void
    ) async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let keys = bench.node(algorithm)
            try await keys.open(database)
            let tokens = AccessTokens(issuer: Self.issuer, keys: keys, host: bench.host)
            let now = bench.now / 1_000_000
            let text = try tokens.text(of: .sample(now: now))
            let jws = try #require(CompactJWS(text, bytesMax: AccessToken.textBytesMax))
            let parts = Parts(
                header: String(decoding: jws.header.bytes, as: UTF8.self),
                payload: String(decoding: jws.payload, as: UTF8.self), key: try keys.signer(),
                now: now)
            #expect(tokens.token(try parts.text(), for: "api") != nil, "the control")
            try body(tokens, parts)
        }
    }

    private func refuse(_ forged: [String: String], _ tokens: AccessTokens) {
        for (name, text) in forged {
            #expect(tokens.token(text, for: "api") == nil, "\(name): \(text.prefix(200))")
        }
    }

    @Test func algorithmsAreTheKeysAndNotTheTokens() async throws {
        try await with { tokens, parts in
            var forged: [String: String] = [:]
            for name in ["none", "None", "nOnE", "", "HS256", "RS256", "ES384", "EdDSA", "es256"] {
                let header = parts.header.replacing("\"ES256\"", with: "\"\(name)\"")
                forged[name] = try parts.text(header)
                var unsigned = parts
                unsigned.header = header
                forged["\(name) unsigned"] = "\(unsigned.signed)."
                forged["\(name) without a third part"] = unsigned.signed
            }
            let header = parts.header.replacing("ES256", with: "HS256")
            let secrets = [
                try parts.key.publicKey.publicKeyDER(), parts.key.jwk?.bytes ?? [], [],
                Array(parts.key.id.utf8),
            ]
            for (index, secret) in secrets.enumerated() {
                var keyed = parts
                keyed.header = header
                let code = try Authenticator(key: secret.span, .sha256)
                    .code(Array(keyed.signed.utf8).span)
                forged["HS256 with public bytes \(index)"] =
                    "\(keyed.signed).\(Parts.digits(code))"
            }
            refuse(forged, tokens)
        }
    }

    @Test func keysAreThoseWePublish() async throws {
        try await with { tokens, parts in
            let other = try Key(generating: .ec(.p256))
            let jwk = try #require(PublicJWK(other))
            let own = String(decoding: jwk.json(id: "a", .es256).bytes, as: UTF8.self)
            let signature = try other.signature(of: Array(parts.signed.utf8).span, .es256)
            var forged = ["another's key": "\(parts.signed).\(Parts.digits(signature))"]
            for id in [
                "../../dev/null", "' OR 1=1 --", jwk.thumbprint, "", " \(parts.key.id)",
                String(repeating: "a", count: 10_240),
            ] {
                let header = parts.header.replacing(parts.key.id, with: id)
                var named = parts
                named.header = header
                let signature = try other.signature(of: Array(named.signed.utf8).span, .es256)
                forged["kid \(id.prefix(20))"] = "\(named.signed).\(Parts.digits(signature))"
                forged["kid \(id.prefix(20)), ours"] = try parts.text(header)
            }
            for member in [
                #""jwk":\#(own)"#, #""jku":"https://evil.test/jwks.json""#,
                #""x5u":"https://evil.test/cert.pem""#, #""x5c":["MIIB"]"#,
            ] { forged[member] = try parts.adding(header: member) }
            for header in [
                #"{"typ":"at+jwt","alg":"ES256"}"#, #"{"typ":"at+jwt","alg":"ES256","kid":null}"#,
                #"{"typ":"at+jwt","alg":"ES256","kid":["\#(parts.key.id)"]}"#,
            ] { forged[header] = try parts.text(header) }
            refuse(forged, tokens)
        }
    }

    @Test func headersSayNothingElse() async throws {
        try await with { tokens, parts in
            var forged: [String: String] = [:]
            for member in [
                #""crit":["exp"],"exp":1"#, #""crit":[]"#, #""b64":false,"crit":["b64"]"#,
                #""zip":"DEF""#, #""cty":"JWT""#, #""enc":"A256GCM""#, #""alg":"ES256""#,
                #""typ":"at+jwt""#, #""kid":"\#(parts.key.id)""#, #""a":1"#,
            ] { forged[member] = try parts.adding(header: member) }
            for type in [
                "JWT", "at+JWT", "logout+jwt", "dpop+jwt", "application/at+jwt", "", "jwt",
            ] {
                let header = parts.header.replacing(#""at+jwt""#, with: #""\#(type)""#)
                forged["typ \(type)"] = try parts.text(header)
            }
            for header in [
                "", "{}", "[]", "null", "1", #""at+jwt""#, parts.header + " x",
                "\u{FEFF}\(parts.header)",
                String(repeating: "[", count: 400),
                String(repeating: " ", count: 600) + parts.header,
            ] { forged["header \(header.prefix(30))"] = try parts.text(header) }
            forged["no type"] = try parts.text(
                parts.header.replacing(#""typ":"at+jwt","#, with: ""))
            refuse(forged, tokens)
        }
    }

    @Test(arguments: [SigningAlgorithm.es256, .eddsa, .rs256])
    func signaturesAreOfThisTokenInThisForm(_ algorithm: SigningAlgorithm) async throws {
        try await with(algorithm) { tokens, parts in
            let signed = parts.signed
            let signature = try parts.signature(of: signed)
            var forged = ["none": "\(signed)."]
            for (name, bytes) in [
                ("zeros", [UInt8](repeating: 0, count: signature.count)),
                ("ones", [UInt8](repeating: 0xFF, count: signature.count)),
                ("one short", Array(signature.dropLast())), ("one long", signature + [0]),
                ("zero before", [0] + signature), ("twice", signature + signature),
                (
                    "r = 0",
                    [UInt8](repeating: 0, count: signature.count / 2)
                        + Array(signature[(signature.count / 2)...])
                ),
                ("DER", [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]),
                ("of another token", try parts.signature(of: signed + "A")),
                ("of the payload", try parts.signature(of: parts.payload)),
            ] { forged[name] = "\(signed).\(Parts.digits(bytes))" }
            refuse(forged, tokens)
        }
    }

    /// s and n - s verify alike for the same r: what counts is that neither is taken for another
    /// token; an s above the order is none.
    @Test func numbersBeyondTheOrderAreNone() async throws {
        try await with { tokens, parts in
            let signature = try parts.signature(of: parts.signed)
            let order = try #require(
                [UInt8](
                    hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
            )
            for bytes in [
                order + Array(signature[32...]), Array(signature[..<32]) + order,
            ] {
                refuse(["order": "\(parts.signed).\(Parts.digits(bytes))"], tokens)
            }
        }
    }

    @Test func timesAreWholeSecondsOfAShortLife() async throws {
        try await with { tokens, parts in
            let (issued, expires) = ("\"iat\":\(parts.now)", "\"exp\":\(parts.now + 900)")
            var forged: [String: String] = [:]
            for value in [
                "\"\(parts.now + 900)\"", "\(parts.now + 900).0", "\(parts.now + 900)e0", "1e400",
                "1e3", "-1", "0", "null", "true", "[]", "9223372036854775807",
                "99999999999999999999", "\(parts.now - 31)", "\(parts.now + 901)",
                "\(parts.now + 86_400)", "0x7FFFFFFF", "NaN", "Infinity",
            ] {
                forged["exp \(value)"] = try parts.replacing(expires, "\"exp\":\(value)")
            }
            for value in ["\(parts.now + 31)", "\(parts.now)000", "\"\(parts.now)\"", "null", "-1"]
            {
                forged["iat \(value)"] = try parts.replacing(issued, "\"iat\":\(value)")
            }
            forged["both past"] = try parts.text(
                nil,
                parts.payload.replacing(issued, with: "\"iat\":\(parts.now - 930)")
                    .replacing(expires, with: "\"exp\":\(parts.now - 30)"))
            forged["both future"] = try parts.text(
                nil,
                parts.payload.replacing(issued, with: "\"iat\":\(parts.now + 31)")
                    .replacing(expires, with: "\"exp\":\(parts.now + 931)"))
            forged["nbf"] = try parts.replacing(issued, "\(issued),\"nbf\":\(parts.now + 31)")
            forged["nbf text"] = try parts.replacing(issued, "\(issued),\"nbf\":\"1\"")
            forged["auth_time"] = try parts.replacing(
                "\"auth_time\":\(parts.now - 5)", "\"auth_time\":\(parts.now + 31)")
            refuse(forged, tokens)
            let started = try parts.replacing(issued, "\(issued),\"nbf\":\(parts.now + 30)")
            #expect(tokens.token(started, for: "api") != nil)
        }
    }

    @Test func claimsAreThereOnceAndOfTheirKind() async throws {
        try await with { tokens, parts in
            guard case .object(let claims) = try JSON(reading: Array(parts.payload.utf8)) else {
                return
            }
            let optional: Set<String> = ["sid", "org"]
            var forged: [String: String] = [:]
            for claim in claims {
                let others = claims.filter { $0.name != claim.name }
                let without = String(decoding: JSON.object(others).bytes, as: UTF8.self)
                if !optional.contains(claim.name) {
                    forged["no \(claim.name)"] = try parts.text(nil, without)
                }
                for value in ["null", "[[]]", "{}", "\"\\u0000\"", "\"\\ud800\"", "1.5"] {
                    forged["\(claim.name) \(value)"] = try parts.text(
                        nil, "{\"\(claim.name)\":\(value),\(without.dropFirst())")
                }
                let own = JSON.object([claim]).bytes.dropFirst().dropLast()
                forged["\(claim.name) twice"] = try parts.text(
                    nil, "{\(String(decoding: own, as: UTF8.self)),\(parts.payload.dropFirst())")
            }
            for (old, new) in [
                (#""iss":"https:\/\/id.example.com""#, #""iss":"https://id.example.com/""#),
                (#""aud":"api""#, #""aud":["api"]"#), (#""aud":"api""#, #""aud":["api","other"]"#),
                (#""aud":"api""#, #""aud":"other""#), (#""sub":"usr_1""#, #""sub":"""#),
                (#""sub":"usr_1""#, #""sub":"usr_1","roles":["owner"]"#),
                (#""sub":"usr_1""#, #""sub":"usr_1","Sub":"usr_2""#),
                (#""sub":"usr_1""#, #""sub":"usr_1","s\u0075b":"usr_2""#),
                (#""sub":"usr_1""#, #""sub":"usr_1","act":"usr_2""#),
                (#""sub":"usr_1""#, #""sub":"usr_1","cnf":{"jwk":{}}"#),
            ] {
                let old = parts.payload.contains(old) ? old : old.replacing("\\/", with: "/")
                forged[new] = try parts.replacing(old, new)
            }
            refuse(forged, tokens)
        }
    }

    @Test func payloadsAreSmallAndPlain() async throws {
        try await with { tokens, parts in
            var forged: [String: String] = [:]
            for (name, payload) in [
                ("empty", ""), ("array", "[\(parts.payload)]"), ("text", "\"\(parts.key.id)\""),
                ("behind", parts.payload + "{}"), ("comment", parts.payload + "//"),
                ("mark", "\u{FEFF}" + parts.payload), ("nested", try parts.text()),
                (
                    "deep",
                    "{\"act\":\(String(repeating: "[", count: 2_500))"
                        + "\(String(repeating: "]", count: 2_500)),\(parts.payload.dropFirst())"
                ), ("large", parts.payload + String(repeating: " ", count: 1 << 20)),
            ] { forged[name] = try parts.text(nil, payload) }
            let bytes = Array(parts.payload.replacing("usr_1", with: "usr\u{1}").utf8)
            for (name, bad) in [("UTF-8", UInt8(0xFF)), ("control", 0x01), ("NUL", 0x00)] {
                let damaged = bytes.map { $0 == 1 ? bad : $0 }
                let signed = "\(Parts.digits(parts.header.utf8)).\(Parts.digits(damaged))"
                forged[name] = "\(signed).\(Parts.digits(try parts.signature(of: signed)))"
            }
            refuse(forged, tokens)
        }
    }

    @Test func theTextHasOneForm() async throws {
        try await with { tokens, parts in
            let text = try parts.text()
            let pieces = text.split(separator: ".")
            var forged = [
                "space before": " \(text)", "space behind": "\(text) ", "line": "\(text)\n",
                "break": text.replacing(".", with: ".\n"), "four parts": "\(text).a",
                "five parts": "\(text).a.b", "period": "\(text).",
                "two parts": "\(pieces[0]).\(pieces[1])",
                "empty": "", "periods": "..", "header alone": "\(pieces[0])..",
                "no header": ".\(pieces[1]).\(pieces[2])", "twice": "\(text).\(text)",
                "JSON": #"{"payload":"\#(pieces[1])","signatures":[]}"#, "Bearer": "Bearer \(text)",
                "large": text + String(repeating: "A", count: 1 << 20),
                "plus and slash": text.replacing("-", with: "+").replacing("_", with: "/"),
                "percent": text.replacing(".", with: "%2E"), "wide": text.replacing("e", with: "е"),
            ]
            if forged["plus and slash"] == text { forged["plus and slash"] = nil }
            for index in pieces.indices {
                for padding in ["=", "==", "\n", "A"] {
                    var changed = pieces.map(String.init)
                    changed[index] += padding
                    forged["part \(index) and \(padding)"] = changed.joined(separator: ".")
                }
            }
            refuse(forged, tokens)
        }
    }
}
