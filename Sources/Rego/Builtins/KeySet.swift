import Cryptography
import RegoMachine

/// The keys that a policy trusts, from a PEM certificate, a PEM public key, a JWK or a JWK set.
/// Made once for each text; keeps what checks signatures, and so belongs to one context.
final class KeySet {
    private(set) var members: [Member] = []

    final class Member {
        /// The algorithm the key is for; `nil`: it does not say.
        let algorithm: SignatureAlgorithm?
        let identifier: [UInt8]
        private let material: JSONWebKey.Material
        private var verifiers: [SignatureAlgorithm: Verifier] = [:]

        init(
            _ material: JSONWebKey.Material, algorithm: SignatureAlgorithm? = nil,
            identifier: [UInt8] = []
        ) {
            self.material = material
            self.algorithm = algorithm
            self.identifier = identifier
        }

        /// False also where the key is not of the kind that the algorithm demands: a public key
        /// is never a secret.
        func isSignature(
            _ signature: Bytes, of message: Bytes, _ algorithm: SignatureAlgorithm
        ) throws(BuiltinError) -> Bool {
            switch material {
            case .secret(let secret):
                return try secret.isSignature(signature, of: message, algorithm)
            case .key(let key):
                guard let verifier = verifier(key, algorithm) else { return false }
                let candidate = unsafe signature.buffer
                let signed = unsafe message.buffer
                return unsafe verifier.isSignature(candidate.span, of: signed.span)
            }
        }

        private func verifier(_ key: Key, _ algorithm: SignatureAlgorithm) -> Verifier? {
            if let made = verifiers[algorithm] { return made }
            let made = try? Verifier(key: key, algorithm: algorithm)
            verifiers[algorithm] = made
            return made
        }
    }

    /// The keys of a text, parsed at most once.
    static func of(_ text: Bytes, _ context: BuiltinContext) throws(BuiltinError) -> KeySet {
        try TextCache<KeySet>.of(context, slot: CacheSlot.verificationKeys).made(of: text) {
            (text) throws(BuiltinError) in
            // Points and moduli are checked: dearer than their length.
            try context.charge(1_000 + text.count)
            return try KeySet(text, context)
        }
    }

    private init(_ text: Bytes, _ context: BuiltinContext) throws(BuiltinError) {
        if let (block, rest) = PEMBlock.first(in: Array(text)[...]) {
            guard rest.isEmpty else {
                throw .failed("extra data after a PEM certificate block")
            }
            members = [Member(.key(try KeySet.key(of: block)))]
            return
        }
        do {
            let value = try JSONWebToken.object(text, context)
            try append(keysOf: value, context)
        } catch .failed(let message) {
            throw .failed("failed to parse a JWK key (set): \(message)")
        }
    }

    private static func key(of block: PEMBlock) throws(BuiltinError) -> Key {
        switch block.label {
        case "CERTIFICATE":
            do {
                let certificate = try Certificate(block.bytes)
                return try Key(publicKey: certificate.publicKey.span)
            } catch {
                throw .failed("failed to parse a PEM certificate: \(error.text)")
            }
        case "PUBLIC KEY":
            do {
                return try Key(publicKey: block.bytes.span)
            } catch {
                throw .failed("failed to parse a PEM public key: \(error.text)")
            }
        default: throw .failed("failed to extract a Key from the PEM certificate")
        }
    }

    private func append(keysOf set: Value, _ context: BuiltinContext) throws(BuiltinError) {
        let keys = set.member("keys")
        guard !keys.isUndefined else { return try append(set, context) }
        guard keys.kind == .array else { throw .failed(#""keys" is no array"#) }
        for key in keys.elements { try append(key, context) }
    }

    private func append(_ value: Value, _ context: BuiltinContext) throws(BuiltinError) {
        let material = try JSONWebKey.material(value, context)
        var algorithm: SignatureAlgorithm?
        let named = value.member("alg")
        if named.kind == .string && !named.bytes.isEmpty {
            // A key for an algorithm that nobody here knows verifies nothing.
            guard let known = SignatureAlgorithm(named.bytes) else { return }
            algorithm = known
        }
        let identifier = value.member("kid")
        members.append(
            Member(
                material, algorithm: algorithm,
                identifier: identifier.kind == .string ? Array(identifier.bytes) : []))
    }
}

extension KeySet {
    /// Whether a key of the set verifies the token: the one that the header names by its
    /// identifier, or else any that is not for another algorithm.
    /// - Parameter algorithm: What the signature is checked as.
    /// - Parameter claimed: What the header says the algorithm is, `nil` where it is unknown.
    func verifies(
        _ token: JSONWebToken, signature: Bytes, identifier: Bytes?,
        _ algorithm: SignatureAlgorithm, claimed: SignatureAlgorithm?
    ) throws(BuiltinError) -> Bool {
        if let identifier, !identifier.isEmpty,
            let member = members.first(where: { $0.identifier.elementsEqual(identifier) })
        {
            return try member.isSignature(signature, of: token.signed, algorithm)
        }
        for member in members {
            if let demanded = member.algorithm, demanded != claimed { continue }
            if try member.isSignature(signature, of: token.signed, algorithm) { return true }
        }
        return false
    }
}

extension SignatureAlgorithm {
    /// The algorithm of a JOSE name, read without making a `String`.
    init?(_ name: Bytes) {
        guard name.count == 5 else { return nil }
        for algorithm in SignatureAlgorithm.allCases
        where name.elementsEqual(algorithm.rawValue.utf8) {
            self = algorithm
            return
        }
        return nil
    }
}

extension CryptographyError {
    /// The error as a clause for a message.
    var text: String {
        switch self {
        case .malformed(let message), .unsupported(let message): message
        case .unfitKey: "the key does not fit the algorithm"
        case .failed: "the cryptographic library refused"
        }
    }
}
