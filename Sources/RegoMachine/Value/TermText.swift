/// Values as Rego terms: what `sprintf("%v")`, `print` and messages show.
extension TextBuilder {
    /// Strings in quotes, sets as `{1, 2}`, the empty one as `set()`.
    package mutating func append(term value: Value) throws(BuiltinError) {
        switch value.kind {
        case .undefined: try append("<undefined>")
        case .null: try append("null")
        case .boolean: try append(value.isTrue ? "true" : "false")
        case .integer: try append(decimalDigitsOf: value.integer ?? 0)
        case .decimal: try append(Numbers.text(value))
        case .string: try append(Quoting.quoted(value.bytes))
        case .array: try append(list: value.elements, 0x5B, 0x5D)
        case .set:
            if value.members.isEmpty { return try append("set()") }
            try append(list: value.members, 0x7B, 0x7D)
        case .object: try append(entries: value.entries)
        }
    }

    private mutating func append(
        list: Elements, _ open: UInt8, _ close: UInt8
    ) throws(BuiltinError) {
        try append(open)
        for (position, element) in list.enumerated() {
            if position > 0 { try append(", ") }
            try append(term: element)
        }
        try append(close)
    }

    private mutating func append(entries: Entries) throws(BuiltinError) {
        try append(0x7B)
        for (position, entry) in entries.enumerated() {
            if position > 0 { try append(", ") }
            try append(term: entry.key)
            try append(": ")
            try append(term: entry.value)
        }
        try append(0x7D)
    }

    /// A string's own text, any other value's term.
    mutating func append(display value: Value) throws(BuiltinError) {
        if value.kind == .string { try append(value.bytes) } else { try append(term: value) }
    }
}

/// Text in quotes, what cannot be printed escaped.
/// - Source: Go's `strconv.Quote`, `strconv.QuoteToASCII`.
enum Quoting {
    /// - Parameter isASCIIOnly: Everything beyond ASCII is escaped too.
    static func quoted(_ text: Bytes, isASCIIOnly: Bool = false) -> [UInt8] {
        var quoted: [UInt8] = [0x22]
        quoted.reserveCapacity(text.count + 2)
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C {
                quoted.append(byte)
                position += 1
                continue
            }
            let (scalar, width) = text.scalar(at: position)
            quoted +=
                width == 1 && byte >= 0x80
                ? hex("\\x", UInt32(byte), digits: 2)
                : escaped(scalar, quote: "\"", isASCIIOnly: isASCIIOnly)
            position += width
        }
        return quoted + [0x22]
    }

    static func escaped(
        _ scalar: Unicode.Scalar, quote: Unicode.Scalar, isASCIIOnly: Bool
    ) -> [UInt8] {
        if scalar == quote || scalar == "\\" { return [0x5C] + utf8(scalar) }
        let isKept =
            scalar.isASCII
            ? scalar.value >= 0x20 && scalar.value < 0x7F : !isASCIIOnly && scalar.isPrintable
        return isKept ? utf8(scalar) : escape(scalar)
    }

    private static func escape(_ scalar: Unicode.Scalar) -> [UInt8] {
        switch scalar.value {
        case 0x07: Array("\\a".utf8)
        case 0x08: Array("\\b".utf8)
        case 0x0C: Array("\\f".utf8)
        case 0x0A: Array("\\n".utf8)
        case 0x0D: Array("\\r".utf8)
        case 0x09: Array("\\t".utf8)
        case 0x0B: Array("\\v".utf8)
        case 0..<0x20, 0x7F: hex("\\x", scalar.value, digits: 2)
        case 0..<0x1_0000: hex("\\u", scalar.value, digits: 4)
        default: hex("\\U", scalar.value, digits: 8)
        }
    }

    private static func hex(_ mark: String, _ value: UInt32, digits: Int) -> [UInt8] {
        var text = Array(mark.utf8)
        for digit in (0..<digits).reversed() {
            let nibble = UInt8(truncatingIfNeeded: value >> UInt32(4 * digit)) & 15
            text.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
        }
        return text
    }

    static func utf8(_ scalar: Unicode.Scalar) -> [UInt8] {
        Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
}

extension TextBuilder {
    mutating func append(scalar: Unicode.Scalar) throws(BuiltinError) {
        if scalar.isASCII { return try append(UInt8(truncatingIfNeeded: scalar.value)) }
        try append(Quoting.utf8(scalar))
    }
}

extension Unicode.Scalar {
    /// Letters, marks, numbers, punctuation and symbols; no space but ASCII's.
    /// - Source: Go's `strconv.IsPrint`.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}
