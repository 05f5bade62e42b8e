import RegoMachine
import RegoSyntax

/// A query that can be asked again where documents are other than they are.
struct Question {
    let search: BodySearch
    let body: [Expression]
    let count = Count()

    /// How often it was asked.
    final class Count {
        private var value = 0

        func next() -> Int {
            value += 1
            return value
        }
    }

    /// What a document is instead.
    struct Change {
        /// From `data`.
        let path: [String]
        let value: Term
    }

    /// - Returns: As JSON; of several expressions, whether they hold; `nil`: undefined.
    func value(under changes: [Change]) -> [UInt8]? {
        let changed = body.map { expression in
            var changed = expression
            changed.modifiers += changes.map { change in
                Expression.With(
                    target: .path(["data"] + change.path, expression.span), value: change.value,
                    span: expression.span)
            }
            return changed
        }
        if changed.count == 1 { return search.value(of: changed) }
        if case .rows = search.answer(changed) { return Array("true".utf8) }
        return nil
    }
}

extension Explainer {
    /// The head of a rule or of its `else`.
    struct Head {
        let file: String
        let span: Span
        /// Of a set.
        let isMember: Bool
        /// The value, where it stands without what the body binds.
        let json: [UInt8]?
    }

    /// The heads of all rules at a path, defaults left out.
    func heads(at path: [String]) -> [Head] {
        entries(at: path).flatMap { entry -> [Head] in
            let rule = rule(entry)
            guard !rule.isDefault, rule.head.arguments == nil else { return [] }
            let search = bodies.reading(module(entry))
            var isMember = false
            if case .contains = rule.head.kind { isMember = true }
            return rule.explainedBranches.map { branch in
                var json: [UInt8]?
                if case .rows(let rows) = search.answer(Array(branch.results.prefix(1))) {
                    json = rows.first?.bindings.first { $0.name == Rule.valueName }?.json
                }
                return Head(
                    file: search.module.source.name, span: branch.span, isMember: isMember,
                    json: json)
            }
        }
    }
}

extension ExplainedRule {
    var succeeded: Bool {
        if case .holds = outcome { true } else { false }
    }

    var isFailed: Bool {
        if case .fails = outcome { true } else { false }
    }

    var hasConditions: Bool {
        if case .holds(_, let conditions) = outcome { !conditions.isEmpty } else { false }
    }

    func isOf(_ head: Explainer.Head) -> Bool { file == head.file && span == head.span }

    func isFailed(_ head: Explainer.Head) -> Bool { isFailed && isOf(head) }
}
