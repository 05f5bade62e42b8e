/// JSON under construction: the envelopes around results, which are JSON already.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    mutating func object(_ members: (inout JSONText) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    mutating func member(_ name: String, _ value: (inout JSONText) -> Void) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        value(&self)
        isFirst = false
    }

    mutating func member(_ name: String, text: String) {
        member(name) { $0.string(text) }
    }

    mutating func array<Element>(
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

    mutating func raw(_ json: some Sequence<UInt8>) { bytes += json }
    mutating func raw(_ json: String) { bytes += json.utf8 }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
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
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}

/// JSON laid out as Go's encoder does with an indent of two spaces.
enum JSONLayout {
    /// - Parameter json: JSON without spaces between its tokens.
    static func indented(_ json: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(json.count * 2)
        var depth = 0
        var isInString = false
        var position = 0
        while position < json.count {
            let byte = json[position]
            position += 1
            if isInString {
                out.append(byte)
                if byte == UInt8(ascii: "\\"), position < json.count {
                    out.append(json[position])
                    position += 1
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                out.append(byte)
                // Brackets are 2 apart from the ones that close them.
                if position < json.count, json[position] == byte + 2 {
                    out.append(json[position])
                    position += 1
                } else {
                    depth += 1
                    newLine(&out, depth)
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                newLine(&out, depth)
                out.append(byte)
            case UInt8(ascii: ","):
                out.append(byte)
                newLine(&out, depth)
            case UInt8(ascii: ":"):
                out.append(byte)
                out.append(UInt8(ascii: " "))
            default:
                isInString = byte == UInt8(ascii: "\"")
                out.append(byte)
            }
        }
        return out
    }

    private static func newLine(_ out: inout [UInt8], _ depth: Int) {
        out.append(UInt8(ascii: "\n"))
        out.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * max(depth, 0)))
    }
}
