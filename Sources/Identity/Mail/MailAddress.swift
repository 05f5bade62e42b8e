/// An address that mail is sent to, and nothing else: no name, no comment, no quotes.
/// - Source: RFC 5321 4.1.2, without quoted local parts and address literals.
public struct MailAddress: Sendable, Hashable {
    /// As it was given.
    public let text: String

    public static let bytesMax = 254

    /// - Returns: `nil` for what is none; a domain in other letters is wanted as `xn--`.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= MailAddress.bytesMax,
            MailAddress.isLocalPart(parts[0]), MailAddress.isDomain(parts[1])
        else { return nil }
        self.text = text
    }

    /// In lower case: two addresses of one key are one mailbox.
    var key: String { text.lowercased() }

    /// Behind the `@`.
    var domain: Substring { text.drop { $0 != "@" }.dropFirst() }

    private static func isLocalPart(_ text: Substring) -> Bool {
        let atoms = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 64
            && atoms.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isOfAtom) }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isOfAtom(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
