/// Terms. Literals are copied from the source, so that escapes and raw strings stay as written.
extension Formatter {
    /// Writes a term; where comments in it cannot be placed, it is copied as it is.
    /// - Parameter isOperand: Operators inside of it keep their parentheses.
    mutating func write(_ term: Term, isOperand: Bool = false) throws(UnexpectedComment) {
        guard !isOperand, !comments.isEmpty || lines.beforeEnd != nil else {
            return try layOut(term, isOperand: isOperand)
        }
        let start = mark
        do throws(UnexpectedComment) {
            try layOut(term, isOperand: false)
        } catch {
            rewind(to: start)
            copy(term.span)
            throw error
        }
    }

    private mutating func layOut(_ term: Term, isOperand: Bool) throws(UnexpectedComment) {
        try insertComments(term.span.row)
        if !lines.isInline { lines.startLine() }
        switch term.kind {
        case .null: lines.write("null")
        case .boolean(let value): lines.write(value ? "true" : "false")
        case .number(let literal): lines.write(literal)
        case .string(let value): write(string: value, term.span)
        case .variable(let name): lines.write(name.hasPrefix("$") ? "_" : name)
        case .reference(let head, let path):
            try write(head, isOperand: head.isParenthesized)
            try write(path: path)
        case .call(let call): try write(call, isOperand: isOperand)
        case .array(let items):
            lines.write("[")
            try write(items: items, in: term.span)
            lines.write("]")
        case .set(let items): try write(set: items, term.span)
        case .object(let pairs): try write(pairs, in: term.span)
        case .arrayComprehension(let head, let body):
            lines.write("[")
            try write(comprehension: head, body, term.span)
            lines.write("]")
        case .setComprehension(let head, let body):
            lines.write("{")
            try write(comprehension: head, body, term.span)
            lines.write("}")
        case .objectComprehension(let key, let value, let body):
            try write(key: key, value, body, term.span)
        case .template(let parts): try write(template: parts, term.span)
        }
    }

    private mutating func write(string value: String, _ span: Span) {
        let bytes = source.bytes[Int(span.start)..<Int(span.end)]
        if bytes.first == UInt8(ascii: "\"") || bytes.first == UInt8(ascii: "`") {
            return lines.write(bytes)
        }
        var text = ""
        RegoText.quote(value, to: &text)
        lines.write(text)
    }

    /// Writes the elements of a reference after its head.
    mutating func write(path: [Term]) throws(UnexpectedComment) {
        for element in path {
            switch element.kind {
            case .string(let name):
                write(
                    element: name, isQuoted: isKeyword(name) && isQuoted(name, in: element.span))
            case .variable(let name):
                lines.write("[" + (name.hasPrefix("$") ? "_" : name) + "]")
            default:
                lines.write("[")
                do throws(UnexpectedComment) {
                    try write(element)
                } catch {
                    guard copiedEnd == element.span.end else { throw error }
                    // The bracket must not become a part of the comment.
                    lines.endLine()
                }
                lines.write("]")
            }
        }
    }

    // MARK: Calls

    private mutating func write(_ call: Call, isOperand: Bool) throws(UnexpectedComment) {
        switch call.notation {
        case .call:
            if style.hasIn, call.isMembership {
                let infix = Call(
                    name: call.name, nameSpan: call.nameSpan, arguments: call.arguments,
                    notation: .infix("in"))
                return try write(infix, isOperand: isOperand)
            }
            if let symbol = call.symbol, call.arguments.count == 2 {
                return try write(infix: symbol, call.arguments, isOperand: isOperand)
            }
            write(call.name, call.nameSpan)
            lines.write("(")
            try write(
                items: call.arguments, in: call.nameSpan, close: -1, isParenthesizingUnions: false)
            lines.write(")")
        case .negative:
            lines.write("-")
            try write(call.arguments[1])
        case .infix("in"):
            let isPair = call.arguments.count == 3
            if isPair { lines.write("(") }
            try write(membership: call.arguments)
            if isPair { lines.write(")") }
        case .infix(let symbol): try write(infix: symbol, call.arguments, isOperand: isOperand)
        }
    }

    private mutating func write(
        infix symbol: String, _ operands: [Term], isOperand: Bool
    ) throws(UnexpectedComment) {
        if isOperand { lines.write("(") }
        try write(operands[0], isOperand: true)
        lines.write(" \(symbol) ")
        try write(operands[1], isOperand: true)
        if isOperand { lines.write(")") }
    }

    // MARK: Comprehensions

    private mutating func write(
        comprehension head: Term, _ body: [Expression], _ span: Span, hasKey: Bool = false
    ) throws(UnexpectedComment) {
        if head.span.row > span.row, !hasKey {
            lines.endLine()
            lines.startLine()
        }
        try write(head, isOperand: head.isUnion || head.isParenthesized)
        lines.write(" |")
        try write(block: body, row: head.span.row, close: endRow(span), isBraced: false)
    }

    private mutating func write(
        key: Term, _ value: Term, _ body: [Expression], _ span: Span
    ) throws(UnexpectedComment) {
        lines.write("{")
        if key.span.row - span.row > 1 {
            lines.endLine()
            lines.startLine()
        }
        if key.isUnion { lines.write("(") }
        try write(key)
        if key.isUnion { lines.write(")") }
        lines.write(": ")
        // The value stays on the key's line.
        var moved = value
        moved.span.row = key.span.row
        try write(comprehension: moved, body, span, hasKey: true)
        lines.write("}")
    }
}

extension Call {
    /// A call by name of what `in` stands for.
    var isMembership: Bool {
        switch name {
        case ["internal", "member_2"]: arguments.count == 2
        case ["internal", "member_3"]: arguments.count == 3
        default: false
        }
    }

    /// The operator that a call by name, `plus(x, 1)`, is written with.
    var symbol: String? {
        guard name.count == 1 else { return nil }
        return switch name[0] {
        case "equal": "=="
        case "neq": "!="
        case "lt": "<"
        case "lte": "<="
        case "gt": ">"
        case "gte": ">="
        case "eq": "="
        case "assign": ":="
        case "plus": "+"
        case "minus": "-"
        case "mul": "*"
        case "div": "/"
        case "rem": "%"
        case "and": "&"
        case "or": "|"
        default: nil
        }
    }
}

extension Term {
    /// `x in xs`, which is written without parentheses of its own.
    var isMembership: Bool {
        guard case .call(let call) = kind, call.arguments.count == 2 else { return false }
        return call.notation == .infix("in") || call.notation == .call && call.isMembership
    }

    /// An operator's call in parentheses of its own.
    var isParenthesized: Bool {
        if case .call(let call) = kind { call.isParenthesized } else { false }
    }
}
