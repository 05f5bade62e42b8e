import Cryptography
import Synchronization

/// The key that makes the record's codes: whoever has the database, but not this, can neither add a
/// row nor change one unseen.
public struct AuditKey: Sendable {
    /// By which rows name it.
    public let id: String
    private let codes: Codes

    public static let secretBytes = 32

    /// - Parameter secret: `secretBytes` of randomness.
    public init?(secret: [UInt8]) {
        guard secret.count == AuditKey.secretBytes else { return nil }
        codes = Codes(secret)
        // Says which key it is, and nothing of it.
        let digest = DigestAlgorithm.sha256.digest((Array("audit-key:".utf8) + secret).span)
        id = digest.prefix(6).hexadecimal
    }

    /// HMAC with SHA-256 (RFC 2104). A use has a word of its own: a code of one is none of another.
    func code(_ use: Use, _ message: [UInt8]) -> [UInt8] {
        codes.of(Array(use.rawValue.utf8) + [0] + message)
    }

    func isCode(_ code: [UInt8], _ use: Use, _ message: [UInt8]) -> Bool {
        areEqualInConstantTime(self.code(use, message).span, code.span)
    }

    enum Use: String {
        case entry = "audit-entry"
        case link = "audit-link"
        case head = "audit-head"
        case beginning = "audit-beginning"
    }
}

/// The key as the library has it, made once: to begin anew takes longer than a code.
private final class Codes: Sendable {
    private let authenticator: Mutex<Authenticator>

    init(_ secret: [UInt8]) {
        guard let made = try? Authenticator(key: secret.span, .sha256) else {
            preconditionFailure("HMAC with SHA-256 is there")
        }
        authenticator = Mutex(made)
    }

    func of(_ message: [UInt8]) -> [UInt8] { authenticator.withLock { $0.code(message.span) } }
}
