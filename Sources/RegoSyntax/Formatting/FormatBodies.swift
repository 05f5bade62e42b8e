/// Bodies and their expressions.
extension Formatter {
    /// Writes the expressions of a block, each on its own line, with the text's blank lines.
    mutating func write(_ body: [Expression], isBraced: Bool) {
        // The comments above the first expression are written by it, too.
        var lastRow: Int32?
        for (index, expression) in body.enumerated() {
            if index == 0 {
                try? insertComments(expression.span.row)
            } else if let lastRow, expression.span.row > lastRow + 1 {
                lines.blankLine()
            }
            lines.startLine()
            writeSafely(expression, isLeading: isBraced && index == 0)
            lines.endLine()
            lastRow = endRow(expression.span)
        }
    }

    /// Writes an expression; where comments keep a part of it from being set, what could not be
    /// finished is copied as a whole.
    mutating func writeSafely(_ expression: Expression, isLeading: Bool = false) {
        let start = mark
        do throws(UnexpectedComment) {
            try write(expression, isLeading: isLeading)
        } catch {
            guard copiedEnd != expression.span.end else { return }
            rewind(to: start)
            try? insertComments(expression.span.row)
            if !lines.isInline { lines.startLine() }
            copy(expression.span)
        }
    }

    /// - Parameter isLeading: It follows a brace, where `x | …` would begin a comprehension.
    mutating func write(
        _ expression: Expression, isLeading: Bool = false
    ) throws(UnexpectedComment) {
        try insertComments(expression.span.row)
        if !lines.isInline { lines.startLine() }
        switch expression.kind {
        case .term(let term): try write(statement: term, isLeading: isLeading)
        case .someVariables(let names): try write(some: names, expression.span.row)
        case .someIn(let key, let value, let domain):
            lines.write("some ")
            try write(key, value, domain)
        case .every(let key, let value, let domain, let body):
            try write(everyIn: (key, value, domain), body, expression.span)
        case .not(let body, let scoped):
            lines.write("not ")
            try write(negated: body, scoped: scoped, expression.span)
        case .and, .or: try write(logic: expression, isLeading: isLeading)
        }
        try write(expression.modifiers, of: expression)
    }

    /// Writes a term that is an expression: its operator's operands need no parentheses.
    private mutating func write(
        statement term: Term, isLeading: Bool
    ) throws(UnexpectedComment) {
        guard case .call(let call) = term.kind else { return try write(term) }
        var operands = call.arguments
        let symbol: String
        switch call.notation {
        case .infix("in"): return try write(membership: operands)
        case .infix(let written): symbol = written
        case .call:
            if style.hasIn, call.isMembership { return try write(membership: operands) }
            // `plus(x, 1, z)` says that `z` is the sum.
            guard let written = call.symbol, 2...3 ~= operands.count else { return try write(term) }
            symbol = written
            if operands.count == 3 {
                try write(operands.removeLast())
                lines.write(" = ")
            }
        case .negative: return try write(term)
        }
        if isLeading, term.isUnion { return try write(term, isOperand: true) }
        try write(operands[0], isOperand: isLeading && operands[0].isUnion)
        lines.write(" \(symbol) ")
        try write(operands[1])
    }

    private mutating func write(
        some names: [Term], _ row: Int32
    ) throws(UnexpectedComment) {
        lines.write("some ")
        var row = row
        for (index, name) in names.enumerated() {
            if name.span.row > row {
                lines.endLine()
                lines.startLine()
                lines.write("\t")
                row = name.span.row
            } else if index > 0 {
                lines.write(" ")
            }
            try write(name)
            if index + 1 < names.count { lines.write(",") }
        }
    }

    private mutating func write(
        _ key: Term?, _ value: Term, _ domain: Term
    ) throws(UnexpectedComment) {
        try write(membership: (key.map { [$0] } ?? []) + [value, domain])
    }

    /// Writes `x in xs`, `k, v in xs`.
    mutating func write(membership operands: [Term]) throws(UnexpectedComment) {
        for (index, operand) in operands.enumerated() {
            if index > 0 { lines.write(index + 1 == operands.count ? " in " : ", ") }
            // Memberships are read from the left, and a comma ends them.
            let isNested = operand.isMembership && (index > 0 || operands.count > 2)
            if isNested { lines.write("(") }
            try write(operand, isOperand: true)
            if isNested { lines.write(")") }
        }
    }

    private mutating func write(
        everyIn names: (key: Term?, value: Term, domain: Term), _ body: [Expression],
        _ span: Span
    ) throws(UnexpectedComment) {
        lines.write("every ")
        if let key = names.key {
            try write(key)
            lines.write(", ")
        }
        try write(names.value)
        lines.write(" in ")
        try write(names.domain)
        lines.write(" {")
        let close = bracketRow("{", "}", in: span)
        try write(block: body, row: span.row, close: close, isBraced: false)
        if body.count == 1, body[0].span.row == span.row { lines.write(" ") }
        lines.write("}")
    }

    /// Writes what stands between braces, or after a comprehension's bar: on one line if the text
    /// has it so.
    /// - Parameter row: Of what the body follows.
    mutating func write(
        block body: [Expression], row: Int32, close: Int32, isBraced: Bool = true
    ) throws(UnexpectedComment) {
        let isBroken = zip(body, body.dropFirst()).contains { $1.span.row > $0.span.row }
        guard isBroken || body[0].span.row > row else {
            lines.write(" ")
            for (index, expression) in body.enumerated() {
                if index > 0 { lines.write("; ") }
                try write(expression, isLeading: isBraced && index == 0)
            }
            return try insertComments(close)
        }
        lines.endLine()
        lines.level += 1
        write(body, isBraced: isBraced)
        defer { lines.endIndentedLines() }
        try insertComments(close)
    }

    // MARK: with

    private mutating func write(
        _ modifiers: [Expression.With], of expression: Expression
    ) throws(UnexpectedComment) {
        guard let first = modifiers.first else { return }
        let level = lines.level
        defer { lines.level = level }
        var lastRow = rowBefore(first.span.start)
        for (index, modifier) in modifiers.enumerated() {
            // The first may stand on the row where a long expression ends.
            let breaks = index == 0 ? modifier.span.row != lastRow : modifier.span.row > lastRow
            if breaks {
                lines.level = level + 1
                lines.endLine()
                lines.startLine()
            }
            lastRow = modifier.span.row
            try insertComments(modifier.span.row)
            lines.write(breaks ? "with " : " with ")
            try write(modifier.target)
            lines.write(" as ")
            do throws(UnexpectedComment) {
                try write(modifier.value)
            } catch {
                guard copiedEnd == modifier.span.end else { throw error }
            }
        }
    }

    /// The row of the last byte before an offset that is not blank.
    private func rowBefore(_ offset: Int32) -> Int32 {
        var index = Int(offset) - 1
        while index > 0, [0x20, 0x09, 0x0D, 0x0A].contains(source.bytes[index]) { index -= 1 }
        return row(at: Int32(max(index, 0)))
    }
}
