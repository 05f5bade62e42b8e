/// `not`, `and` and `or`, whose operands may be bodies in braces, and need parentheses where they
/// would be read as something else.
extension Formatter {
    mutating func write(
        negated body: [Expression], scoped: Bool, _ span: Span
    ) throws(UnexpectedComment) {
        let gapStart = span.start + 3
        if scoped, isBlock(body, after: gapStart) {
            lines.write("{")
            let close = closingRow("}", after: body[body.count - 1].span.end)
            try writeBraced(body, row: span.row, close: close)
            return
        }
        let needsParentheses = 
            scoped
            && (body[0].isBraceLed || body[0].isLogic || !body[0].modifiers.isEmpty)
        if needsParentheses { lines.write("(") }
        try write(body[0])
        if needsParentheses { lines.write(")") }
    }

    /// Whether a body is written in braces: the gap before it has one.
    private func isBlock(_ body: [Expression], after start: Int32) -> Bool {
        body.count > 1
            || mark(after: start, before: body[0].span.start) { $0 == UInt8(ascii: "{") } != nil
    }

    /// Writes a body after its opening brace, with parentheses around a union that would make it
    /// a comprehension.
    private mutating func writeBraced(
        _ body: [Expression], row: Int32, close: Int32
    ) throws(UnexpectedComment) {
        let indents = style.indentsLogic
        style.indentsLogic = false
        defer { style.indentsLogic = indents }
        try write(block: body, row: row, close: close)
        if body[body.count - 1].span.row == row { lines.write(" ") }
        lines.write("}")
    }

    /// Writes a chain; the first line break in it indents the rest.
    mutating func write(
        logic expression: Expression, isLeading: Bool
    ) throws(UnexpectedComment) {
        let level = lines.level
        let indents = style.indentsLogic
        defer {
            lines.level = level
            style.indentsLogic = indents
        }
        try write(chain: expression, isLeading: isLeading)
    }

    private mutating func write(
        chain expression: Expression, isLeading: Bool
    ) throws(UnexpectedComment) {
        let (left, right, name): ([Expression], [Expression], String)
        switch expression.kind {
        case .and(let one, let other): (left, right, name) = (one, other, "and")
        case .or(let one, let other): (left, right, name) = (one, other, "or")
        default: return try write(expression)
        }
        let initial = name.utf8.first
        let leftEnd = left[left.count - 1].span.end
        let symbol = mark(after: leftEnd, before: right[0].span.start) { $0 == initial } ?? leftEnd
        try write(
            operand: left, of: name, after: expression.span.start, isRight: false,
            isLeading: isLeading, row: expression.span.row)
        try insertComments(row(at: symbol))
        lines.write(" " + name)
        // What the operand begins with: a brace, a parenthesis, or itself.
        let nameEnd = symbol + Int32(name.utf8.count)
        let opening = mark(after: nameEnd, before: right[0].span.start) {
            $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "(")
        }
        let openingRow = opening.map { row(at: $0) } ?? right[0].span.row
        if openingRow > row(at: symbol) {
            lines.endLine()
            if !style.indentsLogic {
                lines.level += 1
                style.indentsLogic = true
            }
            try insertComments(openingRow)
            if !lines.isInline { lines.startLine() }
        } else {
            lines.write(" ")
        }
        try write(
            operand: right, of: name, after: nameEnd, isRight: true, isLeading: false,
            row: openingRow)
    }

    private mutating func write(
        operand body: [Expression], of name: String, after start: Int32, isRight: Bool,
        isLeading: Bool, row: Int32
    ) throws(UnexpectedComment) {
        if isBlock(body, after: start) {
            lines.write("{")
            let close = closingRow("}", after: body[body.count - 1].span.end)
            return try writeBraced(body, row: row, close: close)
        }
        let operand = body[0]
        let needsParentheses =
            operand.isBraceLed || !operand.modifiers.isEmpty
            || operand.bindsLooser(than: name, isRight: isRight)
            || isLeading && operand.isUnion
        if needsParentheses { lines.write("(") }
        if operand.isLogic, operand.modifiers.isEmpty {
            try write(chain: operand, isLeading: isLeading && !needsParentheses)
        } else {
            try write(operand, isLeading: isLeading && !needsParentheses)
        }
        if needsParentheses { lines.write(")") }
    }
}

extension Expression {
    var isLogic: Bool {
        switch kind {
        case .and, .or: true
        default: false
        }
    }

    /// `x | y`, which after a brace begins a comprehension.
    var isUnion: Bool {
        guard case .term(let term) = kind else { return false }
        return term.isUnion
    }

    fileprivate func bindsLooser(than name: String, isRight: Bool) -> Bool {
        switch kind {
        case .or: name == "and" || isRight
        case .and: name == "and" && isRight
        default: false
        }
    }

    /// It is written with a brace at its start, which would be read as a body's.
    fileprivate var isBraceLed: Bool {
        guard case .term(let term) = kind else { return false }
        return term.isBraceLed
    }
}

extension Term {
    var isUnion: Bool {
        guard case .call(let call) = kind else { return false }
        return call.notation == .infix("|")
            || call.notation == .call && call.symbol == "|" && call.arguments.count == 2
    }

    fileprivate var isBraceLed: Bool {
        switch kind {
        case .set(let terms): !terms.isEmpty
        case .object, .setComprehension, .objectComprehension: true
        case .reference(let head, _): head.isBraceLed
        case .call(let call):
            if case .infix = call.notation { call.arguments[0].isBraceLed } else { false }
        default: false
        }
    }
}
