/// Templates: their text as written, their expressions set anew, constants as text.
extension Formatter {
    mutating func write(
        template parts: [Term.TemplatePart], _ span: Span
    ) throws(UnexpectedComment) {
        let isRaw = source.bytes[Int(span.start) + 1] == UInt8(ascii: "`")
        var position = span.start
        for part in parts {
            guard case .expression(let expression) = part else { continue }
            let opening = templateBrace(from: position, before: expression.span.start)
            let closing =
                mark(after: expression.span.end, before: span.end) { $0 == UInt8(ascii: "}") }
                ?? span.end - 1
            if !hasComment(opening, closing), let text = expression.templateText(isRaw: isRaw) {
                lines.write(source.bytes[Int(position)..<Int(opening)])
                lines.write(text)
                position = closing + 1
                continue
            }
            lines.write(source.bytes[Int(position)...Int(opening)])
            try write(templateExpression: expression, before: closing)
            position = closing
        }
        lines.write(source.bytes[Int(position)..<Int(span.end)])
    }

    private mutating func write(
        templateExpression expression: Expression, before closing: Int32
    ) throws(UnexpectedComment) {
        lines.level += 1
        defer { lines.level -= 1 }
        if lines.beforeEnd != nil {
            lines.endLine()
            lines.startLine()
        } else if let next = comments.first, next.span.row < expression.span.row {
            lines.write(" ")
        }
        try write(expression)
        let inside = comments.prefix { $0.span.start < closing }
        guard !inside.isEmpty else { return }
        lines.endLine()
        comments = comments.dropFirst(inside.count)
        write(inside)
        lines.startLine()
    }

    /// Whether a comment stands between the braces, which would be lost with them.
    private func hasComment(_ opening: Int32, _ closing: Int32) -> Bool {
        let isInside: (Comment) -> Bool = { opening < $0.span.start && $0.span.start < closing }
        return comments.contains(where: isInside) || lines.beforeEnd.map(isInside) ?? false
    }

    /// The brace that begins a template's next expression; `\{` is text.
    private func templateBrace(from start: Int32, before end: Int32) -> Int32 {
        var index = Int(start)
        while index < Int(end) - 1, source.bytes[index] != UInt8(ascii: "{") {
            index += source.bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return Int32(min(index, Int(end) - 1))
    }
}

extension Expression {
    /// What an expression that is a constant reads in a template; `nil` where it is none, or where
    /// raw text has no way of saying it.
    fileprivate func templateText(isRaw: Bool) -> String? {
        guard case .term(let term) = kind, modifiers.isEmpty else { return nil }
        switch term.kind {
        case .null: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .number(let literal): return literal
        case .string(let value):
            if isRaw {
                guard !value.contains(where: { $0 == "`" || $0 == "\\" }) else { return nil }
                return value.replacing("{", with: "\\{")
            }
            var quoted = ""
            RegoText.quote(value, to: &quoted)
            return String(quoted.dropFirst().dropLast()).replacing("{", with: "\\{")
        default: return nil
        }
    }
}
