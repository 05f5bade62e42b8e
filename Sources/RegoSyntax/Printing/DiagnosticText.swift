extension Diagnostic {
    /// The diagnostic as people read it: `file:row: code: message`, the source line with the
    /// faulty stretch underlined, and the hint.
    /// - Parameter source: The text that the span counts in; without it, no line is shown.
    public func rendered(source: Source?) -> String {
        var text = "\(place): \(code.rawValue): \(message)"
        if let excerpt = source?.excerpt(span) { text += excerpt }
        if let hint { text += "\n\thint: \(hint)" }
        return text
    }

    private var place: String {
        file.isEmpty ? "\(span.row):\(span.column)" : "\(file):\(span.row)"
    }

    /// Several diagnostics as one text, headed by their number as OPA heads them.
    /// - Parameter source: Gives the source that a diagnostic's `file` names.
    public static func rendered(
        _ diagnostics: [Diagnostic], source: (String) -> Source?
    ) -> String {
        let texts = diagnostics.map { $0.rendered(source: source($0.file)) }
        guard texts.count != 1 else { return "1 error occurred: \(texts[0])" }
        return "\(texts.count) errors occurred:\n" + texts.joined(separator: "\n")
    }
}

extension Source {
    /// The line of a stretch and the marks under it, each after a line break and a tab; `nil` where
    /// it is in no line.
    public func excerpt(_ span: Span) -> String? {
        SourceLine(span, in: self).map { "\n\t\($0.text)\n\t\($0.underline)" }
    }
}

/// A line of a source, without its indentation, and the marks under a stretch of it.
struct SourceLine {
    var text: String
    var underline: String

    /// Nil where the span is in no line: an empty source.
    init?(_ span: Span, in source: Source) {
        let bytes = source.bytes
        guard span.row > 0, !bytes.isEmpty else { return nil }
        // The end of a source belongs to its last line that says something.
        var start = min(Int(span.start), bytes.count - 1)
        let isAtEnd = Int(span.start) >= bytes.count
        while isAtEnd, start > 0, Self.isBlank(bytes[start]) { start -= 1 }
        var first = start
        while first > 0, bytes[first - 1] != 0x0A { first -= 1 }
        var last = start
        while last < bytes.count, bytes[last] != 0x0A, bytes[last] != 0x0D { last += 1 }
        while first < start, Self.isBlank(bytes[first]) { first += 1 }
        text = Self.decoded(bytes[first..<last])
        let markStart = isAtEnd ? min(start + 1, last) : min(start, last)
        let markEnd = max(markStart, min(Int(span.end), last))
        let indentation = Self.decoded(bytes[first..<markStart]).unicodeScalars
        let marks = Self.decoded(bytes[markStart..<markEnd]).unicodeScalars.count
        underline = indentation.reduce(into: "") { $0 += $1 == "\t" ? "\t" : " " }
        underline += String(repeating: "^", count: max(marks, 1))
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
