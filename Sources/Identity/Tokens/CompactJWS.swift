import Cryptography
import RegoMachine

/// A signed object in compact form, taken apart: nothing in it is believed yet.
/// - Source: RFC 7515, section 7.1.
struct CompactJWS {
    let header: JSON
    let payload: [UInt8]
    let signature: [UInt8]
    /// What the signature is of.
    let signed: [UInt8]

    private static let headerBytesMax = 512

    /// - Returns: `nil` for what is none, or one that could be written otherwise.
    init?(_ text: String, bytesMax: Int) {
        guard text.utf8.count <= bytesMax else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count <= Self.headerBytesMax,
            let header = Self.bytes(parts[0]), let payload = Self.bytes(parts[1]),
            let signature = Self.bytes(parts[2]), let object = try? JSON(reading: header)
        else { return nil }
        self.header = object
        self.payload = payload
        self.signature = signature
        signed = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }

    /// A new one.
    /// - Throws: `SigningFailure.failed`.
    static func text(
        header: JSON, payload: JSON, _ key: Key, _ algorithm: SignatureAlgorithm
    ) throws(SigningFailure) -> String {
        let signed = [header, payload].map { digits($0.bytes) }.joined(separator: ".")
        do throws(CryptographyError) {
            let signature = try key.signature(of: Array(signed.utf8).span, algorithm)
            return "\(signed).\(digits(signature))"
        } catch {
            throw .failed
        }
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.url.encode(bytes, padded: false), as: UTF8.self)
    }

    /// Of texts that decode to the same bytes, only the one that is written is taken.
    private static func bytes(_ digits: Substring.UTF8View) -> [UInt8]? {
        let digits = Array(digits)
        guard !digits.isEmpty, let bytes = try? Base64.url.decode(digits, padded: false),
            Base64.url.encode(bytes, padded: false).elementsEqual(digits)
        else { return nil }
        return bytes
    }
}
