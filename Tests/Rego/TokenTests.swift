import Testing

@testable import Rego
@testable import RegoMachine

private let call = JSONCalls(rows: Builtin.tokens + Builtin.crypto + Builtin.encodings)

private let secretKey = #"{"kty":"oct","k":"c2VjcmV0"}"#
/// RFC 7515, appendix A.3.
private let publicKey = """
    {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
    """
private let privateKey =
    publicKey.dropLast() + #","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#

private func token(
    _ header: String, _ payload: String, key: some StringProtocol = secretKey
) throws -> String {
    try call("io.jwt.encode_sign", header, payload, String(key))
}

private func token(_ payload: String, key: String = secretKey) throws -> String {
    try token(#"{"alg":"HS256"}"#, payload, key: key)
}

private func encoded(_ text: String) throws -> String {
    try String(call("base64url.encode_no_pad", quoted(text)).dropFirst().dropLast())
}

private let refused = "[false,{},{}]"

@Suite struct TokenTests {
    @Test(arguments: [
        ("abc", "encoded JWT had no period separators"),
        ("a.b", "encoded JWT must have 3 sections, found 2"),
        ("a.b.c.d", "encoded JWT must have 3 sections, found 4"),
        ("a.b.c", "JWT header had invalid encoding: illegal base64url string: a"),
        ("e30%.e30.", "JWT header had invalid encoding: illegal base64 data at input byte 3"),
        ("W10.e30.", "bad JWT header: decoded JSON type was not an Object"),
        ("eyJlbmMiOiIifQ.e30.", "JWT is a JWE object, which is not supported"),
        ("e30.W10.", "decoded JSON type was not an Object"),
        ("e30.e30.!", "JWT signature had invalid encoding: illegal base64url string: !"),
    ])
    func whatIsNoTokenIsAnError(_ text: String, _ message: String) {
        #expect(throws: BuiltinError.failed(message)) { try call("io.jwt.decode", quoted(text)) }
    }

    @Test func tokensInTokensAreBounded() throws {
        var text = "e30.e30."
        let header = try encoded(#"{"cty":"JWT"}"#)
        for _ in 0..<33 { text = try "\(header).\(encoded(text))." }
        #expect(throws: BuiltinError.limit(.nesting)) { try call("io.jwt.decode", quoted(text)) }
    }

    @Test func algorithmNoneVerifiesNothing() throws {
        let text = try encoded(#"{"alg":"none"}"#) + "." + encoded("{}") + "."
        #expect(
            try call("io.jwt.decode_verify", quoted(text), #"{"secret":"secret"}"#) == refused)
        #expect(
            try call(
                "io.jwt.decode_verify", quoted(text), #"{"cert":\#(quoted(publicKey))}"#)
                == refused)
    }

    @Test func aPublicKeyIsNoSecret() throws {
        let key = try #"{"kty":"oct","k":"\#(encoded(publicKey))"}"#
        let text = try token("{}", key: key)
        #expect(
            try call("io.jwt.decode_verify", text, #"{"cert":\#(quoted(publicKey))}"#) == refused)
        #expect(try call("io.jwt.verify_es256", text, quoted(publicKey)) == "false")
    }

    @Test func aTokenForAnotherAlgorithmIsRefused() throws {
        let text = try token("{}")
        #expect(
            try call("io.jwt.decode_verify", text, #"{"secret":"secret","alg":"HS512"}"#)
                == refused)
        #expect(try call("io.jwt.verify_hs384", text, quoted("secret")) == "false")
    }

    @Test func aHeaderThatMustBeUnderstoodIsRefused() throws {
        let text = try token(#"{"alg":"HS256","crit":["b64"],"b64":false}"#, "{}")
        #expect(try call("io.jwt.decode_verify", text, #"{"secret":"secret"}"#) == refused)
    }

    @Test(arguments: [
        (#"{"exp":100}"#, 100, false), (#"{"exp":100}"#, 99, true), (#"{"exp":100.5}"#, 100, true),
        (#"{"exp":99.5}"#, 100, false), (#"{"exp":-1}"#, 0, false), (#"{"exp":1e400}"#, 0, true),
        (#"{"nbf":100}"#, 99, false), (#"{"nbf":100}"#, 100, true), (#"{"nbf":1e400}"#, 100, false),
    ])
    func timeDecides(_ payload: String, _ seconds: Int, _ isValid: Bool) throws {
        let constraints = #"{"secret":"secret","time":\#(seconds * 1_000_000_000)}"#
        let answer = try call("io.jwt.decode_verify", token(payload), constraints)
        #expect(answer.hasPrefix("[\(isValid)"))
    }

    @Test func theHostsTimeCountsWhereNoneIsGiven() throws {
        // The host of these calls stands still at 1510000289.5.
        let live = try token(#"{"exp":1510000290}"#)
        let expired = try token(#"{"exp":1510000289}"#)
        #expect(try call("io.jwt.decode_verify", live, #"{"secret":"secret"}"#) != refused)
        #expect(try call("io.jwt.decode_verify", expired, #"{"secret":"secret"}"#) == refused)
    }

    @Test(arguments: [
        (#"{"aud":"me"}"#, #""aud":"me","#, true), (#"{"aud":["a","me"]}"#, #""aud":"me","#, true),
        (#"{"aud":"you"}"#, #""aud":"me","#, false), (#"{"aud":"me"}"#, "", false),
        (#"{"aud":7}"#, #""aud":"me","#, false), ("{}", #""aud":"me","#, false), ("{}", "", true),
        (#"{"iss":"x"}"#, #""iss":"y","#, false), ("{}", #""iss":"y","#, false),
        (#"{"iss":1}"#, #""iss":"y","#, false), (#"{"iss":"y"}"#, #""iss":"y","#, true),
    ])
    func audienceAndIssuerDecide(
        _ payload: String, _ constraint: String, _ isValid: Bool
    ) throws {
        let answer = try call(
            "io.jwt.decode_verify", token(payload), "{\(constraint)\"secret\":\"secret\"}")
        #expect(answer.hasPrefix("[\(isValid)"))
    }

    @Test(arguments: [
        ("{}", "no key constraint"),
        (#"{"secret":"a","cert":\#(quoted(publicKey))}"#, "duplicate key constraints"),
        (#"{"secret":1}"#, "secret constraint: must be a string"),
        (#"{"secret":""}"#, "no key constraint"),
        (#"{"keys":"a"}"#, "unknown token validation constraint: keys"),
        (#"{"secret":"a","time":-1}"#, "token time constraint: must not be negative"),
        (#"{"secret":"a","time":"now"}"#, "token time constraint: must be a number"),
        (#"{"cert":"{}"}"#, "failed to parse a JWK key (set): a JWK lacks its key type"),
    ])
    func senselessConstraintsAreErrors(_ constraints: String, _ message: String) throws {
        let text = try token("{}")
        #expect(throws: BuiltinError.failed(message)) {
            try call("io.jwt.decode_verify", text, constraints)
        }
    }

    @Test func aSetOfKeysIsTriedKeyByKey() throws {
        let text = try token(#"{"alg":"ES256","kid":"2"}"#, #"{"a":1}"#, key: privateKey)
        let oct = secretKey.dropLast() + #","kid":"1"}"#
        let named = publicKey.dropLast() + #","kid":"2","alg":"ES256"}"#
        let other = publicKey.dropLast() + #","kid":"3","alg":"ES384"}"#
        let unknown = publicKey.dropLast() + #","kid":"2","alg":"XS256"}"#
        func answer(_ keys: String) throws -> String {
            let set = #"{"cert":\#(quoted("{\"keys\":[\(keys)]}"))}"#
            return try call("io.jwt.decode_verify", text, set)
        }
        #expect(try answer("\(oct),\(named)").hasPrefix("[true"))
        #expect(try answer("\(oct),\(other)") == refused)
        #expect(try answer(String(unknown)) == refused)
        #expect(try answer("") == refused)
    }

    @Test func aChangedTokenDoesNotVerify() throws {
        let text = try token(#"{"alg":"ES256"}"#, "{}", key: privateKey)
        #expect(try call("io.jwt.verify_es256", text, quoted(publicKey)) == "true")
        let changed = text.replacing(".e30.", with: ".e30g.")
        #expect(try call("io.jwt.verify_es256", changed, quoted(publicKey)) == "false")
    }

    @Test func aKeySignsOnlyWithItsOwnAlgorithm() {
        #expect(throws: BuiltinError.self) {
            try token(#"{"alg":"RS256"}"#, "{}", key: privateKey)
        }
        #expect(throws: BuiltinError.self) {
            try token(#"{"alg":"HS256"}"#, "{}", key: privateKey)
        }
        #expect(throws: BuiltinError.failed("unknown JWS algorithm: none")) {
            try token(#"{"alg":"none"}"#, "{}")
        }
    }
}
