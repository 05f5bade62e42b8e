import RegoMachine
import RegoSyntax

/// What holds bodies of its own: `not`, `every`, `and`, `or` and comprehensions.
extension PartialEvaluator {
    /// Fails where the body has an answer for sure; else each answer that it may have is negated.
    func negate(
        _ body: [ResolvedExpression], _ span: ResolvedSpan, _ strand: Strand,
        _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        let answers = try solve(body, strand.beginning.thawed, situation)
        if answers.contains(where: { $0.saved.isEmpty }) { return [] }
        var result = strand
        for answer in answers {
            let left = answer.residual.propagatingCopies(keeping: strand.deferred)
            result.saved.append(
                ResolvedExpression(
                    kind: .not(negatable(left, strand) ? left : [
                        ResolvedExpression(
                            kind: .term(extract([left], "not", strand)), span: span)
                    ]), span: span))
        }
        return [result]
    }

    /// Whether a body can stand under `not` as it is: one expression without variables of its own,
    /// of which nothing would be evaluated before the `not`.
    private func negatable(_ body: [ResolvedExpression], _ strand: Strand) -> Bool {
        guard body.count == 1, body[0].modifiers.isEmpty, body[0].isAtom,
            !body[0].directLocals.contains(where: { !strand.deferred.contains($0) }),
            !body[0].kind.nestsCalls
        else { return false }
        var negation = ResolvedExpression(kind: .not(body), span: body[0].span)
        negation.isShallowNegation = true
        var locals = self.locals
        return [negation].hoistingNegated(&locals).count == 1
    }

    /// One success where any of the bodies has an answer.
    func succeed(
        once bodies: [[ResolvedExpression]], _ span: ResolvedSpan, _ strand: Strand,
        _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        var left: [[ResolvedExpression]] = []
        for body in bodies {
            for answer in try solve(body, strand.beginning.thawed, situation) {
                if answer.saved.isEmpty { return [strand] }
                left.append(answer.residual.propagatingCopies(keeping: strand.deferred))
            }
        }
        guard let first = left.first else { return [] }
        var result = strand
        if left.count == 1, negatable(first, strand) {
            result.saved += first
        } else {
            result.saved.append(
                ResolvedExpression(kind: .term(extract(left, "or", strand)), span: span))
        }
        return [result]
    }

    func every(
        _ expression: ResolvedExpression, _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        guard case .every(let key, let value, let domain, let body) = expression.kind else {
            return [strand]
        }
        return try reduce(domain, strand, situation).map { (found) throws(EvaluationFailure) in
            var inner = found.strand.beginning.thawed
            inner.put(off: key, varies: true)
            inner.put(off: value, varies: true)
            var answers = try solve(body, inner, situation)
            if answers.count > 1 { answers = try solve(body, inner.frozen, situation) }
            let left = answers.first.map {
                $0.residual.propagatingCopies(keeping: inner.deferred)
            } ?? [truth(false, expression.span)]
            var result = found.strand
            result.save(
                .every(
                    key: key, value: value, domain: found.term,
                    body: left.isEmpty ? [truth(true, expression.span)] : left),
                at: expression.span)
            return result
        }
    }

    func truth(_ flag: Bool, _ span: ResolvedSpan) -> ResolvedExpression {
        ResolvedExpression(kind: .term(.boolean(flag)), span: span)
    }

    // MARK: Comprehensions

    func comprehension(
        _ term: ResolvedTerm, _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        guard let (heads, body) = term.comprehended else {
            return [Reduced(term: term, strand: strand)]
        }
        var start = strand.beginning.thawed
        // An array says how often and in which order its body holds.
        if case .arrayComprehension = term { start = start.frozen }
        var answers = try answers(heads, body, start, situation)
        if answers.count > 1 { answers = try self.answers(heads, body, start.frozen, situation) }
        guard let answer = answers.first else {
            return [Reduced(term: term.ofAnswers(nil), strand: strand)]
        }
        var left = answer.strand.residual.propagatingCopies(
            keeping: strand.deferred.union(answer.terms.flatMap(\.directLocals)))
        if left.isEmpty {
            if answer.terms.allSatisfy(\.isGround) {
                return [Reduced(term: term.ofAnswers(answer.terms), strand: strand)]
            }
            left = [truth(true, nowhere)]
        }
        let rebuilt = term.comprehending(answer.terms, left)
        return [Reduced(term: rebuilt, strand: strand)]
    }

    private func answers(
        _ heads: [ResolvedTerm], _ body: [ResolvedExpression], _ start: Strand,
        _ situation: Situation
    ) throws(EvaluationFailure) -> [(terms: [ResolvedTerm], strand: Strand)] {
        var all: [(terms: [ResolvedTerm], strand: Strand)] = []
        for strand in try solve(body, start, situation) {
            all += try reduce(heads, strand, situation)
        }
        return all
    }

    // MARK: Rules that stand for bodies

    /// A rule that is true where one of the bodies has an answer. Its operands are the variables
    /// that the bodies read.
    /// - Returns: What reads it.
    func extract(
        _ bodies: [[ResolvedExpression]], _ kind: String, _ strand: Strand
    ) -> ResolvedTerm {
        var read: [LocalID] = []
        for expression in bodies.joined() { expression.addLocals(to: &read) }
        let operands = Set(read.filter { strand.deferred.contains($0) }).sorted()
        let path = [namespace, "__\(kind)\(extracted.count + 1)__"]
        for body in bodies {
            extracted.append(
                ResolvedRule(
                    path: path, rest: [], kind: operands.isEmpty ? .value : .function,
                    arguments: operands.map { .local($0) }, isDefault: false,
                    branches: [.init(value: .boolean(true), body: body, span: nowhere)],
                    locals: LocalTable(), span: nowhere))
        }
        if operands.isEmpty { return .reference(.data, path.map { .string($0) }) }
        return .call(.function(path), operands.map { .local($0) }, nowhere)
    }
}

extension Strand {
    fileprivate var thawed: Strand {
        var strand = self
        strand.isFrozen = false
        return strand
    }

    var frozen: Strand {
        var strand = self
        strand.isFrozen = true
        return strand
    }
}

extension ResolvedExpression.Kind {
    /// Whether calls are part of other terms than the expression's own.
    fileprivate var nestsCalls: Bool {
        switch self {
        case .term(.call(let callee, let terms, _)):
            callee == .builtin("walk") || terms.contains(where: \.holdsCalls)
        case .unify(let left, .call(let callee, let terms, _)):
            callee == .builtin("walk") || left.holdsCalls || terms.contains(where: \.holdsCalls)
        case .term(let term): term.holdsCalls
        case .unify(let left, let right): left.holdsCalls || right.holdsCalls
        case .not, .and, .or, .every: true
        }
    }
}

extension ResolvedExpression {
    /// A test or a unification.
    fileprivate var isAtom: Bool {
        switch kind {
        case .term, .unify: true
        case .not, .and, .or, .every: false
        }
    }
}

extension ResolvedTerm {
    /// The heads and the body of a comprehension.
    fileprivate var comprehended: (heads: [ResolvedTerm], body: [ResolvedExpression])? {
        switch self {
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            ([head], body)
        case .objectComprehension(let key, let value, let body): ([key, value], body)
        default: nil
        }
    }

    /// What a comprehension of this kind is whose body has one answer, or none.
    fileprivate func ofAnswers(_ heads: [ResolvedTerm]?) -> ResolvedTerm {
        switch self {
        case .arrayComprehension: .array(heads ?? [])
        case .setComprehension: .set(heads ?? [])
        default: .object(heads.map { [($0[0], $0[1])] } ?? [])
        }
    }

    fileprivate func comprehending(
        _ heads: [ResolvedTerm], _ body: [ResolvedExpression]
    ) -> ResolvedTerm {
        switch self {
        case .arrayComprehension: .arrayComprehension(heads[0], body)
        case .setComprehension: .setComprehension(heads[0], body)
        default: .objectComprehension(key: heads[0], value: heads[1], body)
        }
    }
}
