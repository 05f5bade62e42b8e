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
