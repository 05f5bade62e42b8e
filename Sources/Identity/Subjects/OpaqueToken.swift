import Cryptography
public import RegoMachine

/// A secret of ours as text: what it is of, the digits of its id, `_`, 160 random bits, and a
/// checksum by which scanners and we tell it from a typing error without asking a database.
public struct OpaqueToken: Sendable, Hashable {
    public let text: String
    /// Of the row that the secret opens.
    public let id: String
    /// SHA-256 of the whole text, which is all that is kept.
    public let digest: [UInt8]

    /// What a secret may be of: the text before its first `_`.
    public enum Kind: String, Sendable {
        /// A sign-in under way.
        case attempt = "osa"
        /// A browser that somebody has signed in with.
        case device = "osd"
        /// A form that a page of ours has shown.
        case form = "osf"
        /// A session that is handed over to an organization's host.
        case handover = "osh"
        /// What programs show.
        case key = "osk"
        /// What a mail holds.
        case mail = "osm"
        case refresh = "osr"
        case session = "oss"

        var identifier: Identifier.Kind {
            switch self {
            case .attempt: .attempt
            case .device: .device
            case .form: .form
            case .handover: .handover
            case .key: .key
            case .mail: .mailLink
            case .refresh: .family
            case .session: .session
            }
        }
    }

    private static let secretBytes = 20
    private static let checksumDigits = 8

    /// A new one, for something new.
    public init(_ kind: Kind, _ host: Host) {
        self.init(kind, of: Identifier(kind.identifier, host).text, host)
    }

    /// A new one for what has an id.
    init(_ kind: Kind, of id: String, _ host: Host) {
        let secret = host.randomBytes(OpaqueToken.secretBytes).hexadecimal
        let body = "\(kind.rawValue)_\(id.dropFirst(4))_\(secret)"
        self.init(id: id, text: body + OpaqueToken.checksum(body))
    }

    /// - Returns: `nil`: the text is no secret of that kind, or one with a typing error.
    public init?(_ kind: Kind, _ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual(kind.rawValue.utf8),
            parts[2].count == OpaqueToken.secretBytes * 2 + OpaqueToken.checksumDigits,
            parts[2].allSatisfy(OpaqueToken.isDigit)
        else { return nil }
        let id = "\(kind.identifier.rawValue)_\(Substring(parts[1]))"
        let body = Substring(text.utf8.dropLast(OpaqueToken.checksumDigits))
        guard Identifier.isOne(id, of: kind.identifier),
            OpaqueToken.checksum(body).utf8.elementsEqual(
                text.utf8.suffix(OpaqueToken.checksumDigits))
        else { return nil }
        self.init(id: id, text: text)
    }

    private init(id: String, text: String) {
        self.id = id
        self.text = text
        digest = DigestAlgorithm.sha256.digest(Array(text.utf8).span)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func checksum(_ body: some StringProtocol) -> String {
        DigestAlgorithm.sha256.digest(Array("checksum:\(body)".utf8).span).prefix(4).hexadecimal
    }

    /// Whether this is the secret whose digest was kept; in constant time.
    func isOf(_ kept: [UInt8]) -> Bool { areEqualInConstantTime(kept.span, digest.span) }

    /// As an API takes one.
    static let shape = Shape.text(1...100)
}
