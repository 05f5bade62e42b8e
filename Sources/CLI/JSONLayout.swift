/// JSON laid out as Go's encoder does it, since OPA's output is read by eyes and by `diff`: two
/// spaces a level, and `<`, `>`, `&`, U+2028 and U+2029 as escapes.
struct JSONLayout {
    private(set) var bytes: [UInt8] = []
    private var depth = 0
    private var isFirst = true

    mutating func object(_ fill: (inout JSONLayout) -> Void) {
        bracketed("{", "}", fill)
    }

    mutating func array<Element>(
        _ elements: some Collection<Element>, _ fill: (inout JSONLayout, Element) -> Void
    ) {
        bracketed("[", "]") { layout in
            for element in elements {
                layout.begin()
                fill(&layout, element)
            }
        }
    }

    mutating func member(_ name: String, _ fill: (inout JSONLayout) -> Void) {
        begin()
        string(name)
        append(": ")
        fill(&self)
    }

    mutating func string(_ text: String) {
        append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20: append("\\u00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16))")
            default: bytes.append(byte)
            }
        }
        append("\"")
    }

    mutating func integer(_ number: some BinaryInteger) {
        append(String(number))
    }

    /// A finished value, laid out anew.
    mutating func value(_ json: [UInt8]) {
        let json = Self.escapingHTML(json)
        var isInString = false
        var index = 0
        while index < json.count {
            let byte = json[index]
            index += 1
            if isInString {
                bytes.append(byte)
                if byte == UInt8(ascii: "\\"), index < json.count {
                    bytes.append(json[index])
                    index += 1
                }
                isInString = byte != UInt8(ascii: "\"")
                continue
            }
            isInString = byte == UInt8(ascii: "\"")
            punctuation(byte, next: index < json.count ? json[index] : 0)
        }
    }

    mutating func newLine() { append("\n") }

    private mutating func punctuation(_ byte: UInt8, next: UInt8) {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            bytes.append(byte)
            depth += 1
            if next != UInt8(ascii: "}") && next != UInt8(ascii: "]") { line() }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            let isEmpty = bytes.last == UInt8(ascii: "{") || bytes.last == UInt8(ascii: "[")
            if !isEmpty { line() }
            bytes.append(byte)
        case UInt8(ascii: ","):
            bytes.append(byte)
            line()
        case UInt8(ascii: ":"): append(": ")
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
        default: bytes.append(byte)
        }
    }

    private mutating func bracketed(
        _ open: String, _ close: String, _ fill: (inout JSONLayout) -> Void
    ) {
        append(open)
        depth += 1
        isFirst = true
        fill(&self)
        depth -= 1
        if !isFirst { line() }
        append(close)
        isFirst = false
    }

    private mutating func begin() {
        if !isFirst { append(",") }
        line()
        isFirst = false
    }

    private mutating func line() {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// JSON text in which nothing could be taken for HTML, as Go's encoder writes it. These
    /// characters can stand nowhere but in strings.
    static func escapingHTML(_ json: [UInt8]) -> [UInt8] {
        let special: [UInt8] = [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), 0xE2]
        guard json.contains(where: special.contains) else { return json }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(json.count + 16)
        var index = 0
        while index < json.count {
            let rest = json[index...]
            let (text, length) = escape(rest)
            if let text {
                escaped.append(contentsOf: text.utf8)
            } else {
                escaped.append(json[index])
            }
            index += length
        }
        return escaped
    }

    private static func escape(_ rest: ArraySlice<UInt8>) -> (text: String?, length: Int) {
        switch rest[rest.startIndex] {
        case UInt8(ascii: "<"): ("\\u003c", 1)
        case UInt8(ascii: ">"): ("\\u003e", 1)
        case UInt8(ascii: "&"): ("\\u0026", 1)
        case 0xE2 where rest.starts(with: [0xE2, 0x80, 0xA8]): ("\\u2028", 3)
        case 0xE2 where rest.starts(with: [0xE2, 0x80, 0xA9]): ("\\u2029", 3)
        default: (nil, 1)
        }
    }
}
