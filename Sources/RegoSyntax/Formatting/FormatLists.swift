/// The items of arrays, sets, objects and argument lists: those on one row stay on one line.
extension Formatter {
    mutating func write(items: [Term], in span: Span) throws(UnexpectedComment) {
        try write(items: items, in: span, close: endRow(span), isParenthesizingUnions: true)
    }

    /// - Parameter close: The closing bracket's row; -1 where comments are not to be looked for.
    mutating func write(
        items: [Term], in span: Span, close: Int32, isParenthesizingUnions: Bool
    ) throws(UnexpectedComment) {
        let rows = items.map(\.span.row)
        try writeList(rows, items, Self.ends(items), span, close) {
            (formatter: inout Formatter, index: Int) throws(UnexpectedComment) in
            let item = items[index]
            let needsParentheses =
                item.isUnion && (isParenthesizingUnions || item.isParenthesized)
            if needsParentheses { formatter.lines.write("(") }
            try formatter.write(item)
            if needsParentheses { formatter.lines.write(")") }
        }
    }

    mutating func write(set items: [Term], _ span: Span) throws(UnexpectedComment) {
        guard !items.isEmpty else {
            lines.write("set()")
            return try insertComments(endRow(span))
        }
        lines.write("{")
        try write(items: items, in: span)
        lines.write("}")
    }

    mutating func write(
        _ pairs: [(key: Term, value: Term)], in span: Span
    ) throws(UnexpectedComment) {
        lines.write("{")
        let ends = pairs.first.flatMap { first in pairs.last.map { (first.key, $0.value) } }
        let terms = pairs.flatMap { [$0.key, $0.value] }
        try writeList(pairs.map(\.key.span.row), terms, ends, span, endRow(span)) {
            (formatter: inout Formatter, index: Int) throws(UnexpectedComment) in
            try formatter.write(inPair: pairs[index].key)
            formatter.lines.write(": ")
            try formatter.write(inPair: pairs[index].value)
        }
        lines.write("}")
    }

    private mutating func write(inPair term: Term) throws(UnexpectedComment) {
        if term.isUnion { lines.write("(") }
        try write(term)
        if term.isUnion { lines.write(")") }
    }

    private static func ends(_ items: [Term]) -> (Term, Term)? {
        items.first.flatMap { first in items.last.map { (first, $0) } }
    }

    /// The row where an item begins, its parentheses included.
    private func openingRow(_ item: Term, in span: Span) -> Int32 {
        guard item.isParenthesized,
            let opening = mark(
                after: span.start + 1, before: item.span.start,
                where: { $0 == UInt8(ascii: "(") })
        else { return item.span.row }
        return row(at: opening)
    }

    /// The row where an item ends, its parentheses included.
    private func closedRow(_ item: Term) -> Int32 {
        item.isParenthesized ? closingRow(")", after: item.span.end) : endRow(item.span)
    }

    /// Writes items with commas, a new line where the text has one.
    private mutating func writeList(
        _ rows: [Int32], _ items: [Term], _ ends: (first: Term, last: Term)?, _ span: Span,
        _ close: Int32,
        item: (inout Formatter, Int) throws(UnexpectedComment) -> Void
    ) throws(UnexpectedComment) {
        var isBroken = zip(rows, rows.dropFirst()).contains { $1 > $0 }
        if !isBroken {
            // Collapsing the lines would leave these comments no place.
            if let next = comments.first(where: { $0.span.row > span.row }),
                next.span.row < close,
                // One inside of an item on that line goes to the line's end.
                next.span.row != rows.first
                    || !items.contains(where: { $0.span.holds(next.span) })
            {
                throw UnexpectedComment()
            }
            if close >= 0, let ends {
                // Both brackets have lines of their own.
                isBroken =
                    openingRow(ends.first, in: span) > span.row && close > closedRow(ends.last)
            }
        }
        if isBroken { lines.startIndentedLines() }
        for index in rows.indices {
            if index > 0 {
                let breaks = rows[index] > rows[index - 1]
                lines.write(breaks ? "," : ", ")
                if breaks {
                    lines.endLine()
                    lines.startLine()
                }
            }
            try item(&self, index)
        }
        guard isBroken else { return }
        lines.write(",")
        lines.endLine()
        try insertComments(close)
        lines.endIndentedLines()
    }
}
