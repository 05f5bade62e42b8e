import RegoMachine

/// `regex.template_match`: patterns between delimiters, plain text around them, all anchored.
extension Regex {
    static func templateMatch(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let opening = try delimiter(operands[2].bytes, "start", shownLength: operands[2])
        // OPA names the length of the start delimiter here too.
        let closing = try delimiter(operands[3].bytes, "end", shownLength: operands[2])
        var key = try TextBuilder(in: context.arena, capacity: operands[0].bytes.count + 2)
        try key.append(opening)
        try key.append(closing)
        try key.append(operands[0].bytes)
        let cache = TextCache<Pattern>.of(context, slot: CacheSlot.templates)
        let pattern = try cache.made(of: key.bytes) { (key) throws(BuiltinError) in
            try context.charge(16 + key.count)
            return try Pattern(expanded(Array(key[2..<key.count]), opening, closing))
        }
        let text = operands[1].bytes
        try context.charge(1 + text.count / 16)
        return .boolean(pattern.matches(text))
    }

    private static func delimiter(
        _ text: Bytes, _ name: String, shownLength: Value
    ) throws(BuiltinError) -> UInt8 {
        if text.count == 1 { return text[0] }
        throw .failed(
            "\(name) delimiter has to be exactly one character long but is "
                + "\(shownLength.bytes.count) long")
    }

    /// The one pattern that a template stands for.
    private static func expanded(
        _ template: [UInt8], _ opening: UInt8, _ closing: UInt8
    ) throws(BuiltinError) -> [UInt8] {
        var pattern = [UInt8(ascii: "^")]
        var end = 0
        for range in try delimited(template, opening, closing) {
            appendQuoted(template[end..<range.lowerBound], to: &pattern)
            let part = template[range.lowerBound + 1..<range.upperBound - 1]
            // Each part is a pattern of its own: `a)(b` is none.
            _ = try Pattern([UInt8(ascii: "^")] + part + [UInt8(ascii: "$")])
            pattern += [UInt8(ascii: "(")] + part + [UInt8(ascii: ")")]
            end = range.upperBound
        }
        appendQuoted(template[end...], to: &pattern)
        return pattern + [UInt8(ascii: "$")]
    }

    /// The outermost delimited parts, delimiters included.
    private static func delimited(
        _ template: [UInt8], _ opening: UInt8, _ closing: UInt8
    ) throws(BuiltinError) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var level = 0
        var start = 0
        for (position, byte) in template.enumerated() {
            if byte == opening {
                level += 1
                if level == 1 { start = position }
            } else if byte == closing {
                level -= 1
                if level == 0 { parts.append(start..<position + 1) }
                if level < 0 { break }
            }
        }
        if level == 0 { return parts }
        let shown = Quoted.text(String(decoding: template, as: UTF8.self))
        throw .failed("unbalanced braces in \(shown)")
    }

    private static func appendQuoted(_ text: ArraySlice<UInt8>, to pattern: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "*"),
                UInt8(ascii: "?"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"),
                UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
                UInt8(ascii: "^"), UInt8(ascii: "$"):
                pattern += [UInt8(ascii: "\\"), byte]
            default: pattern.append(byte)
            }
        }
    }
}
