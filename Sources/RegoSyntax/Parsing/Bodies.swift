/// Bodies, and the expressions they are made of.
extension Grammar {
    /// Reads expressions up to and with the closing token.
    mutating func body(until end: Token.Kind) throws(Fault) -> [Expression] {
        try enter()
        defer { leave() }
        guard kind != end else { throw fault(current.span, "found empty body") }
        var expressions: [Expression] = []
        var tallest = 0
        while true {
            expressions.append(try expression())
            tallest = max(tallest, height)
            if kind == .semicolon {
                advance()
                continue
            }
            if kind == end { break }
            guard startsLine else { throw unexpected("expected \\n or ; or \(end.name)") }
        }
        advance()
        height = tallest
        return expressions
    }

    /// Reads one expression with its `with` modifiers.
    mutating func expression() throws(Fault) -> Expression {
        try enter()
        defer { leave() }
        let start = current
        if readsLogic {
            if kind == .leftBrace, let chain = try bodyOperandFirst() { return chain }
            if kind == .leftParen,
                let group = try group(question: .group, isOperand: false, prefix: "")
            {
                return try chain(after: group, from: start.span)
            }
        }
        if kind.isKeyword, beginsReference {
            kind = .identifier
            return try plainExpression(start)
        }
        switch kind {
        case .not: return try negation(start)
        case .some: return try someExpression()
        case .every: return try everyExpression()
        default: return try plainExpression(start)
        }
    }

    private mutating func negation(_ start: Token) throws(Fault) -> Expression {
        advance()
        let scoped = keywords.contains(.not)
        switch kind {
        case .some: throw unexpected("illegal negation of 'some'")
        case .every: throw unexpected("illegal negation of 'every'")
        case .leftBrace where scoped:
            let negated = try negatedBody(start)
            return try chain(after: .implicit(negated), from: start.span)
        case .leftParen where scoped && readsLogic:
            if let group = try group(question: .operandGroup, isOperand: true, prefix: "not ") {
                let negated = Expression(
                    kind: .not(group.body, scoped: true), span: span(from: start))
                return try chain(after: .implicit(negated), from: start.span)
            }
        default: break
        }
        let inner = try assignment()
        let negated = Expression(
            kind: .not([inner], scoped: scoped), span: span(from: start))
        return try modified(negated, start, isBraceLed: false)
    }

    private mutating func plainExpression(_ start: Token) throws(Fault) -> Expression {
        let isBraceLed = kind == .leftBrace
        let beginning = mark
        let expression = try assignment()
        let finished = try modified(expression, start, isBraceLed: isBraceLed)
        hintAtEvery(finished, from: beginning)
        return finished
    }

    /// `a := b`, `a = b`, or a term alone.
    mutating func assignment() throws(Fault) -> Expression {
        let start = current
        let left = try operation(allowsPair: true)
        guard kind == .assign || kind == .unify else {
            return Expression(kind: .term(left), span: span(from: start))
        }
        let isAssignment = kind == .assign
        let operatorSpan = current.span
        let leftHeight = height
        advance()
        let right = try operation(allowsPair: true)
        try grow(over: leftHeight, height)
        let call = infix(isAssignment ? .assign : .unify, operatorSpan, [left, right])
        return Expression(kind: .term(call), span: span(from: start))
    }

    /// Adds `with` modifiers, or goes on to `and` and `or`.
    private mutating func modified(
        _ expression: Expression, _ start: Token, isBraceLed: Bool
    ) throws(Fault) -> Expression {
        guard kind == .with || kind == .and || kind == .or else { return expression }
        let modifierSpan = current.span
        let finished = try withModifiers(expression)
        guard kind == .and || kind == .or else { return finished }
        guard finished.modifiers.isEmpty else { throw modifierOnOperand(modifierSpan) }
        if isBraceLed { throw braceLedOperand(start, before: kind.name) }
        return try chain(after: .implicit(finished), from: start.span)
    }

    mutating func withModifiers(_ expression: Expression) throws(Fault) -> Expression {
        guard kind == .with else { return expression }
        var expression = expression
        var tallest = height
        while kind == .with {
            let start = current
            advance()
            guard kind == .identifier else { throw unexpected("expected ident") }
            let target = try term()
            tallest = max(tallest, height)
            switch target.kind {
            case .variable, .reference: break
            default: throw unexpected("expected with target path")
            }
            try expect(.as, "expected as keyword")
            let value = try operation(allowsPair: true)
            tallest = max(tallest, height)
            expression.modifiers.append(
                .init(target: target, value: value, span: span(from: start)))
        }
        expression.span = span(from: expression.span)
        height = tallest
        return expression
    }

    // MARK: some and every

    private mutating func someExpression() throws(Fault) -> Expression {
        let start = current
        let beginning = mark
        let membership = try attempt { (grammar: inout Grammar) throws(Fault) -> Term in
            grammar.advance()
            return try grammar.operation(allowsPair: true)
        }
        if case .call(let call)? = membership?.kind { return try someMembership(call, start) }
        rewind(to: beginning)
        hintAtIn(from: beginning)
        var names: [Term] = []
        repeat {
            advance()
            guard kind == .identifier else { throw unexpected("expected var") }
            names.append(variable())
        } while kind == .comma
        if kind == .in {
            // What failed may be behind the keyword; read it again to hear why.
            let end = mark
            rewind(to: beginning)
            advance()
            _ = try operation(allowsPair: true)
            rewind(to: end)
        }
        height = 1
        return Expression(kind: .someVariables(names), span: span(from: start))
    }

    /// `some x in xs`, `some k, v in xs`.
    private mutating func someMembership(
        _ call: Call, _ start: Token
    ) throws(Fault) -> Expression {
        guard case .infix("in") = call.notation else {
            throw unexpected("expected `x in xs` or `x, y in xs` expression")
        }
        let kind = Expression.Kind.someIn(
            key: call.arguments.count == 3 ? call.arguments[0] : nil,
            value: call.arguments[call.arguments.count - 2],
            domain: call.arguments[call.arguments.count - 1])
        return try withModifiers(Expression(kind: kind, span: span(from: start)))
    }

    /// Reads something whose failure is no error; the position is then where it failed.
    mutating func attempt<Result>(
        _ reading: (inout Grammar) throws(Fault) -> Result
    ) throws(Fault) -> Result? {
        attempts += 1
        defer { attempts -= 1 }
        do throws(Fault) {
            return try reading(&self)
        } catch {
            if error.isFinal { throw error }
            return nil
        }
    }

    private mutating func everyExpression() throws(Fault) -> Expression {
        let start = current
        let shape = "expected `x[, y] in xs { ... }` expression"
        advance()
        let term = try operation(allowsPair: true)
        var tallest = height
        guard case .call(let call) = term.kind, case .infix("in") = call.notation else {
            throw unexpected(shape)
        }
        let key = call.arguments.count == 3 ? call.arguments[0] : nil
        let value = call.arguments[call.arguments.count - 2]
        if let key, !key.isVariable { throw unexpected("expected key to be a variable") }
        if !value.isVariable { throw unexpected("expected value to be a variable") }
        guard kind == .leftBrace else { throw unexpected("missing body") }
        advance()
        let body = try body(until: .rightBrace)
        tallest = max(tallest, height)
        height = tallest + 1
        let kind = Expression.Kind.every(
            key: key, value: value, domain: call.arguments[call.arguments.count - 1],
            body: body)
        return try withModifiers(Expression(kind: kind, span: span(from: start)))
    }

    // MARK: What a v0 module may lack

    /// In v0 without the import, `some x in xs` is a declaration followed by nonsense; the next
    /// message then says what to import.
    private mutating func hintAtIn(from beginning: Mark) {
        guard text.options.version == .v0, !keywords.contains(.in), attempts == 0 else { return }
        var future = withKeywordsOfV1()
        future.advance()
        guard let term = try? future.operation(allowsPair: true),
            case .call(let call) = term.kind, case .infix("in") = call.notation
        else { return }
        notes.opaHints.append("`import future.keywords.in` for `some x in xs` expressions")
    }

    /// The same for `every`.
    private mutating func hintAtEvery(_ expression: Expression, from beginning: Mark) {
        guard text.options.version == .v0, attempts == 0, !keywords.contains(.every),
            case .term(let term) = expression.kind, case .variable("every") = term.kind
        else { return }
        var future = withKeywordsOfV1()
        future.rewind(to: beginning)
        guard let every = try? future.expression(), case .every = every.kind else { return }
        notes.opaHints.append(
            "`import future.keywords.every` for `every x in xs { ... }` expressions")
    }
}

extension Term {
    var isVariable: Bool {
        switch kind {
        case .variable("data"), .variable("input"): false
        case .variable: true
        default: false
        }
    }
}
