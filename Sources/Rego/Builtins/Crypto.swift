import Cryptography
package import RegoMachine

extension Builtin {
    package static let crypto: [Builtin] = [
        Builtin("crypto.hmac.equal", [.string, .string], .boolean, run: Crypto.hmacEqual),
        Builtin("crypto.hmac.md5", [.string, .string], .string) {
            operands, context throws(BuiltinError) in
            try Crypto.hmac(operands, .md5, context)
        },
        Builtin("crypto.hmac.sha1", [.string, .string], .string) {
            operands, context throws(BuiltinError) in
            try Crypto.hmac(operands, .sha1, context)
        },
        Builtin("crypto.hmac.sha256", [.string, .string], .string) {
            operands, context throws(BuiltinError) in
            try Crypto.hmac(operands, .sha256, context)
        },
        Builtin("crypto.hmac.sha512", [.string, .string], .string) {
            operands, context throws(BuiltinError) in
            try Crypto.hmac(operands, .sha512, context)
        },
        Builtin("crypto.md5", [.string], .string) {
            operands, context throws(BuiltinError) in
            try Crypto.digest(operands, .md5, context)
        },
        Builtin("crypto.sha1", [.string], .string) {
            operands, context throws(BuiltinError) in
            try Crypto.digest(operands, .sha1, context)
        },
        Builtin("crypto.sha256", [.string], .string) {
            operands, context throws(BuiltinError) in
            try Crypto.digest(operands, .sha256, context)
        },
    ]
}

enum Crypto {
    static func digest(
        _ operands: Operands, _ algorithm: DigestAlgorithm, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let message = unsafe operands[0].bytes.buffer
        try context.charge(1 + operands[0].bytes.count / 64)
        return try hex(unsafe algorithm.digest(message.span), context)
    }

    static func hmac(
        _ operands: Operands, _ algorithm: DigestAlgorithm, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let message = unsafe operands[0].bytes.buffer
        let key = operands[1].bytes
        try context.charge(1 + (operands[0].bytes.count + key.count) / 64)
        let secret = try Secret.of(key, context)
        return try hex(unsafe secret.authenticator(algorithm).code(message.span), context)
    }

    static func hmacEqual(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let left = unsafe operands[0].bytes.buffer
        let right = unsafe operands[1].bytes.buffer
        return .boolean(unsafe areEqualInConstantTime(left.span, right.span))
    }

    static func hex(
        _ bytes: some Collection<UInt8>, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var text = try TextBuilder(in: context.arena, capacity: 2 * bytes.count)
        for byte in bytes {
            try text.append(Hex.lower(byte >> 4))
            try text.append(Hex.lower(byte & 15))
        }
        return text.value
    }
}

/// A shared secret and the running codes made from it, one a digest.
final class Secret {
    private let bytes: [UInt8]
    private var authenticators: [DigestAlgorithm: Authenticator] = [:]

    init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes) }

    func authenticator(_ algorithm: DigestAlgorithm) throws(BuiltinError) -> Authenticator {
        if let made = authenticators[algorithm] { return made }
        do {
            let key = bytes
            let made = try Authenticator(key: key.span, algorithm)
            authenticators[algorithm] = made
            return made
        } catch {
            throw .failed("the cryptographic library refused a key")
        }
    }
}

extension Secret {
    /// The secret of a text, kept with its running codes.
    static func of(_ text: Bytes, _ context: BuiltinContext) throws(BuiltinError) -> Secret {
        try TextCache<Secret>.of(context, slot: CacheSlot.secrets).made(of: text) { text in
            Secret(text)
        }
    }

    /// False for algorithms that take no secret.
    func isSignature(
        _ signature: Bytes, of message: Bytes, _ algorithm: SignatureAlgorithm
    ) throws(BuiltinError) -> Bool {
        guard algorithm.family == .hmac, let digest = algorithm.digest else { return false }
        let candidate = unsafe signature.buffer
        let signed = unsafe message.buffer
        let authenticator = try authenticator(digest)
        return unsafe authenticator.isCode(candidate.span, of: signed.span)
    }
}
