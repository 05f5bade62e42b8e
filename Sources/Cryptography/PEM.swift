import COpenSSL

/// One armoured block of a text.
/// - Source: RFC 7468, read as leniently as Go's `encoding/pem`.
public struct PEMBlock: Sendable, Hashable {
    /// What stands between `BEGIN ` and the dashes, such as `CERTIFICATE`.
    public let label: String
    public let bytes: [UInt8]

    public init(label: String, bytes: [UInt8]) {
        self.label = label
        self.bytes = bytes
    }

    /// The first block of a text, and what stands after it; `nil` where there is none.
    /// Headers (RFC 1421) are skipped.
    public static func first(
        in text: ArraySlice<UInt8>
    ) -> (block: PEMBlock, rest: ArraySlice<UInt8>)? {
        var rest = text
        while let label = nextLabel(&rest) {
            var lines = rest
            let end = Array("-----END \(label)-----".utf8)
            var digits: [UInt8] = []
            var isHeader = true
            while !lines.isEmpty {
                let line = nextLine(&lines)
                if line.elementsEqual(end) {
                    guard let bytes = decoded(digits) else { break }
                    return (PEMBlock(label: label, bytes: bytes), lines)
                }
                // A block that does not end is read no further than to the next one.
                if line.starts(with: "-----BEGIN ".utf8) { break }
                if isHeader && line.contains(UInt8(ascii: ":")) { continue }
                isHeader = false
                digits += line
            }
        }
        return nil
    }

    /// Moves behind the next line that begins a block.
    private static func nextLabel(_ rest: inout ArraySlice<UInt8>) -> String? {
        let begin = Array("-----BEGIN ".utf8)
        while !rest.isEmpty {
            let line = nextLine(&rest)
            if line.starts(with: begin), line.suffix(5).elementsEqual("-----".utf8),
                line.count > begin.count + 5
            {
                return String(
                    decoding: line.dropFirst(begin.count).dropLast(5), as: UTF8.self)
            }
        }
        return nil
    }

    /// A line without white space at its end.
    private static func nextLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        var line = rest[..<end]
        rest = rest[min(end + 1, rest.endIndex)...]
        while let last = line.last, last == 32 || last == 9 || last == 13 { line.removeLast() }
        return line
    }

    private static func decoded(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.count % 4 == 0, digits.count < 1 << 30 else { return nil }
        if digits.isEmpty { return [] }
        var bytes = [UInt8](repeating: 0, count: digits.count / 4 * 3)
        let count = unsafe EVP_DecodeBlock(&bytes, digits, Int32(digits.count))
        guard count >= 0 else { return nil }
        // The library counts the padding as zero bytes.
        let padding = digits.suffix(2).count { $0 == UInt8(ascii: "=") }
        return Array(bytes.prefix(Int(count) - padding))
    }
}
