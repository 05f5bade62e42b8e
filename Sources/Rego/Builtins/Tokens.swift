import Cryptography
package import RegoMachine

extension Builtin {
    package static let tokens: [Builtin] =
        [
            Builtin(
                "io.jwt.decode", [.string],
                .array([.object(.any, .any), .object(.any, .any), .string], rest: nil),
                run: Tokens.decode),
            Builtin(
                "io.jwt.decode_verify", [.string, .object(.string, .any)],
                .array([.boolean, .object(.any, .any), .object(.any, .any)], rest: nil),
                [.nondeterministic], run: Tokens.decodeVerify),
            Builtin(
                "io.jwt.encode_sign",
                [.object(.string, .any), .object(.string, .any), .object(.string, .any)],
                .string, [.nondeterministic], run: Tokens.encodeSign),
            Builtin(
                "io.jwt.encode_sign_raw", [.string, .string, .string], .string,
                [.nondeterministic], run: Tokens.encodeSignRaw),
            verification("io.jwt.verify_eddsa", .eddsa),
            verification("io.jwt.verify_es256", .es256),
            verification("io.jwt.verify_es384", .es384),
            verification("io.jwt.verify_es512", .es512),
            verification("io.jwt.verify_hs256", .hs256),
            verification("io.jwt.verify_hs384", .hs384),
            verification("io.jwt.verify_hs512", .hs512),
            verification("io.jwt.verify_ps256", .ps256),
            verification("io.jwt.verify_ps384", .ps384),
            verification("io.jwt.verify_ps512", .ps512),
            verification("io.jwt.verify_rs256", .rs256),
            verification("io.jwt.verify_rs384", .rs384),
            verification("io.jwt.verify_rs512", .rs512),
        ]

    private static func verification(_ name: String, _ algorithm: SignatureAlgorithm) -> Builtin {
        Builtin(name, [.string, .string], .boolean) { operands, context throws(BuiltinError) in
            try Tokens.verify(operands, algorithm, context)
        }
    }
}

/// JSON Web Tokens in compact serialization: signed, never encrypted.
/// - Source: RFC 7515, RFC 7519.
enum Tokens {
    static func decode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try decode(operands[0].bytes, depth: 0, context)
    }

    /// Tokens in tokens are bounded by their length: each level is a third longer.
    static let nestingMax = 32

    private static func decode(
        _ text: Bytes, depth: Int, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard depth < nestingMax else { throw .limit(.nesting) }
        let token = try JSONWebToken(text)
        let header = try token.decodedHeader(context)
        let payload = try token.decodedPayload(context)
        if header.member("cty").isText("JWT") {
            return try decode(unquoted(payload), depth: depth + 1, context)
        }
        let claims = try JSONWebToken.object(payload, context)
        let signature = try token.decodedSignature(context, isNamed: true)
        return try .array(
            [header, claims, Crypto.hex(signature, context)], in: context.arena)
    }

    /// A nested token may stand in quotes.
    private static func unquoted(_ text: Bytes) -> Bytes {
        func isQuote(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
        }
        var range = 0..<text.count
        while !range.isEmpty && isQuote(text[range.lowerBound]) {
            range = range.lowerBound + 1..<range.upperBound
        }
        while !range.isEmpty && isQuote(text[range.upperBound - 1]) {
            range = range.lowerBound..<range.upperBound - 1
        }
        return text[range]
    }

    static func verify(
        _ operands: Operands, _ algorithm: SignatureAlgorithm, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let token = try JSONWebToken(operands[0].bytes)
        try context.charge(100 + token.signed.count / 16)
        if algorithm.family == .hmac {
            let secret = try Secret.of(operands[1].bytes, context)
            let signature = try token.decodedSignature(context)
            return .boolean(try secret.isSignature(signature, of: token.signed, algorithm))
        }
        let keys = try KeySet.of(operands[1].bytes, context)
        let signature = try token.decodedSignature(context)
        let header = try TokenHeader(token.decodedHeader(context))
        return .boolean(
            try keys.verifies(
                token, signature: signature, identifier: header.identifier, algorithm,
                claimed: header.algorithm.flatMap { SignatureAlgorithm($0) }))
    }
}

/// The members of a header that mean something here.
/// - Source: RFC 7515, section 4.1.
struct TokenHeader {
    let algorithm: Bytes?
    let identifier: Bytes?
    let contentType: Bytes?
    /// False where a member that must be understood is not.
    let isUnderstood: Bool

    /// - Throws: `BuiltinError.failed` where a member is not of its type.
    init(_ header: Value) throws(BuiltinError) {
        algorithm = try TokenHeader.text("alg", header)
        identifier = try TokenHeader.text("kid", header)
        _ = try TokenHeader.text("typ", header)
        contentType = try TokenHeader.text("cty", header)
        isUnderstood = try TokenHeader.areCriticalUnderstood(header)
    }

    private static func text(
        _ name: StaticString, _ header: Value
    ) throws(BuiltinError) -> Bytes? {
        let member = header.member(name)
        if member.isUndefined { return nil }
        guard member.kind == .string else { throw .failed("\(name): must be a string") }
        return member.bytes
    }

    private static func areCriticalUnderstood(_ header: Value) throws(BuiltinError) -> Bool {
        let critical = header.member("crit")
        if critical.isUndefined { return true }
        guard critical.kind == .array else { throw .failed("crit: must be a list") }
        let names = critical.elements.filter { $0.kind == .string }
        guard !names.isEmpty else { throw .failed("crit: must be a nonempty list") }
        let known: [StaticString] = ["alg", "kid", "typ", "cty", "crit"]
        for entry in header.entries where !known.contains(where: { entry.key.isText($0) }) {
            if names.contains(entry.key) { return false }
        }
        return true
    }
}
