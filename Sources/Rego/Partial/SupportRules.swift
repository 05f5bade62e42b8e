import RegoMachine
import RegoSyntax

/// What stands for the rules of a path in the residual.
struct SupportDocument {
    var rules: [ResolvedRule] = []
    /// `nil` where the rules are undefined whatever the unknowns are.
    var term: ResolvedTerm?
}

/// Support rules: the rules of a path, evaluated as far as they are known.
extension PartialEvaluator {
    /// Where the rules of a path stand in the residual.
    func supportPath(_ path: [String], _ situation: Situation) -> [String] {
        [namespace] + (situation.number == 0 ? [] : ["__with\(situation.number)__"])
            + path
    }

    /// What reads the support rules of a path: a reference, or a value where all are known; `nil`
    /// where they are undefined. Of functions, any term says that they are there.
    func document(
        _ key: SupportKey, _ situation: Situation
    ) throws(EvaluationFailure) -> ResolvedTerm? {
        if let made = support[key] { return made.term }
        guard let node = tree.node(at: key.path) else { return nil }
        let rules = key.isFunction ? tree.functions(node) : tree.rules(node)
        let path = supportPath(key.path, situation)
        var made: [ResolvedRule] = []
        for rule in rules {
            made += try deeper { () throws(EvaluationFailure) in
                try residual(of: rule, at: path, situation)
            }
            try check(made)
        }
        var document = SupportDocument(rules: made)
        if !made.isEmpty {
            document.term = .reference(.data, path.map { .string($0) })
            supportKeys.append(key)
        } else if rules.contains(where: { !$0.rest.isEmpty }) {
            document.term = .object([])
        } else if rules.contains(where: { $0.kind == .member }) {
            document.term = .set([])
        }
        support[key] = document
        try check(supportKeys)
        return document.term
    }

    /// Rules that are nothing but a value, for who reads their package.
    func addConstant(_ value: ResolvedTerm, _ key: SupportKey, _ situation: Situation) {
        guard support[key]?.rules.isEmpty == true else { return }
        let rule = ResolvedRule(
            path: supportPath(key.path, situation), rest: [], kind: .value, arguments: [],
            isDefault: false, branches: [.init(value: value, body: [], span: nowhere)],
            locals: LocalTable(), span: nowhere)
        support[key]?.rules = [rule]
        supportKeys.append(key)
    }

    private func residual(
        of rule: ResolvedRule, at path: [String], _ situation: Situation
    ) throws(EvaluationFailure) -> [ResolvedRule] {
        var rule = instance(of: rule)
        rule.path = path
        var start = Strand()
        for local in rule.arguments.flatMap(\.directLocals) {
            start.put(off: local, varies: false)
        }
        if rule.isDefault {
            let value = try reduce(rule.branches[0].value, start, situation).first?.term
            if let value { rule.branches[0].value = value }
            return [rule]
        }
        guard rule.branches.count > 1 else {
            return try alternatives(of: rule, start, situation)
        }
        var branches: [ResolvedRule.Branch] = []
        for branch in rule.branches {
            var found = try values(of: branch, start, situation)
            if found.count > 1 { found = try values(of: branch, start.frozen, situation) }
            guard let first = found.first else { continue }
            branches.append(self.branch([], first, of: rule, branch).branch)
            if first.strand.saved.isEmpty { break }
        }
        rule.branches = branches
        return branches.isEmpty ? [] : [rule]
    }

    /// A rule for each way in which the body may hold.
    private func alternatives(
        of rule: ResolvedRule, _ start: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [ResolvedRule] {
        var made: [ResolvedRule] = []
        for found in try values(of: rule.branches[0], start, situation) {
            for (heads, start) in try reduce(rule.rest, found.strand, situation) {
                var strand = start
                let rest = keys(heads, like: rule.rest, &strand)
                let value = Reduced(term: strand.resolved(found.term), strand: strand)
                var alternative = rule
                let parts = branch(rest, value, of: rule, rule.branches[0])
                alternative.rest = parts.rest
                alternative.branches = [parts.branch]
                made.append(alternative)
            }
        }
        return made
    }

    /// Keys of a head that are known now, but as variables: what is written in a head stands
    /// there even where the rule has no value.
    private func keys(
        _ heads: [ResolvedTerm], like written: [ResolvedTerm], _ strand: inout Strand
    ) -> [ResolvedTerm] {
        zip(heads, written).map { head, written in
            guard case .string = head else { return head }
            if case .string = written { return head }
            let local = ResolvedTerm.local(makeLocal())
            strand.save(.unify(local, head), at: nowhere)
            return local
        }
    }

    private func branch(
        _ rest: [ResolvedTerm], _ value: Reduced, of rule: ResolvedRule,
        _ branch: ResolvedRule.Branch
    ) -> (rest: [ResolvedTerm], branch: ResolvedRule.Branch) {
        let heads = rest + rule.arguments + [value.term]
        let body = value.strand.residual.propagatingCopies(
            keeping: Set(heads.flatMap(\.allLocals)))
        return (
            rest, ResolvedRule.Branch(value: value.term, body: body, span: branch.span)
        )
    }
}
