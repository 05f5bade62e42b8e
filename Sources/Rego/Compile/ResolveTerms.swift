import RegoSyntax

extension Resolver {
    mutating func term(_ term: Term) -> ResolvedTerm {
        switch term.kind {
        case .null: return .null
        case .boolean(let value): return .boolean(value)
        case .number(let literal): return .number(literal)
        case .string(let text): return .string(text)
        case .variable(let name): return self.name(name, at: term.span)
        case .reference(let head, let path): return reference(head, path)
        case .call(let call): return nestedCall(call, at: term.span)
        case .array(let elements): return .array(terms(elements))
        case .set(let elements): return .set(terms(elements))
        case .object(let pairs):
            return .object(
                pairs.withoutRepeatedKeys.map { (self.term($0.key), self.term($0.value)) })
        case .arrayComprehension(let head, let body):
            let (heads, body) = comprehension([head], body)
            return .arrayComprehension(heads[0], body)
        case .setComprehension(let head, let body):
            let (heads, body) = comprehension([head], body)
            return .setComprehension(heads[0], body)
        case .objectComprehension(let key, let value, let body):
            let (heads, body) = comprehension([key, value], body)
            return .objectComprehension(key: heads[0], value: heads[1], body)
        case .template(let parts): return template(parts, at: term.span)
        }
    }

    mutating func terms(_ terms: [Term]) -> [ResolvedTerm] {
        var result: [ResolvedTerm] = []
        result.reserveCapacity(terms.count)
        for term in terms { result.append(self.term(term)) }
        return result
    }

    private mutating func reference(_ head: Term, _ path: [Term]) -> ResolvedTerm {
        let resolved = term(head)
        let rest = terms(path)
        // An import or a rule stands for a path of its own.
        if case .variable = head.kind, case .reference(let root, let prefix) = resolved {
            return .reference(root, prefix + rest)
        }
        return rest.isEmpty ? resolved : .reference(resolved, rest)
    }

    // MARK: Closures

    private mutating func comprehension(
        _ heads: [Term], _ body: [Expression]
    ) -> ([ResolvedTerm], [ResolvedExpression]) {
        depth += 1
        openScope(body, and: heads)
        var resolved = expressions(body)
        let heads = heads.map { bound(term($0), at: $0.span, in: &resolved) }
        closeScope(body)
        depth -= 1
        return (heads, resolved)
    }

    /// The term, or where it takes evaluation a local that the body binds to it.
    mutating func bound(
        _ term: ResolvedTerm, at span: Span, in body: inout [ResolvedExpression]
    ) -> ResolvedTerm {
        guard term.takesEvaluation else { return term }
        let local = ResolvedTerm.local(makeLocal(nil, at: span))
        body.append(ResolvedExpression(kind: .unify(local, term), span: place(span)))
        return local
    }

    /// A body with a scope of its own: an operand of `and` and `or`, a scoped `not`.
    mutating func closure(_ body: [Expression]) -> [ResolvedExpression] {
        depth += 1
        openScope(body)
        let resolved = expressions(body)
        closeScope(body)
        depth -= 1
        return resolved
    }

    /// `{x | x := expression}`: empty where the expression is undefined.
    mutating func capture(_ term: Term) -> ResolvedTerm {
        depth += 1
        let local = ResolvedTerm.local(makeLocal(nil, at: term.span))
        scopes.append(Scope())
        let value = self.term(term)
        scopes.removeLast()
        depth -= 1
        return .setComprehension(
            local, [ResolvedExpression(kind: .unify(local, value), span: place(term.span))])
    }

    // MARK: Templates

    private mutating func template(_ parts: [Term.TemplatePart], at span: Span) -> ResolvedTerm {
        var elements: [ResolvedTerm] = []
        for part in parts {
            switch part {
            case .text(let text): elements.append(.string(text))
            case .expression(let expression): elements.append(templateExpression(expression))
            }
        }
        return .call(
            .builtin("internal.template_string"), [.array(elements)], place(span))
    }

    private mutating func templateExpression(_ expression: Expression) -> ResolvedTerm {
        guard case .term(let inner) = expression.kind else {
            report("unexpected template-string expression", .shown, at: expression.span)
            return .null
        }
        depth += 1
        scopes.append(Scope())
        var body: [ResolvedExpression] = []
        let modifiers = self.modifiers(expression.modifiers, into: &body)
        let value = term(inner)
        scopes.removeLast()
        let local = ResolvedTerm.local(makeLocal(nil, at: inner.span))
        depth -= 1
        body.append(
            ResolvedExpression(
                kind: .unify(local, value), modifiers: modifiers, span: place(inner.span)))
        return .setComprehension(local, body)
    }
}

extension ResolvedTerm {
    /// Whether it is more than a pattern of constants and locals.
    var takesEvaluation: Bool {
        switch self {
        case .null, .boolean, .number, .string, .local: false
        case .array(let elements), .set(let elements): elements.contains { $0.takesEvaluation }
        case .object(let pairs):
            pairs.contains { $0.key.takesEvaluation || $0.value.takesEvaluation }
        case .input, .data, .reference, .call: true
        case .arrayComprehension, .setComprehension, .objectComprehension: true
        }
    }
}

extension [(key: Term, value: Term)] {
    /// Of pairs with the same constant string for a key, the last, in the place of the first.
    fileprivate var withoutRepeatedKeys: Self {
        var keys = NameSet()
        let isRepeated = map {
            if case .string(let key) = $0.key.kind { !keys.insert(key) } else { false }
        }
        guard isRepeated.contains(true) else { return self }
        var positions: [String: Int] = [:]
        var result: Self = []
        for pair in self {
            guard case .string(let key) = pair.key.kind else {
                result.append(pair)
                continue
            }
            if let position = positions[key] {
                result[position] = pair
            } else {
                positions[key] = result.count
                result.append(pair)
            }
        }
        return result
    }
}
