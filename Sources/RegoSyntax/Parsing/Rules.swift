/// Rules: `default`, bodies, `else`, and the chained bodies of v0.
extension Grammar {
    /// Reads one rule, or several where bodies are chained.
    mutating func ruleStatement(
        into rules: inout [Rule], requiresV1: Bool
    ) throws(Fault) {
        let start = current
        let beginning = mark
        readKeywordAsName()
        if kind == .default {
            rules.append(try defaultRule(start))
            return
        }
        let count = rules.count
        if kind == .identifier, try ruleWithBody(start, into: &rules, requiresV1) { return }
        rules.removeLast(rules.count - count)
        rewind(to: beginning)
        try bareRule(start, into: &rules, requiresV1: requiresV1)
    }

    private mutating func defaultRule(_ start: Token) throws(Fault) -> Rule {
        advance()
        readKeywordAsName()
        guard kind == .identifier else { throw unexpected() }
        guard var draft = try head(isDefault: true), !draft.isSet else {
            throw fault(start.span, "illegal default rule (must have a value)")
        }
        if let value = draft.value, let culprit = value.firstNonConstant {
            throw fault(
                start.span,
                "illegal default rule (value cannot contain \(culprit))",
                hint: "a default is a constant or a comprehension")
        }
        if let arguments = draft.arguments { try checkDefault(arguments, start) }
        draft.span = span(from: draft.span)
        return Rule(
            isDefault: true, head: draft.withValue(), body: [], elses: [],
            span: span(from: start))
    }

    private func checkDefault(_ arguments: [Term], _ start: Token) throws(Fault) {
        var seen: Set<String> = []
        for argument in arguments {
            guard case .variable(let name) = argument.kind, argument.isVariable else {
                throw fault(
                    start.span,
                    "illegal default rule (arguments cannot contain \(argument.kind.name))",
                    hint: "a default applies to every argument: use variables or `_`")
            }
            guard seen.insert(name).inserted else {
                throw fault(
                    start.span, "illegal default rule (arguments cannot be repeated \(name))")
            }
        }
    }

    /// - Returns: False where what has been read is no rule with a body, and no rule that could
    ///   be complete without one; the caller then reads it as an expression.
    private mutating func ruleWithBody(
        _ start: Token, into rules: inout [Rule], _ requiresV1: Bool
    ) throws(Fault) -> Bool {
        guard let draft = try head(isDefault: false) else { return false }
        let usesIf = kind == .if
        var body: [Expression] = []
        if usesIf {
            advance()
            body = try bodyAfterIf()
        } else if kind == .leftBrace {
            advance()
            body = try self.body(until: .rightBrace)
        } else if !draft.usesContains {
            return try constantRule(draft, start, into: &rules)
        }
        var rule = Rule(
            isDefault: false, head: draft.finished(usesIf: usesIf), body: body, elses: [],
            span: span(from: start))
        if kind == .else, !body.isEmpty, !beginsReference {
            try checkElse(draft, rule)
            try readElses(of: &rule, usesIf: usesIf, requiresV1)
            rule.span = span(from: start)
        }
        if requiresV1 { checkV1(rule, draft, usesIf: usesIf, hasBody: !body.isEmpty) }
        rules.append(rule)
        try readChainedBodies(of: rule, into: &rules)
        return true
    }

    /// A body in braces, or one expression. `{` may begin either, and an expression may be a
    /// composite; but a set is never false, so what reads as one is a body.
    private mutating func bodyAfterIf() throws(Fault) -> [Expression] {
        guard kind == .leftBrace else { return [try expression()] }
        if readsLogic, let chain = try bodyOperandFirst() { return [chain] }
        if beginsBody() {
            advance()
            return try body(until: .rightBrace)
        }
        let beginning = mark
        let composite = try attempt { (grammar: inout Grammar) throws(Fault) -> Expression in
            try grammar.expression()
        }
        if let composite, !composite.isSet { return [composite] }
        rewind(to: beginning)
        advance()
        return try body(until: .rightBrace)
    }

    /// Whether what follows the brace cannot begin a composite: a look ahead that spares most
    /// bodies from being tried as one.
    private func beginsBody() -> Bool {
        var index = position + 1
        var depth = 0
        while true {
            let token = tokens[index]
            switch token.kind {
            case .leftBrace, .leftBracket, .leftParen: depth += 1
            case .rightBrace, .rightBracket, .rightParen:
                depth -= 1
                if depth < 0 { return false }
            case .end, .illegal, .templatePart: return false
            case .comma, .colon, .bar:
                if depth == 0 { return false }
            case .assign, .unify, .semicolon, .some, .not, .with:
                // A keyword may be a name, `a.not` or `not["x"]`.
                let isName = token.kind.isKeyword && isPartOfReference(index)
                if depth == 0, !isName { return true }
            default: break
            }
            index += 1
        }
    }

    private func isPartOfReference(_ index: Int) -> Bool {
        tokens[index - 1].kind == .dot || tokens[index + 1].kind == .dot
            || tokens[index + 1].kind == .leftBracket
    }

    /// `name := value` without a body.
    private mutating func constantRule(
        _ draft: HeadDraft, _ start: Token, into rules: inout [Rule]
    ) throws(Fault) -> Bool {
        // Spaces inside of the head, operators and modifiers mean something else to OPA here.
        guard draft.value != nil, !draft.hasGap else { return false }
        switch kind {
        case .with, .semicolon, .and, .or: return false
        default: break
        }
        rules.append(
            Rule(
                isDefault: false, head: draft.withValue(), body: [],
                elses: [], span: span(from: start)))
        return true
    }

    private func checkElse(_ draft: HeadDraft, _ rule: Rule) throws(Fault) {
        if draft.path.contains(where: { !$0.isGround }) {
            throw fault(
                current.span, "else keyword cannot be used on rules with variables in head")
        }
        let isPartial = draft.path.count == 1 && draft.arguments == nil && !draft.usesIf
        if rule.head.kind.isContains || isPartial {
            throw fault(
                current.span, "else keyword cannot be used on multi-value rules",
                hint: "a set or object rule may have several definitions instead")
        }
    }

    private mutating func readElses(
        of rule: inout Rule, usesIf: Bool, _ requiresV1: Bool
    ) throws(Fault) {
        while kind == .else {
            let start = current
            advance()
            var value: Term?
            var usesAssignment = false
            switch kind {
            case .leftBrace, .if: break
            case .assign, .unify:
                usesAssignment = kind == .assign
                advance()
                value = try operation(allowsPair: true)
            default: throw unexpected("expected else value term or rule body")
            }
            let hasIf = kind == .if
            var body: [Expression] = []
            if hasIf || kind == .leftBrace {
                if hasIf { advance() }
                body = try elseBody()
                if requiresV1, !usesIf, !hasIf { report(missingIf(rule, start.span)) }
            }
            rule.elses.append(
                .init(
                    value: value, usesAssignment: usesAssignment, body: body,
                    span: span(from: start)))
            // What follows a branch without a body is no part of the rule.
            if body.isEmpty { return }
        }
    }

    private mutating func elseBody() throws(Fault) -> [Expression] {
        if kind == .leftBrace {
            advance()
            return try body(until: .rightBrace)
        }
        guard kind != .end else { throw unexpected("rule body expected") }
        return [try expression()]
    }

    /// v0's `p { … } { … }`: every body is a rule with the first one's head.
    private mutating func readChainedBodies(
        of first: Rule, into rules: inout [Rule]
    ) throws(Fault) {
        while kind == .leftBrace, !first.body.isEmpty {
            let start = current
            guard first.elses.isEmpty else {
                throw fault(start.span, "expected else keyword")
            }
            advance()
            let body = try body(until: .rightBrace)
            var head = first.head
            head.arguments = first.head.arguments.map { arguments in
                arguments.map { argument in
                    guard case .variable(let name) = argument.kind, name.hasPrefix("$") else {
                        return argument
                    }
                    return Term(.variable(nextWildcard()), argument.span)
                }
            }
            rules.append(
                Rule(
                    isDefault: false, head: head, body: body, elses: [],
                    span: span(from: start)))
        }
    }

    // MARK: What v1 requires

    private mutating func checkV1(
        _ rule: Rule, _ draft: HeadDraft, usesIf: Bool, hasBody: Bool
    ) {
        if hasBody, !usesIf { report(missingIf(rule, rule.span)) }
        if rule.head.kind.isContains, !draft.usesContains { report(missingContains(rule)) }
    }

    private func missingIf(_ rule: Rule, _ span: Span) -> Fault {
        let sort = rule.head.arguments == nil ? "rule" : "function"
        return fault(
            span, "`if` keyword is required before \(sort) body",
            hint: "write `if` before the body, as in `\(rule.head.name) if { … }`")
    }

    func missingContains(_ rule: Rule) -> Fault {
        var hint: String?
        if case .contains(let key) = rule.head.kind {
            hint = "write `\(rule.head.name) contains \(RegoText.term(key))`"
        }
        return fault(
            rule.span, "`contains` keyword is required for partial set rules", hint: hint)
    }
}

extension Rule.Head.Kind {
    var isContains: Bool {
        if case .contains = self { true } else { false }
    }
}

extension Expression {
    fileprivate var isSet: Bool {
        guard case .term(let term) = kind, case .set = term.kind else { return false }
        return true
    }
}

extension Term {
    var isGround: Bool {
        switch kind {
        case .null, .boolean, .number, .string: true
        case .variable("data"), .variable("input"): true
        case .variable: false
        // As in OPA, the head does not count: `p[x.y]` names one place.
        case .reference(_, let path): path.allSatisfy(\.isGround)
        case .array(let terms), .set(let terms): terms.allSatisfy(\.isGround)
        case .object(let pairs): pairs.allSatisfy { $0.key.isGround && $0.value.isGround }
        case .call(let call): call.arguments.allSatisfy(\.isGround)
        case .arrayComprehension, .setComprehension, .objectComprehension, .template: false
        }
    }

    /// What keeps a term from being a default: a variable, a reference or a call outside of
    /// comprehensions.
    fileprivate var firstNonConstant: String? {
        func first(_ terms: [Term]) -> String? {
            for term in terms { if let culprit = term.firstNonConstant { return culprit } }
            return nil
        }
        switch kind {
        case .variable, .reference, .call: return kind.name
        case .array(let terms), .set(let terms): return first(terms)
        case .object(let pairs): return first(pairs.flatMap { [$0.key, $0.value] })
        default: return nil
        }
    }
}
