import Cryptography
import RegoMachine

/// What tokens are signed with.
public enum SigningAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// The default: whoever verifies tokens knows it.
    case es256 = "ES256"
    case eddsa = "EdDSA"
    case rs256 = "RS256"

    private static let rsaBits = 2_048

    var signature: SignatureAlgorithm {
        switch self {
        case .es256: .es256
        case .eddsa: .eddsa
        case .rs256: .rs256
        }
    }

    var generation: Key.Generation {
        switch self {
        case .es256: .ec(.p256)
        case .eddsa: .ed25519
        case .rs256: .rsa(bits: Self.rsaBits)
        }
    }
}

/// The public half of a key as others read it.
/// - Source: RFC 7517; RFC 7518, section 6; RFC 8037, section 2.
struct PublicJWK: Sendable, Hashable {
    /// What makes the key, in the order of a thumbprint's text.
    private let members: [JSON.Member]

    /// - Returns: `nil` for a key that signs no token.
    init?(_ key: Key) {
        if let ec = key.ecMembers {
            members = [
                .init("crv", .text(ec.curve.rawValue)), .init("kty", "EC"),
                .init("x", Self.digits(ec.x)), .init("y", Self.digits(ec.y)),
            ]
        } else if let (publicKey, _) = key.ed25519Members {
            members = [
                .init("crv", "Ed25519"), .init("kty", "OKP"), .init("x", Self.digits(publicKey)),
            ]
        } else if let rsa = key.rsaMembers {
            members = [
                .init("e", Self.digits(rsa.e)), .init("kty", "RSA"), .init("n", Self.digits(rsa.n)),
            ]
        } else {
            return nil
        }
    }

    /// The key's own name: no two keys have the same.
    /// - Source: RFC 7638.
    var thumbprint: String {
        let digest = DigestAlgorithm.sha256.digest(JSON.object(members).bytes.span)
        return String(decoding: Base64.url.encode(digest, padded: false), as: UTF8.self)
    }

    func json(id: String, _ algorithm: SigningAlgorithm) -> JSON {
        let named: [JSON.Member] = [
            .init("kid", .text(id)), .init("use", "sig"), .init("alg", .text(algorithm.rawValue)),
        ]
        return .object(named + members)
    }

    private static func digits(_ bytes: [UInt8]) -> JSON {
        .text(String(decoding: Base64.url.encode(bytes, padded: false), as: UTF8.self))
    }
}
