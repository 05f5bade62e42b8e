import Cryptography
import RegoMachine

/// `io.jwt.encode_sign` and `io.jwt.encode_sign_raw`.
extension Tokens {
    static func encodeSign(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let header = try json(operands[0], context)
        let payload = try json(operands[1], context)
        let key = try json(operands[2], context)
        return try signed(header, payload, key, context)
    }

    static func encodeSignRaw(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try signed(operands[0].bytes, operands[1].bytes, operands[2].bytes, context)
    }

    private static func json(
        _ value: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bytes {
        var text = try TextBuilder(in: context.arena)
        try JSONWriter.write(value, to: &text, style: .init(escapesHTML: true))
        return text.bytes
    }

    private static func signed(
        _ header: Bytes, _ payload: Bytes, _ key: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(1_000 + (header.count + payload.count) / 16)
        let cache = TextCache<JSONWebKey.Material>.of(context, slot: CacheSlot.signingKeys)
        let material = try cache.made(of: key) { (key) throws(BuiltinError) in
            try firstKey(key, context)
        }
        let members = try headerMembers(header, context)
        let name = members.kind == .object ? members.member("alg") : .undefined
        guard name.kind == .string else {
            throw .failed(#"missing or invalid 'alg' header: jwsbb: header "alg" not found"#)
        }
        guard let algorithm = SignatureAlgorithm(name.bytes) else {
            throw .failed("unknown JWS algorithm: \(name.bytes.string)")
        }
        let type = members.member("typ")
        if type.kind != .string || type.isText("JWT") {
            let parsed = unsafe try? JSONReader.value(
                payload, in: context.arena, limits: context.limits)
            if parsed == nil { throw .failed("type is JWT but payload is not JSON") }
        }
        var text = try TextBuilder(
            in: context.arena, capacity: (header.count + payload.count) / 3 * 4 + 600)
        try text.append(Base64.url.encode(header, padded: false))
        try text.append(UInt8(ascii: "."))
        try text.append(Base64.url.encode(payload, padded: false))
        let signature = try material.signature(of: text.bytes, algorithm)
        try text.append(UInt8(ascii: "."))
        try text.append(Base64.url.encode(signature, padded: false))
        return text.value
    }

    private static func headerMembers(
        _ header: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let prefix = "missing or invalid 'alg' header: cannot parse JSON: "
        if header.isEmpty { throw .failed(prefix + "cannot parse empty string") }
        do {
            return try unsafe JSONReader.value(
                header, in: context.arena, limits: context.limits)
        } catch {
            // OPA's reader of headers takes any of these letters for a number.
            let isNumberLike = header.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || "+-.eE".utf8.contains(byte)
            }
            if isNumberLike { return .null }
            throw .failed(prefix + error.message)
        }
    }

    private static func firstKey(
        _ text: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> JSONWebKey.Material {
        let value = try JSONWebToken.object(text, context)
        let keys = value.member("keys")
        if keys.isUndefined { return try JSONWebKey.material(value, context) }
        guard keys.kind == .array, let first = keys.elements.first else {
            throw .failed("no keys found in JWK set")
        }
        return try JSONWebKey.material(first, context)
    }
}

extension JSONWebKey.Material {
    fileprivate func signature(
        of message: Bytes, _ algorithm: SignatureAlgorithm
    ) throws(BuiltinError) -> [UInt8] {
        let signed = unsafe message.buffer
        switch self {
        case .secret(let secret):
            guard algorithm.family == .hmac, let digest = algorithm.digest else { break }
            return try unsafe secret.authenticator(digest).code(signed.span)
        case .key(let key):
            do {
                return try unsafe key.signature(of: signed.span, algorithm)
            } catch {
                throw .failed("failed to sign with \(algorithm.rawValue): \(error.text)")
            }
        }
        throw .failed("failed to sign with \(algorithm.rawValue): the key is a secret")
    }
}
