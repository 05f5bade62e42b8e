import RegoSyntax

/// Finds the text of a reference that a resolved term no longer has a place of.
struct ReferenceSearch {
    /// The keys from `data`, `input` or the variable.
    let wanted: [ResolvedTerm]
    let within: Span

    func first(in rule: Rule) -> Span? {
        let heads = rule.head.path + [rule.head.valueTerm].compactMap { $0 }
        if let found = first(heads) ?? first(rule.body) { return found }
        for branch in rule.elses {
            if let found = branch.value.flatMap({ first([$0]) }) ?? first(branch.body) {
                return found
            }
        }
        return nil
    }

    func first(_ body: [Expression]) -> Span? {
        for expression in body {
            if let found = first(expression) { return found }
        }
        return nil
    }

    private func first(_ expression: Expression) -> Span? {
        let modifiers = expression.modifiers.map(\.value)
        switch expression.kind {
        case .term(let term): return first([term] + modifiers)
        case .someVariables: return nil
        case .someIn(let key, let value, let domain):
            return first([key, value, domain].compactMap { $0 } + modifiers)
        case .every(_, _, let domain, let body):
            return first([domain]) ?? first(body) ?? first(modifiers)
        case .not(let body, _): return first(body) ?? first(modifiers)
        case .and(let left, let right), .or(let left, let right):
            return first(left) ?? first(right)
        }
    }

    private func first(_ terms: [Term]) -> Span? {
        for term in terms {
            if let found = first(term) { return found }
        }
        return nil
    }

    private func first(_ term: Term) -> Span? {
        if term.span.start >= within.start, term.span.end <= within.end, isWanted(term) {
            return term.span
        }
        switch term.kind {
        case .null, .boolean, .number, .string, .variable: return nil
        case .reference(let head, let path): return first(head) ?? first(path)
        case .call(let call): return first(call.arguments)
        case .array(let terms), .set(let terms): return first(terms)
        case .object(let pairs): return first(pairs.flatMap { [$0.key, $0.value] })
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            return first(head) ?? first(body)
        case .objectComprehension(let key, let value, let body):
            return first(key) ?? first(value) ?? first(body)
        case .template(let parts):
            for case .expression(let inner) in parts {
                if let found = first(inner) { return found }
            }
            return nil
        }
    }

    /// Whether the term's keys are the last of those wanted; a name alone is the last of them.
    private func isWanted(_ term: Term) -> Bool {
        switch term.kind {
        case .variable(let name):
            if case .string(name)? = wanted.last { return true }
            return false
        case .reference(_, let path):
            guard path.count <= wanted.count else { return false }
            return zip(path, wanted.suffix(path.count)).allSatisfy { $0.isAlike($1) }
        default: return false
        }
    }
}

extension Term {
    fileprivate func isAlike(_ other: ResolvedTerm) -> Bool {
        switch (kind, other) {
        case (.string(let text), .string(let wanted)): text == wanted
        case (.number(let literal), .number(let wanted)): literal == wanted
        case (.string, _), (.number, _), (_, .string), (_, .number): false
        default: true
        }
    }
}
