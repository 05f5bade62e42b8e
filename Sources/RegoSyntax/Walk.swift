/// What a tree's nodes hold, for passes that look at every term.
extension Expression {
    /// The terms that are its own, outside of inner bodies, in the order of the text.
    package var terms: [Term] {
        let modified = modifiers.flatMap { [$0.target, $0.value] }
        switch kind {
        case .term(let term): return [term] + modified
        case .someVariables(let names): return names + modified
        case .someIn(let key, let value, let domain), .every(let key, let value, let domain, _):
            return (key.map { [$0] } ?? []) + [value, domain] + modified
        case .not, .and, .or: return modified
        }
    }

    /// The bodies of `every`, `not`, `and` and `or`.
    package var bodies: [[Expression]] {
        switch kind {
        case .every(_, _, _, let body), .not(let body, _): [body]
        case .and(let left, let right), .or(let left, let right): [left, right]
        case .term, .someVariables, .someIn: []
        }
    }
}

extension Term {
    /// The terms that it is made of.
    package var children: [Term] {
        switch kind {
        case .null, .boolean, .number, .string, .variable, .template: []
        case .reference(let head, let path): [head] + path
        case .call(let call): call.arguments
        case .array(let items), .set(let items): items
        case .object(let pairs): pairs.flatMap { [$0.key, $0.value] }
        case .arrayComprehension(let head, _), .setComprehension(let head, _): [head]
        case .objectComprehension(let key, let value, _): [key, value]
        }
    }

    /// The bodies of comprehensions, and the expressions of templates.
    package var bodies: [[Expression]] {
        switch kind {
        case .arrayComprehension(_, let body), .setComprehension(_, let body),
            .objectComprehension(_, _, let body):
            return [body]
        case .template(let parts):
            var found: [[Expression]] = []
            for case .expression(let expression) in parts { found.append([expression]) }
            return found
        default: return []
        }
    }

    /// The bodies of comprehensions: what a template holds are values, not conditions.
    package var conditions: [[Expression]] {
        if case .template = kind { [] } else { bodies }
    }

    /// Itself and every term inside of it.
    package func forEachTerm(_ visit: (Term) -> Void) {
        visit(self)
        for child in children { child.forEachTerm(visit) }
        for body in bodies { body.forEachTerm(visit) }
    }
}

extension [Expression] {
    /// Every term of every expression, inner bodies included.
    package func forEachTerm(_ visit: (Term) -> Void) {
        for expression in self {
            for term in expression.terms { term.forEachTerm(visit) }
            for body in expression.bodies { body.forEachTerm(visit) }
        }
    }

    /// Every expression that is a condition, those of inner bodies and comprehensions too.
    package func forEachExpression(_ visit: (Expression) -> Void) {
        for expression in self {
            visit(expression)
            for body in expression.bodies { body.forEachExpression(visit) }
            for term in expression.terms {
                term.forEachTerm { for body in $0.conditions { body.forEachOwnExpression(visit) } }
            }
        }
    }

    /// As `forEachExpression`, without what stands inside of terms.
    fileprivate func forEachOwnExpression(_ visit: (Expression) -> Void) {
        for expression in self {
            visit(expression)
            for body in expression.bodies { body.forEachOwnExpression(visit) }
        }
    }
}

extension Rule {
    /// Its body, and those of its branches.
    package var bodies: [[Expression]] { [body] + elses.map(\.body) }

    /// The terms of its head, and the values of its branches.
    package var headTerms: [Term] {
        let value: [Term] =
            switch head.kind {
            case .value(let value, _): value.map { [$0] } ?? []
            case .contains(let key): [key]
            }
        return head.path + (head.arguments ?? []) + value + elses.compactMap(\.value)
    }

    package func forEachTerm(_ visit: (Term) -> Void) {
        for term in headTerms { term.forEachTerm(visit) }
        for body in bodies { body.forEachTerm(visit) }
    }

    package func forEachExpression(_ visit: (Expression) -> Void) {
        for term in headTerms {
            term.forEachTerm { for body in $0.conditions { body.forEachOwnExpression(visit) } }
        }
        for body in bodies { body.forEachExpression(visit) }
    }
}
