public import RegoMachine

/// An id: what it is of in three letters, and a UUID of version 7 in lower-case base 32, so that
/// ids of one kind sort by the time they were made.
/// - Source: RFC 9562 5.7; the alphabet is Crockford's, which keeps the order of the bits.
public struct Identifier: Sendable, Hashable {
    /// Such as `aud_01jdb8v5vgeq9r7c2qk8e5tz3m`.
    public let text: String

    /// What an id may be of.
    public enum Kind: String, Sendable {
        case account = "usr"
        case address = "adr"
        case addressRequest = "arq"
        /// A sign-in under way.
        case attempt = "att"
        case audit = "aud"
        case credential = "crd"
        case decision = "dec"
        /// A browser that somebody has signed in with.
        case device = "dvc"
        /// A name that an organization is served under.
        case domain = "dom"
        /// The line of a refresh token.
        case family = "fam"
        case form = "frm"
        case grant = "gra"
        /// A session on its way to another host.
        case handover = "hov"
        case key
        case legalHold = "hld"
        case mailLink = "lnk"
        case membership = "mem"
        case message = "msg"
        /// A process that serves, among those that hold leases.
        case node
        case organization = "org"
        case registration = "reg"
        case role = "rol"
        case service = "svc"
        case session = "ses"
        /// An access token.
        case token = "tok"
    }

    /// What stands behind the prefix, as a regular expression: 26 digits, of which the first holds
    /// three bits.
    static let digitPattern = "[0-7][0-9a-hjkmnp-tv-z]{25}"

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let digits = 26

    /// - Parameter host: Its clock and its randomness.
    public init(_ kind: Kind, _ host: Host) {
        let milliseconds = UInt64(max(0, host.now()) / 1_000_000)
        var bytes = Identifier.bytes(ofMilliseconds: milliseconds)
        bytes += host.randomBytes(10)
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        text = Identifier.text(kind, bytes)
    }

    /// Before each id of the kind that was made at that time or later, and after all others.
    /// - Parameter time: Microseconds since 1970.
    static func bound(_ kind: Kind, before time: Int64) -> String {
        let instant = bytes(ofMilliseconds: UInt64(max(0, time)) / 1_000)
        return text(kind, instant + Array(repeating: 0, count: 10))
    }

    private static func bytes(ofMilliseconds milliseconds: UInt64) -> [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) }
    }

    private static func text(_ kind: Kind, _ bytes: [UInt8]) -> String {
        "\(kind.rawValue)_\(base32(bytes))"
    }

    /// Whether a text from outside is an id of this kind.
    static func isOne(_ text: String, of kind: Kind) -> Bool {
        let bytes = Array(text.utf8)
        let prefix = Array("\(kind.rawValue)_".utf8)
        guard bytes.count == prefix.count + digits, bytes.starts(with: prefix) else { return false }
        let body = bytes[prefix.count...]
        return body[prefix.count] <= UInt8(ascii: "7") && body.allSatisfy(alphabet.contains)
    }

    /// Five bits a digit; the first digit holds the two that are left over.
    private static func base32(_ bytes: [UInt8]) -> String {
        var number = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        var text = [UInt8](repeating: 0, count: digits)
        for position in text.indices.reversed() {
            text[position] = alphabet[Int(number & 31)]
            number >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }
}
