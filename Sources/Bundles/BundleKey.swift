import Cryptography

/// A key that signs bundles, or checks their signatures, with one algorithm.
public struct BundleKey: Sendable {
    let name: String
    let algorithm: SignatureAlgorithm
    private let material: Material

    private enum Material: Sendable {
        case secret([UInt8])
        case key(Key)
    }

    /// Why a key is of no use; one clause.
    public struct Failure: Error, Sendable {
        public let clause: String
    }

    /// What OPA calls a key that has no other name.
    public static let standardName = "default"

    /// - Parameters:
    ///   - text: A secret for HS256, HS384 and HS512; for the others PEM: a private key, a public
    ///     key, or a certificate.
    ///   - algorithm: By its JOSE name, such as `RS256`.
    public init(
        text: [UInt8], algorithm: String, name: String = BundleKey.standardName
    ) throws(Failure) {
        guard let known = SignatureAlgorithm(rawValue: algorithm) else {
            throw Failure(clause: "unknown signature algorithm: \(algorithm)")
        }
        self.name = name
        self.algorithm = known
        if known.family == .hmac {
            guard !text.isEmpty else { throw Failure(clause: "the secret is empty") }
            material = .secret(text)
            return
        }
        guard let (block, _) = PEMBlock.first(in: text[...]) else {
            throw Failure(clause: "\(algorithm) needs a key in PEM")
        }
        let key: Key
        do throws(CryptographyError) {
            key = try BundleKey.key(block)
        } catch {
            throw Failure(clause: "the \(block.label.lowercased()) cannot be read")
        }
        guard known.fits(key.kind) else {
            throw Failure(clause: "the key is not of the kind that \(algorithm) needs")
        }
        material = .key(key)
    }

    private static func key(_ block: PEMBlock) throws(CryptographyError) -> Key {
        switch block.label {
        case "CERTIFICATE":
            // A variable of its own: a span into the temporary crashes the optimizer of Swift 6.3.
            let publicKey = try Certificate(block.bytes).publicKey
            return try Key(publicKey: publicKey.span)
        case "PUBLIC KEY": return try Key(publicKey: block.bytes.span)
        default: return try Key(privateKey: block.bytes.span)
        }
    }

    func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch material {
        case .secret(let secret):
            guard let digest = algorithm.digest,
                let authenticator = try? Authenticator(key: secret.span, digest)
            else { return false }
            return authenticator.isCode(signature.span, of: message.span)
        case .key(let key):
            guard let verifier = try? Verifier(key: key, algorithm: algorithm) else { return false }
            return verifier.isSignature(signature.span, of: message.span)
        }
    }

    func signature(of message: [UInt8]) throws(Failure) -> [UInt8] {
        do throws(CryptographyError) {
            switch material {
            case .secret(let secret):
                guard let digest = algorithm.digest else { throw CryptographyError.unfitKey }
                return try Authenticator(key: secret.span, digest).code(message.span)
            case .key(let key): return try key.signature(of: message.span, algorithm)
            }
        } catch {
            throw Failure(clause: "the key cannot sign: a private key is needed")
        }
    }
}
