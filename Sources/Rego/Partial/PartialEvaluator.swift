import RegoMachine
import RegoSyntax

/// Evaluates bodies symbolically: each expression makes a strand none, one or several.
final class PartialEvaluator {
    let prepared: PreparedPartial
    let known: KnownValues
    let question: Situation
    /// The variables of the query and of every rule that was expanded, none of them shared.
    var locals: LocalTable
    var support: [SupportKey: SupportDocument] = [:]
    /// Support rules that stand for a part of a body, in the order in which they were made.
    var extracted: [ResolvedRule] = []
    /// The keys of `support` in that order.
    var supportKeys: [SupportKey] = []
    /// Packages without documents, which are there all the same.
    var supportPackages: Set<[String]> = []
    /// Of `data`: where support rules stand.
    let namespace: String
    private var situations: [String: Situation] = [:]
    private var effort = PartialEffort()

    var policy: Policy { prepared.policy }
    var tree: RuleTree { prepared.policy.tree }

    init(_ prepared: PreparedPartial, _ known: KnownValues) {
        self.prepared = prepared
        self.known = known
        locals = prepared.query.locals
        namespace = known.freeName("partial", in: prepared.policy.tree)
        question = Situation(unknowns: prepared.unknowns, namespace: namespace)
    }

    /// The strands of the query, as queries and modules.
    func residual() throws(EvaluationFailure) -> Residual {
        let strands = try solve(prepared.query.body, Strand(), question)
        var bodies: [[ResolvedExpression]] = []
        for strand in strands { bodies.append(try answer(strand)) }
        return try ResidualTypes(policy).checked(try Rendition(self, bodies).residual())
    }

    /// What is left of a strand, and the values of the query's variables.
    private func answer(_ strand: Strand) throws(EvaluationFailure) -> [ResolvedExpression] {
        var body = strand.residual
        var kept: Set<LocalID> = []
        for (_, local) in prepared.query.variables {
            kept.insert(local)
            let value = strand.resolved(.local(local))
            if value.local == local { continue }
            body.append(
                ResolvedExpression(kind: .unify(.local(local), value), span: nowhere))
        }
        try charge(parts: body.count)
        return prepared.options.shallowInlining ? body : body.propagatingCopies(keeping: kept)
    }

    var nowhere: ResolvedSpan {
        ResolvedSpan(file: -1, span: Span(start: 0, end: 0, row: 0, column: 0))
    }

    func makeLocal() -> LocalID { locals.make(nil) }

    // MARK: Limits

    func charge() throws(EvaluationFailure) {
        effort.steps += 1
        if effort.steps > prepared.options.limits.steps {
            throw .limit("partial evaluation takes too many steps")
        }
        if effort.steps % 64 == 0 { try known.check() }
    }

    func charge(parts count: Int) throws(EvaluationFailure) {
        effort.parts += count
        if effort.parts > prepared.options.limits.termParts {
            throw .limit("partial evaluation takes too much memory")
        }
    }

    func check<T>(_ alternatives: [T]) throws(EvaluationFailure) {
        if alternatives.count > prepared.options.limits.queries {
            throw .limit("partial evaluation gives too many queries")
        }
    }

    /// Expands something inside of what is being expanded.
    func deeper<T>(
        _ work: () throws(EvaluationFailure) -> T
    ) throws(EvaluationFailure) -> T {
        effort.depth += 1
        defer { effort.depth -= 1 }
        if effort.depth > prepared.options.limits.depth {
            throw .limit("rules call each other too deeply")
        }
        return try work()
    }

    // MARK: Situations

    func situation(
        _ outer: Situation, under modifiers: [ResolvedExpression.Modifier], isKnown: Bool
    ) -> Situation {
        let key = "\(outer.number) \(isKnown) " + modifiers.map(\.key).joined(separator: " ")
        return situation(key) { outer.under(modifiers, number: $0, isKnown: isKnown) }
    }

    func withoutMocks(_ outer: Situation) -> Situation {
        situation("\(outer.number) unmocked") { outer.withoutMocks(number: $0) }
    }

    private func situation(_ key: String, _ make: (Int) -> Situation) -> Situation {
        if let made = situations[key] { return made }
        let made = make(situations.count + 1)
        situations[key] = made
        return made
    }

    // MARK: What is known

    func reach(_ situation: Situation) -> Reach {
        Reach(
            tree: tree, builtins: policy.builtins, situation: situation,
            callsNondeterministic: prepared.options.nondeterministicBuiltins)
    }

    /// The machine's answers to an expression that touches nothing unknown.
    func evaluate(
        _ expression: ResolvedExpression, _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        var expression = expression
        expression.modifiers = situation.modifiers + expression.modifiers
        let outputs = Set(expression.directLocals.filter { strand.isUnbound($0) }).sorted()
        let rows = try known.rows(expression, binding: outputs, among: locals)
        try charge(parts: rows.count * max(outputs.count, 1))
        try check(rows)
        return strand.frozenOrSplit(rows, outputs, at: expression.span) { makeLocal() }
    }
}

/// What a partial evaluation has taken so far.
private struct PartialEffort {
    var steps = 0
    var parts = 0
    var depth = 0
}

extension EvaluationFailure {
    static func limit(_ message: String) -> EvaluationFailure {
        EvaluationFailure(
            code: .limit, message: message, file: "",
            span: Span(start: 0, end: 0, row: 0, column: 0))
    }
}

extension ResolvedExpression.Modifier {
    /// The same for modifiers that do the same.
    fileprivate var key: String {
        guard case .callee = target else { return "\(target)" }
        return "\(target) \(value)"
    }
}

extension Strand {
    /// The strands of rows of values; where there may be one alone, it reads the rows later.
    func frozenOrSplit(
        _ rows: [[ResolvedTerm]], _ outputs: [LocalID], at span: ResolvedSpan,
        makeLocal: () -> LocalID
    ) -> [Strand] {
        if isFrozen && rows.count > 1 {
            var strand = self
            let table = ResolvedTerm.array(rows.map { .array($0) })
            strand.save(
                .unify(
                    .array(outputs.map { .local($0) }),
                    .reference(table, [.local(makeLocal())])), at: span, iterates: true)
            return [strand]
        }
        let distinct = outputs.isEmpty ? Array(rows.prefix(1)) : rows
        return distinct.map { row in
            var strand = self
            for (local, value) in zip(outputs, row) { strand.bindings[local] = value }
            return strand
        }
    }
}
