import RegoSyntax

extension Resolver {
    /// The expressions of a body whose scope is open. Never empty: a body that only declares is
    /// `true`.
    mutating func expressions(_ body: [Expression]) -> [ResolvedExpression] {
        var result: [ResolvedExpression] = []
        result.reserveCapacity(body.count)
        for expression in body { add(expression, to: &result) }
        if result.isEmpty, let first = body.first {
            result.append(
                ResolvedExpression(kind: .term(.boolean(true)), span: place(first.span)))
        }
        return result
    }

    /// Adds what an expression expands to.
    mutating func add(_ expression: Expression, to body: inout [ResolvedExpression]) {
        let modifiers = self.modifiers(expression.modifiers, into: &body)
        func expanded(_ kind: ResolvedExpression.Kind) -> ResolvedExpression {
            ResolvedExpression(kind: kind, modifiers: modifiers, span: place(expression.span))
        }
        switch expression.kind {
        case .term(let term):
            guard case .call(let call) = term.kind else {
                body.append(expanded(.term(self.term(term))))
                return
            }
            if call.name == ["print"] {
                let kind = print(call, at: expression.span)
                if compiler.options.printEnabled { body.append(expanded(kind)) }
            } else {
                var called = expanded(calledExpression(call, at: expression.span))
                called.bindKeys { term in
                    let local = ResolvedTerm.local(makeLocal(nil, at: expression.span))
                    body.append(expanded(.unify(local, term)))
                    return local
                }
                called.isAssignment = call.assignmentTarget != nil
                body.append(called)
            }
        case .someVariables(let terms):
            declareAlone(terms, at: expression.span)
        case .someIn(let key, let value, let domain):
            body.append(
                expanded(membership(key, value, domain, at: expression.span)))
        case .every(let key, let value, let domain, let inner):
            let source = ResolvedTerm.local(makeLocal(nil, at: domain.span))
            body.append(expanded(.unify(source, self.term(domain))))
            body.append(expanded(every(key, value, source, inner, at: expression.span)))
        case .not(let inner, let scoped):
            if scoped {
                body.append(expanded(.not(closure(inner))))
            } else {
                negate(inner, modifiers, at: expression.span, into: &body)
            }
        case .and(let left, let right):
            let first = closure(left)
            body.append(expanded(.and(first, closure(right))))
        case .or(let left, let right):
            let first = closure(left)
            body.append(expanded(.or(first, closure(right))))
        }
    }

    /// `some x, y`.
    private mutating func declareAlone(_ terms: [Term], at span: Span) {
        for term in terms {
            guard case .variable(let name) = term.kind else { continue }
            let isDirect = scopes[scopes.count - 1].direct.contains(name)
            _ = declare(
                name, as: .declared, at: term.span, forClosures: !isDirect, reportAt: span)
        }
    }

    /// `some key, value in domain`: a unification with what iterating over the domain gives.
    private mutating func membership(
        _ key: Term?, _ value: Term, _ domain: Term, at span: Span
    ) -> ResolvedExpression.Kind {
        let source = term(domain)
        var collector = NameCollector()
        collector.add(domain)
        var declared: [(String, Span)] = []
        key?.patternVariables(into: &declared)
        value.patternVariables(into: &declared)
        var seen = Set<String>()
        for (name, place) in declared
        where !collector.known.contains(name) && seen.insert(name).inserted {
            let local = declare(name, as: .declared, at: place, reportAt: span)
            precondition(local < variables.count, "a local is in its table")
        }
        let element = key.map { term($0) } ?? .local(makeLocal(nil, at: domain.span))
        let reference: ResolvedTerm =
            if case .reference(let head, let path) = source {
                .reference(head, path + [element])
            } else {
                .reference(source, [element])
            }
        return .unify(term(value), reference)
    }

    private mutating func every(
        _ key: Term?, _ value: Term, _ domain: ResolvedTerm, _ body: [Expression], at span: Span
    ) -> ResolvedExpression.Kind {
        depth += 1
        openScope(body)
        var locals: [LocalID] = []
        for term in [key, value] {
            if let term, case .variable(let name) = term.kind {
                locals.append(declare(name, as: .declared, at: term.span, reportAt: span))
            } else {
                locals.append(makeLocal(nil, at: span))
            }
        }
        let resolved = expressions(body)
        closeScope(body)
        depth -= 1
        return .every(key: locals[0], value: locals[1], domain: domain, body: resolved)
    }

    /// `not e`: the calls nested in it are evaluated before it, and it fails with them.
    private mutating func negate(
        _ inner: [Expression], _ modifiers: [ResolvedExpression.Modifier], at span: Span,
        into body: inout [ResolvedExpression]
    ) {
        var negated: [ResolvedExpression] = []
        for expression in inner {
            if case .term(let term) = expression.kind, case .call(let call) = term.kind,
                call.assignmentTarget != nil
            {
                report("cannot assign vars inside negated expression", .locals, at: span)
                return
            }
            add(expression, to: &negated)
        }
        guard var last = negated.popLast() else { return }
        for earlier in negated {
            body.append(earlier.under(modifiers))
        }
        let outside = modifiers + last.modifiers
        var hoisted: [ResolvedExpression] = []
        last.hoistCalls(keepingCall: inner.last?.bindsOperand ?? false) { call, span in
            let local = ResolvedTerm.local(makeLocal(nil, at: span.span))
            hoisted.append(
                ResolvedExpression(
                    kind: .unify(local, call), modifiers: outside, span: span))
            return local
        }
        body += hoisted
        var negation = ResolvedExpression(
            kind: .not([last]), modifiers: modifiers, span: place(span))
        negation.isShallowNegation = true
        negates = true
        body.append(negation)
    }
}

extension ResolvedExpression {
    /// The same under more modifiers, which are outside of its own.
    func under(_ outer: [Modifier]) -> ResolvedExpression {
        var copy = self
        copy.modifiers = outer + modifiers
        return copy
    }

    /// Replaces each call that is nested in another term by what `replace` makes of it, from the
    /// inside out. The call that the expression is stays, and with `keepingCall` the one on the
    /// right of a unification.
    mutating func hoistCalls(
        keepingCall: Bool, _ replace: (ResolvedTerm, ResolvedSpan) -> ResolvedTerm
    ) {
        switch kind {
        case .unify(let left, .call(let callee, let arguments, let span)) where keepingCall:
            let left = left.hoistingCalls(replace)
            let operands = arguments.map { $0.hoistingCalls(replace) }
            kind = .unify(left, .call(callee, operands, span))
        case .term(.call(let callee, let arguments, let span)):
            let operands = arguments.map { $0.hoistingCalls(replace) }
            kind = .term(.call(callee, operands, span))
        case .term(let term):
            kind = .term(term.hoistingCalls(replace))
        case .unify(let left, let right):
            let left = left.hoistingCalls(replace)
            kind = .unify(left, right.hoistingCalls(replace))
        case .every, .not, .and, .or: break
        }
    }
}

extension Expression {
    /// Whether it is a call, and no `=`, so that a unification made of it binds its last operand.
    fileprivate var bindsOperand: Bool {
        guard case .term(let term) = kind, case .call(let call) = term.kind else { return false }
        return call.name != ["eq"]
    }
}

extension ResolvedTerm {
    func hoistingCalls(_ replace: (ResolvedTerm, ResolvedSpan) -> ResolvedTerm) -> ResolvedTerm {
        switch self {
        case .call(let callee, let arguments, let span):
            let operands = arguments.map { $0.hoistingCalls(replace) }
            return replace(.call(callee, operands, span), span)
        case .reference(let head, let path):
            return .reference(
                head.hoistingCalls(replace), path.map { $0.hoistingCalls(replace) })
        case .array(let elements): return .array(elements.map { $0.hoistingCalls(replace) })
        case .set(let elements): return .set(elements.map { $0.hoistingCalls(replace) })
        case .object(let pairs):
            return .object(
                pairs.map { ($0.key.hoistingCalls(replace), $0.value.hoistingCalls(replace)) })
        case .null, .boolean, .number, .string, .local, .input, .data: return self
        case .arrayComprehension, .setComprehension, .objectComprehension: return self
        }
    }
}
