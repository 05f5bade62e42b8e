import Cryptography

/// The key that makes the record's codes: whoever has the database, but not this, can neither add a
/// row nor change one unseen.
public struct AuditKey: Sendable {
    /// By which rows name it.
    public let id: String
    private let secret: [UInt8]

    public static let secretBytes = 32

    /// - Parameter secret: `secretBytes` of randomness.
    public init?(secret: [UInt8]) {
        guard secret.count == AuditKey.secretBytes else { return nil }
        self.secret = secret
        // Says which key it is, and nothing of it.
        let digest = DigestAlgorithm.sha256.digest((Array("audit-key:".utf8) + secret).span)
        id = digest.prefix(6).hexadecimal
    }

    /// HMAC with SHA-256 (RFC 2104). A use has a word of its own: a code of one is none of another.
    func code(_ use: Use, _ message: [UInt8]) -> [UInt8] {
        let named = Array(use.rawValue.utf8) + [0] + message
        guard let authenticator = try? Authenticator(key: secret.span, .sha256) else {
            preconditionFailure("HMAC with SHA-256 is there")
        }
        return authenticator.code(named.span)
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
