import RegoMachine

/// A scalar as it is written, and what it means.
/// - Source: go-yaml 2, `resolve`; YAML 1.1 types without base 60.
struct YAMLScalar {
    let text: [UInt8]
    let tag: String?
    /// Without quotes.
    let isPlain: Bool

    private static let tags = "tag:yaml.org,2002:"

    /// Whether it is the key that merges other mappings.
    var isMerge: Bool {
        text.elementsEqual("<<".utf8)
            && (isPlain && tag == nil || tag == YAMLScalar.tags + "merge")
    }

    /// - Throws: `BuiltinError.failed` where the text is not what its tag says.
    func value(in arena: Arena, digitsMax: Int) throws(BuiltinError) -> Value {
        guard let tag, tag.hasPrefix(YAMLScalar.tags) else {
            // The tag `!` and tags of one's own make strings.
            if tag != nil || !isPlain { return try .string(text, in: arena) }
            return try YAMLScalar.resolved(text, in: arena, digitsMax: digitsMax)
        }
        let kind = tag.dropFirst(YAMLScalar.tags.count)
        switch kind {
        case "str", "timestamp", "merge": return try .string(text, in: arena)
        case "binary":
            let digits = text.filter { $0 != 32 && $0 != 9 }
            guard let bytes = try? Base64.standard.decode(digits, padded: true) else {
                throw .failed("!!binary value contains invalid base64 data")
            }
            return try .string(bytes, in: arena)
        default: return try resolved(as: String(kind), in: arena, digitsMax: digitsMax)
        }
    }

    private func resolved(
        as kind: String, in arena: Arena, digitsMax: Int
    ) throws(BuiltinError) -> Value {
        let value = try YAMLScalar.resolved(text, in: arena, digitsMax: digitsMax)
        let fits =
            switch kind {
            case "null": value.kind == .null
            case "bool": value.kind == .boolean
            case "int": value.kind == .integer || value.index != nil && value.isNumber
            case "float": value.isNumber
            default: true
            }
        if fits { return value }
        let shown = String(decoding: text.prefix(100), as: UTF8.self)
        throw .failed("cannot decode `\(shown)` as a !!\(kind)")
    }

    /// What a plain scalar without a tag means.
    static func resolved(
        _ text: [UInt8], in arena: Arena, digitsMax: Int
    ) throws(BuiltinError) -> Value {
        if let constant = constant(text) { return constant }
        if isInfiniteOrNaN(text) {
            throw .failed("unsupported value: \(String(decoding: text, as: UTF8.self))")
        }
        if let number = number(text) {
            guard number.count <= digitsMax else { throw .limit(.numberDigits) }
            return try Numbers.parse(number, in: arena)
        }
        return try .string(text, in: arena)
    }

    /// Whether the text, written plain, is read as something else than itself.
    static func needsQuotes(_ text: [UInt8]) -> Bool {
        constant(text) != nil || isInfiniteOrNaN(text) || number(text) != nil
            || text.elementsEqual("<<".utf8) || isTimestamp(text) || isBase60(text)
    }

    private static func constant(_ text: [UInt8]) -> Value? {
        // The longest is `false`.
        guard text.count <= 5 else { return nil }
        switch String(decoding: text, as: UTF8.self) {
        case "", "~", "null", "Null", "NULL": return .null
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .true
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
            return .false
        default: return nil
        }
    }

    private static func isInfiniteOrNaN(_ text: [UInt8]) -> Bool {
        guard text.count <= 5 else { return false }
        switch String(decoding: text, as: UTF8.self) {
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
            "-.Inf", "-.INF":
            return true
        default: return false
        }
    }
}

extension YAMLScalar {
    /// The JSON literal of what looks like a number: `0x1F`, `017`, `0b1`, `1_000`, `.5`, `+1.`.
    private static func number(_ text: [UInt8]) -> [UInt8]? {
        guard let first = text.first else { return nil }
        switch first {
        case UInt8(ascii: "."): return float(text)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            let plain = text.filter { $0 != UInt8(ascii: "_") }
            return integer(plain) ?? float(plain)
        default: return nil
        }
    }

    private static func integer(_ text: [UInt8]) -> [UInt8]? {
        let isNegative = text.first == UInt8(ascii: "-")
        let isSigned = isNegative || text.first == UInt8(ascii: "+")
        let digits = text.dropFirst(isSigned ? 1 : 0)
        guard digits.first == UInt8(ascii: "0"), digits.count > 1 else { return nil }
        let radix: Int
        let skipped: Int
        switch digits[digits.startIndex + 1] | 0x20 {
        case UInt8(ascii: "x"): (radix, skipped) = (16, 2)
        case UInt8(ascii: "b"): (radix, skipped) = (2, 2)
        case UInt8(ascii: "o"): (radix, skipped) = (8, 2)
        default: (radix, skipped) = (8, 1)
        }
        let body = digits.dropFirst(skipped)
        guard let start = body.first, start != UInt8(ascii: "+"), start != UInt8(ascii: "-"),
            let magnitude = UInt64(String(decoding: body, as: UTF8.self), radix: radix),
            !isNegative || magnitude <= 1 << 63
        else { return nil }
        return Array((isNegative && magnitude > 0 ? "-" : "").utf8) + Array(String(magnitude).utf8)
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, as JSON writes it.
    private static func float(_ text: [UInt8]) -> [UInt8]? {
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = digits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = digits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        var exponent: ArraySlice<UInt8> = []
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            var after = rest.dropFirst()
            if let sign = after.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                after.removeFirst()
            }
            guard !digits(&after).isEmpty else { return nil }
            exponent = rest[..<after.startIndex]
            rest = after
        }
        guard rest.isEmpty else { return nil }
        var literal: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        literal += significant.isEmpty ? [UInt8(ascii: "0")] : Array(significant)
        if !fraction.isEmpty { literal += [UInt8(ascii: ".")] + fraction }
        return literal + exponent
    }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let found = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest[found.endIndex...]
        return found
    }

    /// Begins as a date does: four digits, and parts between dashes.
    private static func isTimestamp(_ text: [UInt8]) -> Bool {
        guard text.prefix(4).count == 4, text.count >= 8,
            text.prefix(4).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            text[4] == UInt8(ascii: "-")
        else { return false }
        var rest = text[5...]
        let month = digits(&rest)
        guard (1...2).contains(month.count), rest.first == UInt8(ascii: "-") else { return false }
        rest.removeFirst()
        guard (1...2).contains(digits(&rest).count) else { return false }
        guard let next = rest.first else { return month.count == 2 && text.count == 10 }
        return next | 0x20 == UInt8(ascii: "t") || next == UInt8(ascii: " ")
    }

    /// `190:20:30`, which YAML 1.1 reads as a number and nobody else does.
    private static func isBase60(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let parts = rest.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count > 1 else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                }
        }
    }
}
