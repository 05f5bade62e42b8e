import RegoMachine
import RegoSyntax

/// References into `data` that touch something unknown: rules where there are rules, base documents
/// elsewhere, both where a reference ends above rules.
extension PartialEvaluator {
    func dataReference(
        _ path: [ResolvedTerm], _ strand: Strand, _ situation: Situation, _ demand: Demand
    ) throws(EvaluationFailure) -> [Reduced] {
        var node = RuleTree.root
        var prefix: [String] = []
        while true {
            let rest = path[prefix.count...]
            if tree.hasRules(node) {
                return try rules(node, prefix, rest, strand, situation, demand)
            }
            guard case .string(let name)? = rest.first else {
                let holdsRules = tree.names(node).contains {
                    child(node, prefix, $0, situation) != nil
                }
                guard holdsRules else { return try base(path, strand, situation) }
                return try extent(node, prefix, rest, strand, situation)
            }
            guard let next = child(node, prefix, name, situation) else {
                return try base(path, strand, situation)
            }
            node = next
            prefix.append(name)
        }
    }

    /// The child that documents of rules stand at or below, unless a `with` hides them.
    private func child(
        _ node: Int, _ prefix: [String], _ name: String, _ situation: Situation
    ) -> Int? {
        guard let child = tree.child(node, name), tree.holdsDocuments(child),
            !situation.isShadowed(prefix + [name])
        else { return nil }
        return child
    }

    /// A term, and what stands at a path of it.
    func continued(
        _ found: Reduced, _ rest: ArraySlice<ResolvedTerm>, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        if rest.isEmpty { return [found] }
        return try reduce(.joined(found.term, Array(rest)), found.strand, situation)
    }

    /// What stands in base documents.
    private func base(
        _ path: [ResolvedTerm], _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        let names = path.constantStart
        if situation.isUnknown(DocumentPath(.data, names)) {
            return try later(.data, path, strand, situation)
        }
        guard !names.isEmpty else {
            return try elements(
                of: known.baseValue(at: []) ?? .object([]), path[...], strand, situation)
        }
        let place = ResolvedTerm.reference(.data, names.map { .string($0) })
        guard
            let value = try known.value(
                place, under: situation.modifiers, at: nowhere, among: locals)
        else { return [] }
        try charge(parts: value.size)
        return try elements(of: value, path[names.count...], strand, situation)
    }

    // MARK: Extents

    /// What stands at a path of `data` above rules: a package of support rules over base documents.
    private func extent(
        _ node: Int, _ prefix: [String], _ rest: ArraySlice<ResolvedTerm>, _ strand: Strand,
        _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        try addExtent(node, prefix, situation)
        let virtual = supportPath(prefix, situation).map { ResolvedTerm.string($0) }
        guard let base = try base(below: prefix, situation) else {
            return try later(.data, virtual + rest, strand, situation)
        }
        let local = makeLocal()
        var strand = strand
        strand.save(
            .unify(
                .local(local),
                .call(
                    .builtin("object.union"), [base, .reference(.data, virtual)], nowhere)),
            at: nowhere)
        return try later(.local(local), Array(rest), strand, situation)
    }

    /// The object that base documents are at a path; `nil`: there is none.
    private func base(
        below prefix: [String], _ situation: Situation
    ) throws(EvaluationFailure) -> ResolvedTerm? {
        guard situation.isUnknown(DocumentPath(.data, prefix)) else {
            guard case .object(let pairs)? = try known.baseValue(at: prefix), !pairs.isEmpty else {
                return nil
            }
            return .object(pairs)
        }
        // One that is not there when it is asked for, and one that is no object, is none.
        let name = ResolvedTerm.local(makeLocal())
        let value = ResolvedTerm.local(makeLocal())
        let place = ResolvedTerm.joined(.data, prefix.map { .string($0) } + [name])
        var body = [ResolvedExpression(kind: .unify(value, place), span: nowhere)]
        if prefix.isEmpty {
            let isOther = ResolvedTerm.call(
                .builtin("neq"), [name, .string(namespace)], nowhere)
            body.append(ResolvedExpression(kind: .term(isOther), span: nowhere))
        }
        return .objectComprehension(key: name, value: value, body)
    }

    private func addExtent(
        _ node: Int, _ prefix: [String], _ situation: Situation
    ) throws(EvaluationFailure) {
        if tree.hasRules(node) {
            let key = SupportKey(path: prefix, isFunction: false, situation: situation.number)
            if let value = try document(key, situation), value.isGround {
                addConstant(value, key, situation)
            }
            return
        }
        supportPackages.insert(supportPath(prefix, situation))
        for name in tree.names(node) {
            guard let child = child(node, prefix, name, situation) else { continue }
            try addExtent(child, prefix + [name], situation)
        }
    }
}
