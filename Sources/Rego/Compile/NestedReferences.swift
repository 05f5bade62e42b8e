extension ResolvedExpression {
    /// Whether one of some unbound variables stands both as a key of a reference and by itself.
    func readsItsKeys(_ unbound: LocalSet) -> Bool {
        var keys = LocalSet()
        var values = LocalSet()
        for term in terms { term.collect(unbound, keys: &keys, values: &values) }
        return !keys.isSubset(of: keys.subtracting(values))
    }

    private var terms: [ResolvedTerm] {
        switch kind {
        case .term(let term): [term]
        case .unify(let left, let right): [left, right]
        case .every(_, _, let domain, _): [domain]
        case .not, .and, .or: []
        }
    }

    /// Replaces references that are part of another term, from the outside in.
    mutating func replaceNestedReferences(_ replace: (ResolvedTerm) -> ResolvedTerm?) {
        switch kind {
        case .term(let term): kind = .term(term.replacingInside(replace))
        case .unify(let left, let right):
            let left = left.replacingInside(replace)
            kind = .unify(left, right.replacingInside(replace))
        case .every, .not, .and, .or: break
        }
    }
}

extension ResolvedTerm {
    fileprivate func collect(
        _ unbound: LocalSet, keys: inout LocalSet, values: inout LocalSet
    ) {
        switch self {
        case .local(let local):
            if unbound.contains(local) { values.insert(local) }
        case .reference(let head, let path):
            head.collect(unbound, keys: &keys, values: &values)
            for element in path {
                if case .local(let local) = element {
                    if unbound.contains(local) { keys.insert(local) }
                } else {
                    element.collect(unbound, keys: &keys, values: &values)
                }
            }
        case .call(_, let terms, _), .array(let terms), .set(let terms):
            for term in terms { term.collect(unbound, keys: &keys, values: &values) }
        case .object(let pairs):
            for pair in pairs {
                pair.key.collect(unbound, keys: &keys, values: &values)
                pair.value.collect(unbound, keys: &keys, values: &values)
            }
        case .null, .boolean, .number, .string, .input, .data: break
        case .arrayComprehension, .setComprehension, .objectComprehension: break
        }
    }

    private func replacing(_ replace: (ResolvedTerm) -> ResolvedTerm?) -> ResolvedTerm {
        if case .reference = self, let other = replace(self) { return other }
        return replacingInside(replace)
    }

    fileprivate func replacingInside(
        _ replace: (ResolvedTerm) -> ResolvedTerm?
    ) -> ResolvedTerm {
        switch self {
        case .reference(let head, let path):
            return .reference(head.replacing(replace), path.map { $0.replacing(replace) })
        case .call(let callee, let terms, let span):
            return .call(callee, terms.map { $0.replacing(replace) }, span)
        case .array(let elements): return .array(elements.map { $0.replacing(replace) })
        case .set(let elements): return .set(elements.map { $0.replacing(replace) })
        case .object(let pairs):
            return .object(
                pairs.map { ($0.key.replacing(replace), $0.value.replacing(replace)) })
        case .null, .boolean, .number, .string, .local, .input, .data: return self
        case .arrayComprehension, .setComprehension, .objectComprehension: return self
        }
    }
}
