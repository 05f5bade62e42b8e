/// JSON under construction: envelopes around results, which are JSON already.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []
    private var isFirst = true

    /// - Parameter capacity: Bytes that are expected.
    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func object(_ members: (inout JSONText) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    package mutating func member(_ name: String, _ value: (inout JSONText) -> Void) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        value(&self)
        isFirst = false
    }

    package mutating func member(_ name: String, text: String) {
        member(name) { $0.string(text) }
    }

    package mutating func array<Element>(
        _ elements: some Sequence<Element>, _ write: (inout JSONText, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        isFirst = true
        for element in elements {
            separate()
            write(&self, element)
            isFirst = false
        }
        bytes.append(UInt8(ascii: "]"))
        isFirst = false
    }

    package mutating func raw(_ json: some Sequence<UInt8>) { bytes += json }
    package mutating func raw(_ json: String) { bytes += json.utf8 }

    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        // Most texts are written as they are, and at once.
        if JSONText.isPlain(text.utf8Span.span) {
            bytes += text.utf8
        } else {
            for byte in text.utf8 { escape(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            let byte = text[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                return false
            }
        }
        return true
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes += #"\""#.utf8
        case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
        case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
        case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
        case UInt8(ascii: "\t"): bytes += #"\t"#.utf8
        case 0..<0x20:
            bytes += #"\u00"#.utf8
            bytes.append(JSONText.hexDigits[Int(byte >> 4)])
            bytes.append(JSONText.hexDigits[Int(byte & 15)])
        default: bytes.append(byte)
        }
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
