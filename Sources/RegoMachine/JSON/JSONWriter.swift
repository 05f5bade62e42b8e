/// Writes values as JSON: sets as sorted arrays, keys that are no strings as their JSON text.
public struct JSONWriter {
    /// How the text is laid out.
    public struct Style: Sendable {
        /// Spaces (or what you like) a level; `nil`: all on one line.
        public var indent: String?
        public var prefix = ""
        /// `<`, `>`, `&`, U+2028 and U+2029 as `\u` escapes, as Go's encoder has them.
        public var escapesHTML = false

        public init(indent: String? = nil, prefix: String = "", escapesHTML: Bool = false) {
            self.indent = indent
            self.prefix = prefix
            self.escapesHTML = escapesHTML
        }
    }

    /// Appends the JSON of `value`.
    public static func write(
        _ value: Value, to text: inout TextBuilder, style: Style = .init()
    ) throws(BuiltinError) {
        let writer = JSONWriter(style: style)
        try writer.write(value, 0, &text)
    }

    private let style: Style

    private func write(
        _ value: Value, _ level: Int, _ text: inout TextBuilder
    ) throws(BuiltinError) {
        switch value.kind {
        case .undefined, .null: try text.append("null")
        case .boolean: try text.append(value.isTrue ? "true" : "false")
        case .integer: try text.append(decimalDigitsOf: value.integer ?? 0)
        case .decimal: try text.append(value.bytes)
        case .string: try quote(value.bytes, &text)
        case .array: try list(value.elements, level, &text)
        case .set: try list(value.members, level, &text)
        case .object: try object(value.entries, level, &text)
        }
    }

    private func list(
        _ elements: Elements, _ level: Int, _ text: inout TextBuilder
    ) throws(BuiltinError) {
        try text.append(UInt8(ascii: "["))
        for index in 0..<elements.count {
            if index > 0 { try text.append(UInt8(ascii: ",")) }
            try newLine(level + 1, &text)
            try write(elements[index], level + 1, &text)
        }
        if elements.count > 0 { try newLine(level, &text) }
        try text.append(UInt8(ascii: "]"))
    }

    private func object(
        _ entries: Entries, _ level: Int, _ text: inout TextBuilder
    ) throws(BuiltinError) {
        try text.append(UInt8(ascii: "{"))
        for index in 0..<entries.count {
            let (key, value) = entries[index]
            if index > 0 { try text.append(UInt8(ascii: ",")) }
            try newLine(level + 1, &text)
            if key.kind == .string {
                try quote(key.bytes, &text)
            } else {
                var inner = try TextBuilder(in: text.arena)
                try JSONWriter(style: Style()).write(key, 0, &inner)
                try quote(inner.bytes, &text)
            }
            try text.append(UInt8(ascii: ":"))
            if style.indent != nil { try text.append(UInt8(ascii: " ")) }
            try write(value, level + 1, &text)
        }
        if entries.count > 0 { try newLine(level, &text) }
        try text.append(UInt8(ascii: "}"))
    }

    private func newLine(_ level: Int, _ text: inout TextBuilder) throws(BuiltinError) {
        guard let indent = style.indent else { return }
        try text.append(UInt8(ascii: "\n"))
        try text.append(style.prefix)
        for _ in 0..<level { try text.append(indent) }
    }

    /// Bytes that are no UTF-8, which decoding builtins may give, become U+FFFD.
    private func quote(_ bytes: Bytes, _ text: inout TextBuilder) throws(BuiltinError) {
        try text.append(UInt8(ascii: "\""))
        var from = 0
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            let length = byte < 0x80 ? 1 : bytes.sequenceLength(at: position)
            if byte < 32 || byte == 0x22 || byte == 0x5C || length == 0
                || mustEscape(byte, bytes, position)
            {
                try text.append(bytes[from..<position])
                position += try escape(byte, bytes, position, &text)
                from = position
            } else {
                position += length
            }
        }
        try text.append(bytes[from..<bytes.count])
        try text.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private func mustEscape(_ byte: UInt8, _ bytes: Bytes, _ position: Int) -> Bool {
        guard style.escapesHTML else { return false }
        if byte == 0x3C || byte == 0x3E || byte == 0x26 { return true }
        return byte == 0xE2 && position + 2 < bytes.count && bytes[position + 1] == 0x80
            && bytes[position + 2] & 0xFE == 0xA8
    }

    /// - Returns: How many bytes of the source it stands for.
    private func escape(
        _ byte: UInt8, _ bytes: Bytes, _ position: Int, _ text: inout TextBuilder
    ) throws(BuiltinError) -> Int {
        switch byte {
        case 0x22: try text.append("\\\"")
        case 0x5C: try text.append("\\\\")
        case 8: try text.append("\\b")
        case 9: try text.append("\\t")
        case 10: try text.append("\\n")
        case 12: try text.append("\\f")
        case 13: try text.append("\\r")
        case 0x80... where bytes.sequenceLength(at: position) == 0: try text.append("\u{FFFD}")
        case 0xE2:
            try text.append(bytes[position + 2] == 0xA8 ? "\\u2028" : "\\u2029")
            return 3
        default:
            try text.append("\\u00")
            for digit in [byte >> 4, byte & 15] {
                try text.append(digit < 10 ? 48 + digit : 87 + digit)
            }
        }
        return 1
    }
}

extension TextBuilder {
    /// Appends an integer's decimal digits.
    public mutating func append(decimalDigitsOf number: Int64) throws(BuiltinError) {
        if number < 0 { try append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var digits: UInt64 = 1
        while rest / digits >= 10 { digits *= 10 }
        while digits > 0 {
            try append(UInt8(48 + rest / digits))
            rest %= digits
            digits /= 10
        }
    }
}
