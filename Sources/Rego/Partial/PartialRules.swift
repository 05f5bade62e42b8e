import RegoMachine
import RegoSyntax

/// Rules: expanded where that loses nothing, else read as support rules.
extension PartialEvaluator {
    func rules(
        _ node: Int, _ path: [String], _ rest: ArraySlice<ResolvedTerm>, _ strand: Strand,
        _ situation: Situation, _ demand: Demand
    ) throws(EvaluationFailure) -> [Reduced] {
        let rules = tree.rules(node)
        if expands(path, strand) {
            let isPlain = rules.allSatisfy { $0.rest.isEmpty }
            let wanted = rest.isEmpty ? demand : .any
            if isPlain, rules.allSatisfy({ $0.kind == .value }) {
                if let values = try expanded(rules, [], nowhere, strand, situation, wanted) {
                    var all: [Reduced] = []
                    for value in values { all += try continued(value, rest, situation) }
                    return all
                }
            } else if isPlain, !rest.isEmpty, rules.allSatisfy({ $0.kind == .member }) {
                return try members(of: rules, rest, strand, situation)
            }
        }
        let key = SupportKey(path: path, isFunction: false, situation: situation.number)
        guard let term = try document(key, situation) else { return [] }
        if term.isGround { return try elements(of: term, rest, strand, situation) }
        guard case .reference(.data, let start) = term else { return [] }
        return try later(.data, start + rest, strand, situation)
    }

    func function(
        _ path: [String], _ arguments: [ResolvedTerm], _ span: ResolvedSpan, _ strand: Strand,
        _ situation: Situation, _ demand: Demand
    ) throws(EvaluationFailure) -> [Reduced] {
        guard let node = tree.node(at: path) else {
            return [Reduced(term: .call(.function(path), arguments, span), strand: strand)]
        }
        let rules = tree.functions(node)
        if expands(path, strand) {
            let found = try expanded(rules, arguments, span, strand, situation, demand)
            if let found { return found }
        }
        let key = SupportKey(path: path, isFunction: true, situation: situation.number)
        guard try document(key, situation) != nil else { return [] }
        let name = Callee.function(supportPath(path, situation))
        return [Reduced(term: .call(name, arguments, span), strand: strand)]
    }

    private func expands(_ path: [String], _ strand: Strand) -> Bool {
        !strand.isFrozen && !prepared.options.shallowInlining
            && !prepared.disabled.contains { path.starts(with: $0) }
    }

    /// A rule whose variables are nobody else's.
    func instance(of rule: ResolvedRule) -> ResolvedRule {
        let offset = locals.names.count
        locals.names += rule.locals.names
        func moved(_ term: ResolvedTerm) -> ResolvedTerm {
            term.mapping { .local($0 + offset) }
        }
        var made = rule
        made.rest = rule.rest.map(moved)
        made.arguments = rule.arguments.map(moved)
        made.branches = rule.branches.map { branch in
            ResolvedRule.Branch(
                value: moved(branch.value),
                body: branch.body.map { $0.mapping { .local($0 + offset) } }, span: branch.span)
        }
        return made
    }

    // MARK: Complete rules and functions

    /// The values of complete rules or of functions, each on a strand of its own; `nil` where the
    /// strands would not say all that the rules do.
    private func expanded(
        _ rules: [ResolvedRule], _ arguments: [ResolvedTerm], _ span: ResolvedSpan,
        _ strand: Strand, _ situation: Situation, _ demand: Demand
    ) throws(EvaluationFailure) -> [Reduced]? {
        var alternatives: [Reduced] = []
        for rule in rules where !rule.isDefault {
            let found = try deeper { () throws(EvaluationFailure) in
                try values(
                    of: instance(of: rule), arguments, span, strand, situation)
            }
            guard let found else { return nil }
            alternatives += found
            try check(alternatives)
        }
        guard isOneValue(alternatives, strand) else { return nil }
        if let certain = alternatives.first(where: { $0.strand.saved.count == strand.saved.count }),
            certain.term.isGround
        {
            return [certain]
        }
        guard let standIn = rules.first(where: \.isDefault).map({ instance(of: $0) })?
            .branches.first?.value
        else { return alternatives }
        if alternatives.isEmpty && arguments.isEmpty {
            return try reduce(standIn, strand, situation)
        }
        return demand.refuses(standIn) ? alternatives : nil
    }

    /// Whether no two answers can have different values.
    private func isOneValue(_ alternatives: [Reduced], _ strand: Strand) -> Bool {
        guard let first = alternatives.first else { return true }
        if alternatives.allSatisfy({ $0.term.isGround && $0.term.isSame(as: first.term) }) {
            return true
        }
        guard alternatives.allSatisfy({ isSteady($0.term, $0.strand, since: strand) }) else {
            return false
        }
        return alternatives.count == 1 || tellApart(alternatives, strand)
    }

    /// Whether a term has one value, however often what led to it holds.
    private func isSteady(_ term: ResolvedTerm, _ strand: Strand, since start: Strand) -> Bool {
        !term.allLocals.contains {
            strand.varying.contains($0) && !start.varying.contains($0)
        }
    }

    /// Whether all compare one thing, each with another constant, as `data.roles[input.user]` does.
    private func tellApart(_ alternatives: [Reduced], _ strand: Strand) -> Bool {
        let tests = alternatives.map { $0.strand.tests(since: strand) }
        return tests[0].contains { candidate in
            guard isSteady(candidate.term, alternatives[0].strand, since: strand) else {
                return false
            }
            var values: [String: ResolvedTerm] = [:]
            for (test, alternative) in zip(tests, alternatives) {
                guard
                    let found = test.first(where: { $0.term.isSame(as: candidate.term) })
                else { return false }
                guard let other = values.updateValue(alternative.term, forKey: found.constant)
                else { continue }
                guard other.isGround, other.isSame(as: alternative.term) else { return false }
            }
            return true
        }
    }

    private func values(
        of rule: ResolvedRule, _ arguments: [ResolvedTerm], _ span: ResolvedSpan,
        _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced]? {
        var starts = [strand]
        for (pattern, argument) in zip(rule.arguments, arguments) {
            var next: [Strand] = []
            for start in starts { next += try match(pattern, argument, span, start) }
            starts = next
        }
        var all: [Reduced] = []
        for start in starts {
            guard let found = try chain(rule.branches, start, situation) else { return nil }
            all += found
        }
        return all
    }

    /// The first branch that has a value; `nil` where which one that is depends on unknowns.
    private func chain(
        _ branches: [ResolvedRule.Branch], _ start: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced]? {
        for (number, branch) in branches.enumerated() {
            let found = try values(of: branch, start, situation)
            if found.isEmpty { continue }
            if number == branches.count - 1 { return found }
            let isCertain = found.allSatisfy { $0.strand.saved.count == start.saved.count }
            return isCertain ? found : nil
        }
        return []
    }

    func values(
        of branch: ResolvedRule.Branch, _ start: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        var all: [Reduced] = []
        for strand in try solve(branch.body, start, situation) {
            for found in try reduce(branch.value, strand, situation) {
                all.append(
                    Reduced(term: found.strand.resolved(found.term), strand: found.strand))
            }
        }
        return all
    }

    // MARK: Sets

    /// The members of partial sets at a key, or each of them.
    private func members(
        of rules: [ResolvedRule], _ rest: ArraySlice<ResolvedTerm>, _ strand: Strand,
        _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        var all: [Reduced] = []
        let below = rest.dropFirst()
        guard let element = rest.first else { return [] }
        for key in try reduce(element, strand, situation) {
            for rule in rules {
                let found = try deeper { () throws(EvaluationFailure) in
                    try values(
                        of: instance(of: rule).branches[0], key.strand, situation)
                }
                for member in found {
                    for strand in try match(key.term, member.term, nowhere, member.strand) {
                        let known = key.term.isGround ? key.term : member.term
                        let value = Reduced(term: strand.resolved(known), strand: strand)
                        all += try continued(value, below, situation)
                    }
                }
                try check(all)
            }
        }
        return all
    }
}

extension Strand {
    /// What was left for later that compares a reference with a constant, as text.
    fileprivate func tests(since start: Strand) -> [(term: ResolvedTerm, constant: String)] {
        saved.dropFirst(start.saved.count).compactMap { expression in
            guard expression.modifiers.isEmpty,
                case .unify(let left, let right) = expression.kind
            else { return nil }
            let term = resolved(left)
            // A variable of the rule may be something else in each.
            guard term.allLocals.allSatisfy({ start.deferred.contains($0) }) else { return nil }
            switch (term, resolved(right)) {
            case (.reference(.input, let path), .string(let text)):
                return path.allSatisfy(\.isTotal) ? (term, text) : nil
            case (.local, .string(let text)): return (term, text)
            default: return nil
            }
        }
    }
}
