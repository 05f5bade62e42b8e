import RegoMachine
import RegoSyntax

/// Finds out what decided, by asking again: had these rules held, or those not held, would the
/// decision have been another? How a policy makes its verdict from its rules does not matter.
final class CauseSearch {
    private typealias Verdict = ExplanationSummary.Verdict

    private let explainer: Explainer
    private let question: Question
    private let root: ExplainedDocument
    private let verdict: Verdict
    private var asked: [String: Bool] = [:]

    private static let questionsMax = 150
    private static let causesMax = 6

    /// - Parameters:
    ///   - body: The query.
    ///   - root: What it came to, told in full depth.
    /// - Returns: `nil` where the value goes no way.
    init?(
        _ explainer: Explainer, _ body: [Expression], _ search: BodySearch,
        _ root: ExplainedDocument
    ) {
        guard let verdict = Verdict(root.json, query: root.name) else { return nil }
        self.explainer = explainer
        self.root = root
        self.verdict = verdict
        question = Question(search: search, body: body)
    }

    /// - Returns: `nil` where nothing is known beyond the value.
    var summary: ExplanationSummary? {
        var (causes, others) = causes
        if causes.isEmpty { causes = (deciding ?? wholeQuery).map { [$0] } ?? [] }
        let reasons = Verdict.reasons(in: decision)
        guard !causes.isEmpty || !reasons.isEmpty else { return nil }
        return ExplanationSummary(
            verdict: verdict, reasons: reasons, causes: causes, others: others,
            input: InputOutline.values(in: explainer.bodies.input))
    }

    /// The value that tells reasons: of `data.a.decision.allow`, that of `data.a.decision`.
    private var decision: [UInt8]? {
        guard root.path == nil, let read = root.rules.first?.reads.first,
            root.name.hasPrefix(read.name + ".")
        else { return root.json }
        return read.json
    }

    private var causes: ([ExplainedCause], others: [ExplainedRule]) {
        if verdict.isPositive, let own = ownRules(\.succeeded) { return ([own], []) }
        let present = found(.present)
        if !present.isEmpty { return (present.map(told), []) }
        let missing = missing
        if !missing.isEmpty { return nearest(missing) }
        let (against, lacking) = together
        let (near, others) = nearest(lacking)
        return (against.map(told) + near, others)
    }

    // MARK: One change

    /// The documents nearest to the root of which one change turns the decision.
    private func found(_ kind: ExplainedCause.Kind) -> [ExplainedDocument] {
        var found: [ExplainedDocument] = []
        visit(root) { document in
            guard document.path != root.path, turns(document, kind) else { return false }
            found.append(document)
            return true
        }
        // What a set holds is there to be told; other rules are but steps on the way.
        let sets = found.filter { $0.json?.first == UInt8(ascii: "[") }
        let told = kind == .present && !sets.isEmpty ? sets : found
        return Array(told.prefix(CauseSearch.causesMax))
    }

    /// - Parameter isFound: Whether what is below need not be looked at.
    private func visit(
        _ document: ExplainedDocument, _ isFound: (ExplainedDocument) -> Bool
    ) {
        if document.path != nil, document.omission == nil, isFound(document) { return }
        for read in document.rules.flatMap(\.reads) { visit(read, isFound) }
    }

    private func turns(_ document: ExplainedDocument, _ kind: ExplainedCause.Kind) -> Bool {
        let key = "\(kind) \(document.name)"
        if let known = asked[key] { return known }
        let all = changes(of: document, kind)
        let answer = all.contains { turns([$0]) }
        asked[key] = answer
        return answer
    }

    private func turns(_ changes: [Question.Change]) -> Bool {
        guard question.count.next() < CauseSearch.questionsMax, !explainer.bodies.isOver else {
            return false
        }
        guard let other = Verdict(question.value(under: changes), query: root.name) else {
            return false
        }
        return other.isPositive != verdict.isPositive
    }

    /// What a document could be instead.
    private func changes(
        of document: ExplainedDocument, _ kind: ExplainedCause.Kind
    ) -> [Question.Change] {
        guard let path = document.path else { return [] }
        let heads = explainer.heads(at: path)
        let isSet = !heads.isEmpty && heads.allSatisfy(\.isMember)
        let nowhere = explainer.bodies.module.packageSpan
        switch kind {
        case .present where isSet:
            guard document.json != Array("[]".utf8) else { return [] }
            return [Question.Change(path: path, value: Term(.set([]), nowhere))]
        case .present:
            guard document.json == Array("true".utf8) else { return [] }
            return [Question.Change(path: path, value: Term(.boolean(false), nowhere))]
        case .missing:
            return heads.filter { head in document.rules.contains { $0.isFailed(head) } }
                .map { head in
                    let value = Term.unmarshalled(head.json ?? Array("{}".utf8), nowhere)
                    return Question.Change(
                        path: path, value: isSet ? Term(.set([value]), nowhere) : value)
                }
        }
    }

    // MARK: What is told of it

    private func told(_ document: ExplainedDocument) -> ExplainedCause {
        let alone = document.path.map(explainer.documentAlone) ?? document
        return ExplainedCause(
            kind: .present, document: document.name, title: document.title,
            rules: alone.rules.filter(\.succeeded))
    }

    /// Documents of which a rule would have turned the decision: the first where it is itself one
    /// whose rules say so, and others below.
    private var missing: [ExplainedDocument] {
        verdict.isPositive ? [] : ownRules(\.isFailed) == nil ? found(.missing) : [root]
    }

    /// The rules of the first document that could have given, or have given, another value.
    private func ownRules(_ isMeant: (ExplainedRule) -> Bool) -> ExplainedCause? {
        guard let heads = root.path.map(explainer.heads) else { return nil }
        let rules = root.rules.filter { rule in
            guard isMeant(rule), let head = heads.first(where: rule.isOf) else { return false }
            if head.isMember { return true }
            let value = head.json.flatMap { Verdict($0, query: root.name) }
            let hasConditions = rule.isFailed || rule.hasConditions
            let isPositive = value.map(\.isPositive) ?? (root.json == nil && rule.isFailed)
            return hasConditions && isPositive
        }
        guard !rules.isEmpty else { return nil }
        return ExplainedCause(
            kind: rules[0].succeeded ? .present : .missing, document: root.name,
            title: root.title, rules: rules)
    }

    /// Of rules that did not hold, those that came furthest; and the others, but for those that
    /// are about something else from their first condition on.
    private func nearest(
        _ documents: [ExplainedDocument]
    ) -> ([ExplainedCause], others: [ExplainedRule]) {
        var rules: [(document: ExplainedDocument, rule: ExplainedRule)] = []
        for document in documents {
            var failed: [ExplainedRule]
            if document.path == root.path {
                failed = ownRules(\.isFailed)?.rules ?? []
            } else {
                let alone = document.path.map(explainer.documentAlone) ?? document
                failed = alone.rules.filter(\.isFailed)
            }
            let furthest = failed.map(\.fulfilledCount).max() ?? 0
            if furthest > 0 { failed = failed.filter { $0.fulfilledCount > 0 } }
            rules += failed.map { (document, $0) }
        }
        let furthest = rules.map(\.rule.fulfilledCount).max() ?? 0
        let near = rules.filter { $0.rule.fulfilledCount == furthest }
        var causes: [ExplainedCause] = []
        for (document, rule) in near {
            if causes.last?.document == document.name {
                causes[causes.count - 1].rules.append(rule)
            } else {
                causes.append(
                    ExplainedCause(
                        kind: .missing, document: document.name, title: document.title,
                        rules: [rule]))
            }
        }
        let others = rules.map(\.rule).filter { $0.fulfilledCount != furthest }
        return (causes, Array(others.prefix(CauseSearch.causesMax)))
    }

    // MARK: Two changes

    /// Documents that speak against it, and others that would have to speak for it.
    private var together: (against: [ExplainedDocument], lacking: [ExplainedDocument]) {
        guard !verdict.isPositive else { return ([], []) }
        var present: [(ExplainedDocument, Question.Change)] = []
        visit(root) { document in
            if let change = changes(of: document, .present).first {
                present.append((document, change))
            }
            return false
        }
        for (document, change) in present {
            var lacking: [ExplainedDocument] = []
            visit(root) { other in
                guard other.path != root.path, other.path != document.path else { return false }
                let turned = changes(of: other, .missing).contains { turns([change, $0]) }
                if turned { lacking.append(other) }
                return turned
            }
            if !lacking.isEmpty { return ([document], lacking) }
        }
        return ([], [])
    }

    // MARK: No change

    /// The rule furthest below the root that gave the verdict under conditions.
    private var deciding: ExplainedCause? {
        var found: (ExplainedCause, depth: Int)?
        func look(_ document: ExplainedDocument, _ depth: Int) {
            let own = document.json.flatMap { Verdict($0, query: root.name) }
            let rules = document.rules.filter { $0.succeeded && $0.hasConditions }
            if own == verdict, !rules.isEmpty, depth > (found?.depth ?? -1) {
                let cause = ExplainedCause(
                    kind: .present, document: document.name, title: document.title, rules: rules)
                found = (cause, depth)
            }
            for read in document.rules.flatMap(\.reads) { look(read, depth + 1) }
        }
        look(root, 0)
        return found?.0
    }

    /// The query itself, which is no rule.
    private var wholeQuery: ExplainedCause? {
        guard root.path == nil, !root.rules.isEmpty else { return nil }
        return ExplainedCause(
            kind: verdict.isPositive ? .present : .missing, document: root.name, title: "",
            rules: root.rules)
    }
}
