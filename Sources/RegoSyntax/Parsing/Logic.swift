/// `and` and `or`, whose operands are expressions, `{ bodies }` or parenthesized groups.
///
/// `not` binds tighter than `and`, `and` tighter than `or`, and `with` weakest: it applies to
/// the whole of an expression.
extension Grammar {
    struct Operand {
        var body: [Expression]
        /// Written as `{ … }`.
        var isBody = false
        /// What to say if this is an operand indeed.
        var fault: Fault?

        static func implicit(_ expression: Expression) -> Operand {
            Operand(body: [expression])
        }
    }

    var readsLogic: Bool { !keywords.isDisjoint(with: [.and, .or]) }

    private var isAtOperator: Bool { kind == .and || kind == .or }

    /// Tries `{ body }` as the first operand of a chain; nil where a term begins here.
    mutating func bodyOperandFirst() throws(Fault) -> Expression? {
        let settlement = Settlement(question: .operandBody, token: position)
        if notes.settled.contains(settlement) { return nil }
        let start = current
        let beginning = mark
        let body = try attempt { (grammar: inout Grammar) throws(Fault) -> [Expression] in
            grammar.advance()
            return try grammar.body(until: .rightBrace)
        }
        guard let body, isAtOperator else {
            notes.settled.insert(settlement)
            rewind(to: beginning)
            return nil
        }
        if let union = ambiguousUnion(body, from: start, prefix: "") { throw union }
        return try chain(after: Operand(body: body, isBody: true), from: start.span)
    }

    /// Goes on after a whole operand: with operators, or else with modifiers.
    mutating func chain(after first: Operand, from start: Span) throws(Fault) -> Expression {
        guard isAtOperator else { return try withModifiers(first.body[0]) }
        return try withModifiers(try logic(first, from: start))
    }

    private mutating func logic(_ first: Operand, from start: Span) throws(Fault) -> Expression {
        var left = try conjunction(first, from: start)
        while kind == .or {
            let leftHeight = height
            advance()
            let rightStart = current.span
            let right = try conjunction(try operand(of: "or"), from: rightStart)
            try checkVoid(left, right, "or")
            try grow(over: leftHeight, height)
            left = .implicit(
                Expression(kind: .or(left.body, right.body), span: span(from: start)))
        }
        return left.body[0]
    }

    private mutating func conjunction(
        _ first: Operand, from start: Span
    ) throws(Fault) -> Operand {
        var left = first
        while kind == .and {
            let leftHeight = height
            advance()
            let right = try operand(of: "and")
            try checkVoid(left, right, "and")
            try grow(over: leftHeight, height)
            left = .implicit(
                Expression(kind: .and(left.body, right.body), span: span(from: start)))
        }
        return left
    }

    /// - Parameter name: The operator, or empty inside of a group that may be none.
    private mutating func operand(of name: String) throws(Fault) -> Operand {
        try enter()
        defer { leave() }
        let start = current
        if kind == .leftBrace { return try bodyOperand(of: name) }
        let isNegated = kind == .not && !beginsReference
        if isNegated { advance() }
        let scoped = keywords.contains(.not)
        if isNegated, scoped, kind == .leftBrace { return .implicit(try negatedBody(start)) }
        if kind == .leftParen, !isNegated || scoped {
            let prefix = isNegated ? "not " : ""
            if let group = try group(
                question: .operandGroup, isOperand: true, prefix: prefix)
            {
                guard isNegated else { return group }
                return .implicit(
                    Expression(kind: .not(group.body, scoped: true), span: span(from: start)))
            }
        }
        readKeywordAsName()
        let expression = try assignment()
        guard isNegated else { return .implicit(expression) }
        return .implicit(
            Expression(kind: .not([expression], scoped: scoped), span: span(from: start)))
    }

    private mutating func bodyOperand(of name: String) throws(Fault) -> Operand {
        let start = current
        let beginning = mark
        advance()
        let isEmpty = kind == .rightBrace
        do throws(Fault) {
            let body = try body(until: .rightBrace)
            return Operand(
                body: body, isBody: true, fault: ambiguousUnion(body, from: start, prefix: ""))
        } catch {
            if error.isFinal || isEmpty || name.isEmpty { throw error }
            // The braces may hold a value instead; say so, if that is what they do.
            rewind(to: beginning)
            let value = try attempt { (grammar: inout Grammar) throws(Fault) -> Term in
                try grammar.operation(allowsPair: true)
            }
            throw value == nil ? error : braceLedOperand(start, before: name)
        }
    }

    /// `not { … }`; the current token is the brace.
    mutating func negatedBody(_ start: Token) throws(Fault) -> Expression {
        let brace = current
        let beginning = mark
        advance()
        let isEmpty = kind == .rightBrace
        do throws(Fault) {
            let body = try body(until: .rightBrace)
            if let union = ambiguousUnion(body, from: brace, prefix: "not ") { throw union }
            return Expression(kind: .not(body, scoped: true), span: span(from: start))
        } catch {
            if error.isFinal || isEmpty { throw error }
            rewind(to: beginning)
            let value = try attempt { (grammar: inout Grammar) throws(Fault) -> Term in
                try grammar.operation(allowsPair: true)
            }
            guard let value else { throw error }
            let text = writtenText(from: brace)
            let hint =
                "write `not (\(text))` to negate the value, or `not {\(text)}` for a "
                + "body holding it"
            throw fault(
                brace.span,
                "`{...}` in an operand position must contain expression(s), got: "
                    + "\(value.braceLed.kind.name) (hint: \(hint))")
        }
    }

    // MARK: Groups

    /// Tries `( … )` as a group of operands; nil, and nothing read, where it is a term.
    mutating func group(
        question: Settlement.Question, isOperand: Bool, prefix: String
    ) throws(Fault) -> Operand? {
        try enter()
        defer { leave() }
        let settlement = Settlement(question: question, token: position)
        if notes.settled.contains(settlement) { return nil }
        let opening = current
        let beginning = mark
        advance()
        if kind == .rightParen {
            if isOperand { throw fault(opening.span, "empty parenthesized group") }
            rewind(to: beginning)
            return nil
        }
        let firstStart = current
        let first = try attempt { (grammar: inout Grammar) throws(Fault) -> Operand in
            try grammar.operand(of: "")
        }
        if let first, let group = try group(of: first, firstStart, isOperand: isOperand) {
            return group
        }
        let isBareBody = first?.isBody ?? false
        let text = isBareBody ? writtenText(from: firstStart) : ""
        notes.settled.insert(settlement)
        rewind(to: beginning)
        if isBareBody { try refuseParenthesizedBody(opening, text, prefix) }
        return nil
    }

    /// Decides, after the first operand, whether the parentheses hold a group; if so reads it
    /// to its end.
    private mutating func group(
        of first: Operand, _ start: Token, isOperand: Bool
    ) throws(Fault) -> Operand? {
        if isAtOperator {
            if let fault = first.fault { throw fault }
            let expression = try withModifiers(try logic(first, from: start.span))
            try closeGroup()
            return .implicit(expression)
        }
        if first.isBody { return nil }
        switch first.body[0].kind {
        case _ where kind == .with:
            let modifierSpan = current.span
            let expression = try withModifiers(first.body[0])
            if isAtOperator { throw modifierOnOperand(modifierSpan) }
            try closeGroup()
            return isOperand || isAtOperator ? .implicit(expression) : nil
        case .and, .or, .not:
            try closeGroup()
            return first
        default:
            return nil
        }
    }

    private mutating func closeGroup() throws(Fault) {
        guard kind == .rightParen else {
            throw faultAtCurrent("expected ) to close parenthesized group")
        }
        advance()
    }

    private mutating func refuseParenthesizedBody(
        _ opening: Token, _ braces: String, _ prefix: String
    ) throws(Fault) {
        let beginning = mark
        let value = try attempt { (grammar: inout Grammar) throws(Fault) -> Term in
            grammar.advance()
            return try grammar.term()
        }
        rewind(to: beginning)
        guard value == nil else { return }
        throw fault(
            opening.span,
            "`(...)` in an operand position cannot contain a body "
                + "(hint: drop the parens to keep the body: `\(prefix)\(braces)`)")
    }

    // MARK: What operands must not be

    private func writtenText(from start: Token) -> String {
        let end = position > 0 ? Int(tokens[position - 1].end) : 0
        return String(
            decoding: bytes[Int(start.start)..<max(end, Int(start.end))], as: UTF8.self)
    }

    func modifierOnOperand(_ span: Span) -> Fault {
        fault(
            span,
            "`with` modifier is not allowed on operand of `\(kind.name)` (hint: Wrap the operand "
                + "in `(...)` or `{...}` to scope, or move `with` after the `\(kind.name)` "
                + "expression to apply it to the whole expression)")
    }

    func braceLedOperand(_ start: Token, before name: String) -> Fault {
        let text = writtenText(from: start)
        if text == "{}" { return fault(start.span, "found empty body") }
        return fault(
            start.span,
            "operand of `\(name)` cannot begin with `{` unless the braces hold a body "
                + "(hint: wrap the operand to keep the value: `(\(text)) \(name) ...`)")
    }

    /// `{ a | b }` as an operand is a body with a union in it, but looks like a comprehension.
    private func ambiguousUnion(
        _ body: [Expression], from brace: Token, prefix: String
    ) -> Fault? {
        guard let first = body.first, case .term(let term) = first.kind,
            case .call(let call) = term.kind, case .infix("|") = call.notation,
            bytes[Int(first.span.start)] != UInt8(ascii: "(")
        else { return nil }
        let text = writtenText(from: brace)
        let union = String(
            decoding: bytes[Int(first.span.start)..<Int(first.span.end)], as: UTF8.self)
        return fault(
            brace.span,
            "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, "
                + "not as a comprehension (hint: write `\(prefix)(\(text))` for the "
                + "comprehension, or `\(prefix){ (\(union)) }` for the set union)")
    }

    /// An operand of nothing but `print` can never fail.
    private func checkVoid(_ left: Operand, _ right: Operand, _ name: String) throws(Fault) {
        for operand in [left, right] {
            if let fault = operand.fault { throw fault }
            guard operand.body.allSatisfy(\.isPrint) else { continue }
            throw fault(
                operand.body[0].span,
                "operand of `\(name)` cannot consist only of calls to `print` (hint: `print` "
                    + "produces no value and always succeeds, so the operand can never fail; "
                    + "move it out of the operand, or add an expression that can fail)")
        }
    }
}

extension Expression {
    fileprivate var isPrint: Bool {
        guard case .term(let term) = kind, case .call(let call) = term.kind else { return false }
        return call.name == ["print"]
    }
}

extension Term {
    /// The value that the leading brace opens: an operator's first operand.
    fileprivate var braceLed: Term {
        guard case .call(let call) = kind, case .infix = call.notation else { return self }
        return call.arguments[0].braceLed
    }
}
