import Cryptography
import RegoMachine

/// `io.jwt.decode_verify`: a token against constraints. What does not verify is an answer,
/// `[false, {}, {}]`; what is no token, or no sensible constraint, is an error.
/// - Source: RFC 7519, section 7.2.
extension Tokens {
    static func decodeVerify(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let constraints = try TokenConstraints(operands[1], context)
        guard let (header, payload) = try verified(operands[0].bytes, constraints, context),
            try constraints.allow(payload, context)
        else {
            let nothing = try Value.object(in: context.arena)
            return try .array([.false, nothing, nothing], in: context.arena)
        }
        return try .array([.true, header, payload], in: context.arena)
    }

    /// Header and payload of the innermost token; `nil` where a signature does not verify.
    private static func verified(
        _ text: Bytes, _ constraints: TokenConstraints, _ context: BuiltinContext
    ) throws(BuiltinError) -> (header: Value, payload: Value)? {
        var text = text
        for _ in 0..<nestingMax {
            let token = try JSONWebToken(text)
            let decoded = try token.decodedHeader(context)
            let header = try TokenHeader(decoded)
            guard let name = header.algorithm, !name.isEmpty, header.isUnderstood else {
                return nil
            }
            if let demanded = constraints.algorithm, !demanded.elementsEqual(name) { return nil }
            let signature = try token.decodedSignature(context)
            try context.charge(100 + token.signed.count / 16)
            guard let algorithm = SignatureAlgorithm(name),
                try constraints.isSignature(signature, of: token, header, algorithm, context)
            else { return nil }
            let payload = try token.decodedPayload(context)
            guard let type = header.contentType, isJWT(type) else {
                return (decoded, try JSONWebToken.object(payload, context))
            }
            text = payload
        }
        throw .limit(.nesting)
    }

    private static func isJWT(_ type: Bytes) -> Bool {
        type.count == 3
            && type.elementsEqual("jwt".utf8) { byte, letter in byte | 0x20 == letter }
    }
}

/// What a token must be to be accepted.
struct TokenConstraints {
    /// `nil`: any that fits the key.
    private(set) var algorithm: Bytes?
    private var issuer: Bytes?
    private var audience: Bytes?
    private var keys: KeySet?
    private var secret: Bytes?
    /// Nanoseconds since 1970, rounded as OPA does.
    private var time: Double

    init(_ object: Value, _ context: BuiltinContext) throws(BuiltinError) {
        time = -1
        for (key, value) in object.entries {
            if key.isText("alg") {
                algorithm = try TokenConstraints.text("alg", value)
            } else if key.isText("aud") {
                audience = try TokenConstraints.text("aud", value)
            } else if key.isText("cert") {
                guard value.kind == .string else {
                    throw .failed("cert constraint: must be a string")
                }
                keys = try KeySet.of(value.bytes, context)
            } else if key.isText("iss") {
                issuer = try TokenConstraints.text("iss", value)
            } else if key.isText("secret") {
                secret = try TokenConstraints.text("secret", value)
            } else if key.isText("time") {
                time = try TokenConstraints.time(value)
            } else {
                let name = key.string ?? key.typeName
                throw .failed("unknown token validation constraint: \(name)")
            }
        }
        if time < 0 { time = Double(context.timeOfQuery()) }
        if keys != nil && secret != nil { throw .failed("duplicate key constraints") }
        if keys == nil && secret == nil { throw .failed("no key constraint") }
    }

    /// `nil` for an empty text, which constrains nothing.
    private static func text(_ name: String, _ value: Value) throws(BuiltinError) -> Bytes? {
        guard value.kind == .string else { throw .failed("\(name) constraint: must be a string") }
        return value.bytes.isEmpty ? nil : value.bytes
    }

    private static func time(_ value: Value) throws(BuiltinError) -> Double {
        guard value.isNumber else { throw .failed("token time constraint: must be a number") }
        let time = value.integer.map { Double($0) } ?? Double(value.bytes.string)
        guard let time, time.isFinite else {
            throw .failed("token time constraint: unvalid float64")
        }
        if time < 0 { throw .failed("token time constraint: must not be negative") }
        return time
    }

    func isSignature(
        _ signature: Bytes, of token: JSONWebToken, _ header: TokenHeader,
        _ algorithm: SignatureAlgorithm, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bool {
        if let keys {
            return try keys.verifies(
                token, signature: signature, identifier: header.identifier, algorithm,
                claimed: algorithm)
        }
        guard let secret else { return false }
        return try Secret.of(secret, context)
            .isSignature(signature, of: token.signed, algorithm)
    }
}

extension TokenConstraints {
    /// Whether the registered claims are as demanded.
    /// - Source: RFC 7519, section 4.1.
    func allow(_ payload: Value, _ context: BuiltinContext) throws(BuiltinError) -> Bool {
        if let issuer {
            let claimed = payload.member("iss")
            guard claimed.kind == .string, claimed.bytes.elementsEqual(issuer) else {
                return false
            }
        }
        guard isAudience(payload.member("aud")) else { return false }
        let expiry = payload.member("exp")
        if !expiry.isUndefined {
            guard expiry.isNumber else { throw .failed("exp value must be a number") }
            guard try isNow(before: expiry, context) else { return false }
        }
        let start = payload.member("nbf")
        if !start.isUndefined {
            guard start.isNumber else { throw .failed("nbf value must be a number") }
            if try isNow(before: start, context) { return false }
        }
        return true
    }

    /// A token that names audiences is for nobody else; one that names none is for anybody who
    /// demands none.
    private func isAudience(_ claimed: Value) -> Bool {
        switch claimed.kind {
        case .undefined: return audience == nil
        case .string: return names(claimed)
        case .array: return claimed.elements.contains { $0.kind == .string && names($0) }
        default: return false
        }
    }

    private func names(_ claimed: Value) -> Bool {
        guard let audience else { return claimed.bytes.isEmpty }
        return claimed.bytes.elementsEqual(audience)
    }

    /// - Parameter moment: In seconds, as claims have it.
    private func isNow(
        before moment: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bool {
        let now = time / 1_000_000_000
        // Both are exact as floats.
        if let seconds = moment.integer, abs(seconds) < 1 << 53 { return now < Double(seconds) }
        let exact = try Numbers.parse("\(now)".utf8, in: context.arena)
        return Value.compare(exact, moment) < 0
    }
}

extension BuiltinContext {
    /// The one time of this query, in nanoseconds since 1970.
    func timeOfQuery() -> Int64 {
        if let queryTime { return queryTime }
        let now = host.now()
        queryTime = now
        return now
    }
}
