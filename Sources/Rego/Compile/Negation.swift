extension Draft {
    /// The rule, with what is nested in a plain `not` moved before it.
    ///
    /// OPA evaluates the references in the operands of `not f(input.x)` first, so that the body is
    /// undefined where they are. Under `import future.keywords.not` the whole is negated; such a
    /// `not` is left alone. This comes after ordering: what stands under `not` binds nothing.
    func hoistingNegated() -> ResolvedRule {
        guard negates else { return rule }
        var rule = rule
        for branch in rule.branches.indices {
            rule.branches[branch].value =
                rule.branches[branch].value.hoistingNegated(&rule.locals)
            rule.branches[branch].body =
                rule.branches[branch].body.hoistingNegated(&rule.locals)
        }
        return rule
    }
}

extension [ResolvedExpression] {
    func hoistingNegated(_ locals: inout LocalTable) -> [ResolvedExpression] {
        var result: [ResolvedExpression] = []
        result.reserveCapacity(count)
        for expression in self {
            expression.addHoisted(to: &result, &locals)
        }
        return result
    }
}

extension ResolvedExpression {
    fileprivate func addHoisted(
        to body: inout [ResolvedExpression], _ locals: inout LocalTable
    ) {
        var copy = self
        switch kind {
        case .term(let term): copy.kind = .term(term.hoistingNegated(&locals))
        case .unify(let left, let right):
            let left = left.hoistingNegated(&locals)
            copy.kind = .unify(left, right.hoistingNegated(&locals))
        case .and(let left, let right):
            let left = left.hoistingNegated(&locals)
            copy.kind = .and(left, right.hoistingNegated(&locals))
        case .or(let left, let right):
            let left = left.hoistingNegated(&locals)
            copy.kind = .or(left, right.hoistingNegated(&locals))
        case .every(let key, let value, let domain, let inner):
            let domain = domain.hoistingNegated(&locals)
            copy.kind = .every(
                key: key, value: value, domain: domain, body: inner.hoistingNegated(&locals))
        case .not(let inner):
            copy.kind = .not(inner.hoistingNegated(&locals))
            if isShallowNegation { copy.hoistOperands(to: &body, &locals) }
        }
        body.append(copy)
    }

    private mutating func hoistOperands(
        to body: inout [ResolvedExpression], _ locals: inout LocalTable
    ) {
        guard case .not(var inner) = kind, var last = inner.popLast() else { return }
        body += inner
        var hoist = Hoist(
            modifiers: modifiers + last.modifiers, span: span, locals: locals)
        switch last.kind {
        case .unify(let left, .call(let callee, let arguments, let place)):
            let operands = arguments.map { hoist.whole($0) }
            last.kind = .unify(hoist.whole(left), .call(callee, operands, place))
        case .unify(let left, let right):
            let left = hoist.operand(left)
            last.kind = .unify(left, hoist.operand(right))
        case .term(.call(.builtin("equal"), let arguments, let place)):
            let operands = arguments.map { hoist.operand($0) }
            last.kind = .term(.call(.builtin("equal"), operands, place))
        case .term(.call(let callee, let arguments, let place)):
            let operands = arguments.map { hoist.whole($0) }
            last.kind = .term(.call(callee, operands, place))
        case .term(let term):
            last.kind = .term(hoist.operand(term))
        case .every, .not, .and, .or: break
        }
        body += hoist.hoisted
        locals = hoist.locals
        kind = .not([last])
        isShallowNegation = false
    }
}

/// Takes what is to be evaluated out of a negated expression.
private struct Hoist {
    let modifiers: [ResolvedExpression.Modifier]
    let span: ResolvedSpan
    var locals: LocalTable
    var hoisted: [ResolvedExpression] = []

    /// An operand of a unification: its own reference stays, what is nested in it goes.
    mutating func operand(_ term: ResolvedTerm) -> ResolvedTerm {
        switch term {
        case .reference(let head, let path):
            return .reference(self.head(head), path.map { whole($0) })
        case .input, .data: return term
        case .arrayComprehension, .setComprehension, .objectComprehension: return term
        default: return whole(term)
        }
    }

    mutating func whole(_ term: ResolvedTerm) -> ResolvedTerm {
        switch term {
        case .null, .boolean, .number, .string, .local, .call: return term
        case .array(let elements): return .array(elements.map { whole($0) })
        case .set(let elements): return .set(elements.map { whole($0) })
        case .object(let pairs):
            return .object(pairs.map { (key: whole($0.key), value: whole($0.value)) })
        case .reference(let head, let path):
            return bind(.reference(self.head(head), path.map { whole($0) }))
        case .input, .data, .arrayComprehension, .setComprehension, .objectComprehension:
            return bind(term)
        }
    }

    private mutating func head(_ head: ResolvedTerm) -> ResolvedTerm {
        switch head {
        case .local, .input, .data: head
        default: bind(head)
        }
    }

    private mutating func bind(_ term: ResolvedTerm) -> ResolvedTerm {
        let local = ResolvedTerm.local(locals.make(nil))
        hoisted.append(
            ResolvedExpression(kind: .unify(local, term), modifiers: modifiers, span: span))
        return local
    }
}

extension ResolvedTerm {
    fileprivate func hoistingNegated(_ locals: inout LocalTable) -> ResolvedTerm {
        switch self {
        case .null, .boolean, .number, .string, .local, .input, .data: return self
        case .reference(let head, let path):
            let head = head.hoistingNegated(&locals)
            return .reference(head, path.map { $0.hoistingNegated(&locals) })
        case .call(let callee, let arguments, let span):
            return .call(callee, arguments.map { $0.hoistingNegated(&locals) }, span)
        case .array(let elements): return .array(elements.map { $0.hoistingNegated(&locals) })
        case .set(let elements): return .set(elements.map { $0.hoistingNegated(&locals) })
        case .object(let pairs):
            return .object(
                pairs.map { ($0.key.hoistingNegated(&locals), $0.value.hoistingNegated(&locals)) })
        case .arrayComprehension(let head, let body):
            return .arrayComprehension(head, body.hoistingNegated(&locals))
        case .setComprehension(let head, let body):
            return .setComprehension(head, body.hoistingNegated(&locals))
        case .objectComprehension(let key, let value, let body):
            return .objectComprehension(
                key: key, value: value, body.hoistingNegated(&locals))
        }
    }
}
