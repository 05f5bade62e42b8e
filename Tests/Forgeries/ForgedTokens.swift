import Cryptography
import RegoMachine

@testable package import Identity

/// Tokens that somebody else has made, or made otherwise. Each differs in one thing from one that
/// is taken; those whose payload or header is another's are signed with our own key, for a mistake
/// of ours elsewhere must not open the door here.
package struct ForgedTokens: Sendable {
    let header: String
    let payload: String
    private let key: SigningKey
    private let claims: [JSON.Member]
    /// When the one that is taken was made; seconds since 1970.
    private let now: Int64
    /// By how much an instant is too late.
    private let seconds: Int64

    /// - Parameter text: One that is taken.
    /// - Parameter keys: Those of its server: the active one has signed it.
    /// - Parameter seconds: What may pass until the forged ones are shown.
    package init(from text: String, by keys: SigningKeys, seconds: Int64 = 1) throws {
        guard let jws = CompactJWS(text, bytesMax: AccessToken.textBytesMax),
            case .object(let claims) = try JSON(reading: jws.payload)
        else { throw SigningFailure.failed }
        header = String(decoding: jws.header.bytes, as: UTF8.self)
        payload = String(decoding: jws.payload, as: UTF8.self)
        key = try keys.signer()
        self.claims = claims
        now = JSON.object(claims)["iat"]?.integer ?? 0
        self.seconds = seconds
    }

    /// What is wrong with some.
    package enum Kind: String, Sendable, CaseIterable {
        case algorithms, keys, headers, signatures, numbers, times, claims, payloads, forms
    }

    /// By what is wrong with each.
    package func all(_ kind: Kind) throws -> [String: String] {
        switch kind {
        case .algorithms: try algorithms()
        case .keys: try keys()
        case .headers: try headers()
        case .signatures: try signatures()
        case .numbers: try numbers()
        case .times: try times()
        case .claims: try otherClaims()
        case .payloads: try payloads()
        case .forms: try forms()
        }
    }

    /// The token that is taken, signed anew.
    package func control() throws -> String { try text() }

    /// One that began to be good as late as clocks may differ.
    package func started() throws -> String {
        try replacing(member("iat"), "\(member("iat")),\"nbf\":\(now + 30)")
    }
}

// MARK: Parts

extension ForgedTokens {
    private static func digits(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Base64.url.encode(Array(bytes), padded: false), as: UTF8.self)
    }

    private func signed(_ header: String? = nil, _ payload: String? = nil) -> String {
        let parts = [header ?? self.header, payload ?? self.payload]
        return parts.map { Self.digits($0.utf8) }.joined(separator: ".")
    }

    private func signature(of signed: String) throws -> [UInt8] {
        guard let own = key.privateKey else { throw SigningFailure.failed }
        return try own.signature(of: Array(signed.utf8).span, key.algorithm.signature)
    }

    private func text(_ header: String? = nil, _ payload: String? = nil) throws -> String {
        let signed = signed(header, payload)
        return "\(signed).\(Self.digits(try signature(of: signed)))"
    }

    /// With a claim instead of another; both as they stand in JSON.
    private func replacing(_ old: String, _ new: String) throws -> String {
        precondition(payload.contains(old), "\(old) does not stand in the payload")
        return try text(nil, payload.replacing(old, with: new))
    }

    private func adding(header member: String) throws -> String {
        try text("{\(member),\(header.dropFirst())")
    }

    /// A claim with its name, as it stands in the payload.
    private func member(_ name: String) -> String {
        let own = claims.filter { $0.name == name }
        return String(decoding: JSON.object(own).bytes.dropFirst().dropLast(), as: UTF8.self)
    }
}

// MARK: Headers

extension ForgedTokens {
    private func algorithms() throws -> [String: String] {
        let own = "\"\(key.algorithm.rawValue)\""
        var forged: [String: String] = [:]
        for name in ["none", "None", "nOnE", "", "HS256", "RS256", "ES384", "EdDSA", "es256"] {
            let header = header.replacing(own, with: "\"\(name)\"")
            forged[name] = try text(header)
            forged["\(name) unsigned"] = "\(signed(header))."
            forged["\(name) without a third part"] = signed(header)
        }
        let keyed = signed(header.replacing(own, with: "\"HS256\""))
        let secrets = [
            try key.publicKey.publicKeyDER(), key.jwk?.bytes ?? [], [], Array(key.id.utf8),
        ]
        for (index, secret) in secrets.enumerated() {
            let code = try Authenticator(key: secret.span, .sha256).code(Array(keyed.utf8).span)
            forged["HS256 with public bytes \(index)"] = "\(keyed).\(Self.digits(code))"
        }
        return forged
    }

    private func keys() throws -> [String: String] {
        let other = try Key(generating: .ec(.p256))
        guard let jwk = PublicJWK(other) else { throw SigningFailure.failed }
        let own = String(decoding: jwk.json(id: "a", .es256).bytes, as: UTF8.self)
        let signature = try other.signature(of: Array(signed().utf8).span, .es256)
        var forged = ["another's key": "\(signed()).\(Self.digits(signature))"]
        for id in [
            "../../dev/null", "' OR 1=1 --", jwk.thumbprint, "", " \(key.id)",
            String(repeating: "a", count: 10_240),
        ] {
            let header = header.replacing(key.id, with: id)
            let signed = signed(header)
            let signature = try other.signature(of: Array(signed.utf8).span, .es256)
            forged["kid \(id.prefix(20))"] = "\(signed).\(Self.digits(signature))"
            forged["kid \(id.prefix(20)), ours"] = try text(header)
        }
        for member in [
            #""jwk":\#(own)"#, #""jku":"https://evil.test/jwks.json""#,
            #""x5u":"https://evil.test/cert.pem""#, #""x5c":["MIIB"]"#,
        ] { forged[member] = try adding(header: member) }
        for header in [
            #"{"typ":"at+jwt","alg":"ES256"}"#, #"{"typ":"at+jwt","alg":"ES256","kid":null}"#,
            #"{"typ":"at+jwt","alg":"ES256","kid":["\#(key.id)"]}"#,
        ] { forged[header] = try text(header) }
        return forged
    }

    private func headers() throws -> [String: String] {
        var forged: [String: String] = [:]
        for member in [
            #""crit":["exp"],"exp":1"#, #""crit":[]"#, #""b64":false,"crit":["b64"]"#,
            #""zip":"DEF""#, #""cty":"JWT""#, #""enc":"A256GCM""#, #""alg":"ES256""#,
            #""typ":"at+jwt""#, #""kid":"\#(key.id)""#, #""a":1"#,
        ] { forged[member] = try adding(header: member) }
        for type in [
            "JWT", "at+JWT", "logout+jwt", "dpop+jwt", "application/at+jwt", "", "jwt",
        ] {
            let header = header.replacing(#""at+jwt""#, with: #""\#(type)""#)
            forged["typ \(type)"] = try text(header)
        }
        for header in [
            "", "{}", "[]", "null", "1", #""at+jwt""#, header + " x", "\u{FEFF}\(header)",
            String(repeating: "[", count: 400), String(repeating: " ", count: 600) + header,
        ] { forged["header \(header.prefix(30))"] = try text(header) }
        forged["no type"] = try text(header.replacing(#""typ":"at+jwt","#, with: ""))
        return forged
    }
}

// MARK: Signatures

extension ForgedTokens {
    private func signatures() throws -> [String: String] {
        let signed = signed()
        let signature = try signature(of: signed)
        let half = signature.count / 2
        var forged = ["none": "\(signed)."]
        for (name, bytes) in [
            ("zeros", [UInt8](repeating: 0, count: signature.count)),
            ("ones", [UInt8](repeating: 0xFF, count: signature.count)),
            ("one short", Array(signature.dropLast())), ("one long", signature + [0]),
            ("zero before", [0] + signature), ("twice", signature + signature),
            ("r = 0", [UInt8](repeating: 0, count: half) + Array(signature[half...])),
            ("DER", [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]),
            ("of another token", try self.signature(of: signed + "A")),
            ("of the payload", try self.signature(of: payload)),
        ] { forged[name] = "\(signed).\(Self.digits(bytes))" }
        return forged
    }

    /// s and n - s verify alike for the same r: what counts is that neither is taken for another
    /// token; an s above the order is none.
    private func numbers() throws -> [String: String] {
        let signature = try signature(of: signed())
        guard
            let order = [UInt8](
                hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        else { throw SigningFailure.failed }
        return [
            "r is the order": order + Array(signature[32...]),
            "s is the order": Array(signature[..<32]) + order,
        ].mapValues { "\(signed()).\(Self.digits($0))" }
    }
}

// MARK: Payloads

extension ForgedTokens {
    private func times() throws -> [String: String] {
        let (issued, expires) = (member("iat"), member("exp"))
        let late = now + 30 + seconds
        var forged: [String: String] = [:]
        for value in [
            "\"\(now + 900)\"", "\(now + 900).0", "\(now + 900)e0", "1e400", "1e3", "-1", "0",
            "null", "true", "[]", "9223372036854775807", "99999999999999999999", "\(now - 31)",
            "\(now + 901)", "\(now + 86_400)", "0x7FFFFFFF", "NaN", "Infinity",
        ] { forged["exp \(value)"] = try replacing(expires, "\"exp\":\(value)") }
        for value in ["\(late)", "\(now)000", "\"\(now)\"", "null", "-1"] {
            forged["iat \(value)"] = try replacing(issued, "\"iat\":\(value)")
        }
        for (name, start) in [("both past", now - 930), ("both future", late)] {
            forged[name] = try text(
                nil,
                payload.replacing(issued, with: "\"iat\":\(start)")
                    .replacing(expires, with: "\"exp\":\(start + 900)"))
        }
        forged["nbf"] = try replacing(issued, "\(issued),\"nbf\":\(late)")
        forged["nbf text"] = try replacing(issued, "\(issued),\"nbf\":\"1\"")
        forged["auth_time"] = try replacing(member("auth_time"), "\"auth_time\":\(late)")
        return forged
    }

    /// Each is there once, and of its kind.
    private func otherClaims() throws -> [String: String] {
        let optional: Set<String> = ["sid", "org"]
        var forged: [String: String] = [:]
        for claim in claims {
            let others = claims.filter { $0.name != claim.name }
            let without = String(decoding: JSON.object(others).bytes, as: UTF8.self)
            if !optional.contains(claim.name) {
                forged["no \(claim.name)"] = try text(nil, without)
            }
            for value in ["null", "[[]]", "{}", "\"\\u0000\"", "\"\\ud800\"", "1.5"] {
                forged["\(claim.name) \(value)"] = try text(
                    nil, "{\"\(claim.name)\":\(value),\(without.dropFirst())")
            }
            forged["\(claim.name) twice"] = try text(
                nil, "{\(member(claim.name)),\(payload.dropFirst())")
        }
        let all = JSON.object(claims)
        let (issuer, audience) = (all["iss"]?.text ?? "", all["aud"]?.text ?? "")
        let subject = member("sub")
        for (name, new) in [
            ("iss", #""iss":"\#(issuer)/""#), ("aud", #""aud":["\#(audience)"]"#),
            ("aud", #""aud":["\#(audience)","other"]"#), ("aud", #""aud":"other""#),
            ("sub", #""sub":"""#), ("sub", #"\#(subject),"roles":["owner"]"#),
            ("sub", #"\#(subject),"Sub":"usr_2""#), ("sub", #"\#(subject),"s\u0075b":"usr_2""#),
            ("sub", #"\#(subject),"act":"usr_2""#), ("sub", #"\#(subject),"cnf":{"jwk":{}}"#),
        ] { forged[new] = try replacing(member(name), new) }
        return forged
    }

    /// Those that are not small and plain.
    private func payloads() throws -> [String: String] {
        var forged: [String: String] = [:]
        for (name, payload) in [
            ("empty", ""), ("array", "[\(payload)]"), ("text", "\"\(key.id)\""),
            ("behind", payload + "{}"), ("comment", payload + "//"),
            ("mark", "\u{FEFF}" + payload), ("nested", try text()),
            (
                "deep",
                "{\"act\":\(String(repeating: "[", count: 2_500))"
                    + "\(String(repeating: "]", count: 2_500)),\(payload.dropFirst())"
            ), ("large", payload + String(repeating: " ", count: 1 << 20)),
        ] { forged[name] = try text(nil, payload) }
        let subject = JSON.object(claims)["sub"]?.text ?? ""
        let bytes = Array(payload.replacing(subject, with: "usr\u{1}").utf8)
        for (name, bad) in [("UTF-8", UInt8(0xFF)), ("control", 0x01), ("NUL", 0x00)] {
            let damaged = bytes.map { $0 == 1 ? bad : $0 }
            let signed = "\(Self.digits(header.utf8)).\(Self.digits(damaged))"
            forged[name] = "\(signed).\(Self.digits(try signature(of: signed)))"
        }
        return forged
    }

    /// The same token in another text.
    private func forms() throws -> [String: String] {
        let text = try text()
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
        return forged
    }
}
