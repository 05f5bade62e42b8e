extension ResolvedExpression {
    /// Where objects are matched with each other: has keys that take evaluation bound before, equal
    /// ones once, so that `{input.k: x} = {input.k: 1}` binds `x`.
    mutating func bindKeys(_ bind: (ResolvedTerm) -> ResolvedTerm) {
        guard case .unify(let left, let right) = kind, left.hasEvaluatedKeys,
            right.hasEvaluatedKeys
        else { return }
        var bound: [(key: ResolvedTerm, local: ResolvedTerm)] = []
        let once: (ResolvedTerm) -> ResolvedTerm = { key in
            if let known = bound.first(where: { $0.key.isSameKey(as: key) }) { return known.local }
            let local = bind(key)
            bound.append((key, local))
            return local
        }
        let first = left.replacingEvaluatedKeys(once)
        kind = .unify(first, right.replacingEvaluatedKeys(once))
    }
}

extension ResolvedTerm {
    fileprivate var hasEvaluatedKeys: Bool {
        switch self {
        case .array(let elements): elements.contains { $0.hasEvaluatedKeys }
        case .object(let pairs):
            pairs.contains { $0.key.takesEvaluation || $0.value.hasEvaluatedKeys }
        default: false
        }
    }

    fileprivate func replacingEvaluatedKeys(
        _ replace: (ResolvedTerm) -> ResolvedTerm
    ) -> ResolvedTerm {
        switch self {
        case .array(let elements):
            return .array(elements.map { $0.replacingEvaluatedKeys(replace) })
        case .object(let pairs):
            return .object(
                pairs.map { key, value in
                    (
                        key.takesEvaluation ? replace(key) : key,
                        value.replacingEvaluatedKeys(replace)
                    )
                })
        default: return self
        }
    }
}
