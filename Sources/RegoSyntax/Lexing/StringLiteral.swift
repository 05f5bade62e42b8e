/// Decodes what stands between the quotes of a string.
enum StringLiteral {
    /// - Parameter allowsBrace: In templates `\{` stands for a brace.
    /// - Returns: The text, or nil where JSON would refuse it: an escape that is none, or a
    ///   control character beside one. A lone surrogate becomes U+FFFD, as in OPA.
    static func decoded(_ bytes: ArraySlice<UInt8>, allowsBrace: Bool) -> String? {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                if byte < 0x20 { return nil }
                text.append(byte)
                continue
            }
            guard index < bytes.endIndex else { return nil }
            let escape = bytes[index]
            index += 1
            if let plain = single(escape, allowsBrace: allowsBrace) {
                text.append(plain)
            } else if escape == UInt8(ascii: "u"), let unit = hexadecimal(bytes, &index) {
                let scalar = scalar(unit, bytes, &index)
                text.append(contentsOf: String(Character(scalar)).utf8)
            } else {
                return nil
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The raw template's only escape is `\{`.
    static func withoutBraceEscapes(_ bytes: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for index in bytes.indices {
            let isEscape =
                bytes[index] == UInt8(ascii: "\\") && index + 1 < bytes.endIndex
                && bytes[index + 1] == UInt8(ascii: "{")
            if !isEscape { text.append(bytes[index]) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func single(_ escape: UInt8, allowsBrace: Bool) -> UInt8? {
        switch escape {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "/"): escape
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "{") where allowsBrace: escape
        default: nil
        }
    }

    private static func hexadecimal(_ bytes: ArraySlice<UInt8>, _ index: inout Int) -> UInt32? {
        guard index + 4 <= bytes.endIndex else { return nil }
        var value: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = digit(bytes[index + offset]) else { return nil }
            value = value << 4 | digit
        }
        index += 4
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Joins a surrogate to the one that follows it.
    private static func scalar(
        _ unit: UInt32, _ bytes: ArraySlice<UInt8>, _ index: inout Int
    ) -> Unicode.Scalar {
        if (0xD800..<0xDC00).contains(unit), index + 6 <= bytes.endIndex,
            bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        {
            var next = index + 2
            if let low = hexadecimal(bytes, &next), (0xDC00..<0xE000).contains(low) {
                index = next
                let value = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                return Unicode.Scalar(value) ?? "\u{FFFD}"
            }
        }
        return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }
}
