import RegoMachine
import RegoSyntax

/// A rule of an explanation before what it read is told: whether that is worth telling depends on
/// the rules beside it.
struct ExplanationDraft {
    var rule: ExplainedRule
    let search: BodySearch
    private(set) var wanted: [Wanted] = []

    /// An expression whose rules would be told, with those that bind its variables.
    struct Wanted {
        let expression: Expression
        let before: [Expression]
        let locals: Set<String>
    }

    private static let valuesMax = 20

    init(_ rule: ExplainedRule, _ search: BodySearch) {
        self.rule = rule
        self.search = search
    }

    /// - Parameters:
    ///   - prefix: What binds the arguments of a function.
    ///   - body: Without what binds the rule's value.
    ///   - results: What binds it.
    func filled(
        with finding: BodySearch.Finding, _ prefix: [Expression], _ body: [Expression],
        results: [Expression]
    ) -> ExplanationDraft {
        var draft = self
        switch finding {
        case .unknown: draft.rule.outcome = .unknown
        case .fails(let evaluated, let expression, let before):
            draft.rule.outcome = .fails(evaluated)
            draft.rule.fulfilledCount = before.count
            let locals = Set(evaluated.variables.map(\.text))
            draft.wanted = [Wanted(expression: expression, before: before, locals: locals)]
        case .holds(let rows):
            var conditions: [EvaluatedExpression] = []
            let locals = Set(rows.first?.bindings.map(\.name) ?? [])
            let whole = prefix + body
            for expression in body where !expression.isDeclaration {
                // After the whole body: its variables have the values that fulfilled it.
                conditions.append(search.evaluated(expression, after: whole, rows))
                guard expression.decidesByRules else { continue }
                draft.wanted.append(Wanted(expression: expression, before: whole, locals: locals))
            }
            draft.wanted += results.map {
                Wanted(expression: $0, before: whole, locals: locals)
            }
            draft.rule.outcome = .holds(
                values: ExplanationDraft.values(in: rows), conditions: conditions)
        }
        return draft
    }

    private static func values(in rows: [ResultRow]) -> [[UInt8]] {
        var seen: Set<[UInt8]> = []
        for row in rows where seen.count < valuesMax {
            guard let value = row.bindings.first(where: { $0.name == Rule.valueName }) else {
                continue
            }
            let key = row.bindings.first { $0.name == Rule.keyName }
            seen.insert((key.map { $0.json + Array(": ".utf8) } ?? []) + value.json)
        }
        return seen.sorted { $0.lexicographicallyPrecedes($1) }
    }

    fileprivate var succeeded: Bool {
        if case .holds = rule.outcome { true } else { false }
    }

    fileprivate var isIdle: Bool {
        if case .notNeeded = rule.outcome { true } else { false }
    }

    fileprivate var withoutReads: ExplanationDraft { ExplanationDraft(rule, search) }
}

extension [ExplanationDraft] {
    /// Without the rules that were not needed. Below the root, where some rule succeeded, also
    /// without the others, but for the branches before a successful `else`, which say why it came
    /// to that.
    func telling(isRoot: Bool) -> [ExplanationDraft] {
        let needed = filter { !$0.isIdle }
        guard !isRoot, needed.contains(where: \.succeeded) else { return needed }
        return needed.indices.compactMap { index in
            if needed[index].succeeded { return needed[index] }
            let next = needed[(index + 1)...].prefix { $0.rule.isElse }
            return next.contains(where: \.succeeded) ? needed[index].withoutReads : nil
        }
    }
}
