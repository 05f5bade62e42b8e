import RegoMachine

/// What a rule asks of `input` and of base documents before it reads whole packages.
///
/// A reference such as `data.apps[name]` evaluates every rule of the packages below. Where the body
/// needs a value further on that can be looked up at once, and is not there, that work is in vain,
/// and a conflict in it would end an evaluation that has nothing to do with it. OPA's rule index
/// passes over such a rule before its body begins.
extension FunctionPlanner {
    func testEarly(_ body: [ResolvedExpression]) {
        guard let first = body.firstIndex(where: { $0.references.contains(where: readsPackages) })
        else { return }
        for expression in body[(first + 1)...] where expression.modifiers.isEmpty {
            at(expression.span)
            for reference in expression.references where isLookUp(reference) {
                _ = term(reference)
            }
        }
    }

    /// Whether a reference ends, or iterates, above rules.
    private func readsPackages(_ reference: ResolvedTerm) -> Bool {
        guard case .reference(.data, let path) = reference else { return false }
        var node = RuleTree.root
        for element in path {
            if planner.tree.hasRules(node) { return false }
            guard case .string(let name) = element else {
                return planner.tree.holdsDocuments(node)
            }
            guard let child = planner.tree.child(node, name) else { return false }
            node = child
        }
        return !planner.tree.hasRules(node) && planner.tree.holdsDocuments(node)
    }

    /// Whether a reference is constant keys into `input`, or `data` where no rules are.
    private func isLookUp(_ reference: ResolvedTerm) -> Bool {
        guard case .reference(let head, let path) = reference,
            path.allSatisfy({ $0.constant != nil })
        else { return false }
        if case .input = head { return true }
        guard case .data = head else { return false }
        var node = RuleTree.root
        for element in path {
            guard !planner.tree.hasRules(node) else { return false }
            guard case .string(let name) = element, let child = planner.tree.child(node, name)
            else { return true }
            node = child
        }
        return false
    }
}

extension ResolvedExpression {
    /// Those that must have a value for it to succeed.
    fileprivate var references: [ResolvedTerm] {
        switch kind {
        case .term(let term): term.references
        case .unify(let left, let right): left.references + right.references
        case .not, .and, .or, .every: []
        }
    }
}

extension ResolvedTerm {
    fileprivate var references: [ResolvedTerm] {
        switch self {
        case .reference(let head, let path):
            [self] + head.references + path.flatMap(\.references)
        case .call(_, let arguments, _): arguments.flatMap(\.references)
        case .array(let elements), .set(let elements): elements.flatMap(\.references)
        case .object(let entries): entries.flatMap { $0.key.references + $0.value.references }
        default: []
        }
    }
}
