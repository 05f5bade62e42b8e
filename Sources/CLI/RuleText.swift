import Rego
import RegoSyntax

/// Rules in words: what they are called, and why they hold or do not.
struct RuleText {
    private var text = ""
    private var told: Set<String> = []

    private static let indentMax = 9
    private static let givenMax = 4
    private static let lineCharactersMax = 100

    /// What was told since it was last asked for.
    mutating func taken() -> String {
        defer { text = "" }
        return text
    }

    mutating func add(_ cause: ExplainedCause) {
        for rule in cause.rules { add(rule, of: cause) }
    }

    /// - Parameter cause: Whose title is the rule's where that has none.
    mutating func add(_ rule: ExplainedRule, of cause: ExplainedCause?) {
        let place = rule.file.isEmpty ? "" : "  [\(rule.file):\(rule.span.row)]"
        line(1, Self.name(rule, cause) + place)
        add(rule, 2)
    }

    private static func name(_ rule: ExplainedRule, _ cause: ExplainedCause?) -> String {
        if !rule.title.isEmpty { return rule.title }
        let reasons = rule.reasons.joined(separator: "; ")
        if let cause, !cause.title.isEmpty, cause.rules.count == 1, reasons.isEmpty {
            return cause.title
        }
        return reasons.isEmpty ? "`\(cut(rule.text))`" : reasons
    }

    private mutating func line(_ indent: Int, _ words: String) {
        text += String(repeating: "  ", count: indent) + words + "\n"
    }

    static func cut(_ text: String) -> String {
        let text = ExplanationText.onOneLine(text)
        return text.count > lineCharactersMax ? text.prefix(lineCharactersMax) + "…" : text
    }

    // MARK: Why

    private mutating func add(_ rule: ExplainedRule, _ indent: Int) {
        guard indent < Self.indentMax else { return }
        switch rule.outcome {
        case .fails(let failed): add(failed: failed, rule.reads, indent)
        case .holds(_, let conditions): add(held: conditions, rule.reads, indent)
        case .standsIn, .notNeeded, .unknown: break
        }
    }

    private mutating func add(
        failed: EvaluatedExpression, _ reads: [ExplainedDocument], _ indent: Int
    ) {
        let claim = failed.claim
        let document = reads.first { $0.isNamed(by: claim) }
        if claim.relation == .holds, let document {
            let words = claim.isNegated ? "must not be so" : "would have to be so"
            line(indent, "\(Self.called(document, claim)) \(words)")
            add(document, of: claim, indent + 1)
            return
        }
        line(indent, ClaimText(claim, title: document?.title ?? "").requirement)
        for variable in failed.variablesBehind {
            line(indent + 1, "\(Self.cut(variable.text)) is \(ClaimText.shown(variable.json))")
        }
        for read in reads where read.json == nil || read.isNamed(by: claim) {
            add(read, of: claim, indent + 1)
        }
    }

    /// The last condition is what the rule is about; those before it say when it is asked.
    private mutating func add(
        held conditions: [EvaluatedExpression], _ reads: [ExplainedDocument], _ indent: Int
    ) {
        let telling = conditions.filter { !$0.claim.isPreparation }
        guard let last = telling.last else { return }
        add(held: last, reads, indent, isTold: true)
        guard telling.count > 1 else { return }
        line(indent, "given that")
        for condition in telling.dropLast().suffix(Self.givenMax) {
            add(held: condition, reads, indent + 1, isTold: false)
        }
    }

    private mutating func add(
        held: EvaluatedExpression, _ reads: [ExplainedDocument], _ indent: Int, isTold: Bool
    ) {
        let claim = held.claim
        let document = reads.first { $0.isNamed(by: claim) }
        if claim.relation == .holds, let document {
            line(indent, "\(Self.called(document, claim)) is \(claim.isNegated ? "not so" : "so")")
            if isTold { add(document, of: claim, indent + 1) }
        } else {
            line(indent, ClaimText(claim, title: document?.title ?? "").fact)
        }
    }

    /// - Parameter claim: That names it.
    private mutating func add(_ document: ExplainedDocument, of claim: Claim, _ indent: Int) {
        guard document.omission == nil, told.insert(document.name).inserted else { return }
        // What is told of the function is about the first of several.
        if claim.arguments.contains(where: { $0.values.count > 1 }) {
            for argument in claim.arguments where !argument.isLiteral {
                line(indent, ClaimText.value(of: argument))
            }
            return
        }
        let rules = document.tellingRules
        for rule in rules {
            let isOne = rules.count == 1 || rule.title.isEmpty
            if rule.id != rules.first?.id { line(indent, rule.holds ? "and" : "or") }
            if !isOne { line(indent, "“\(rule.title)”:") }
            add(rule, isOne ? indent : indent + 1)
        }
    }

    /// `“The subject owns the document”`.
    private static func called(_ document: ExplainedDocument, _ claim: Claim) -> String {
        document.title.isEmpty ? "`\(cut(claim.subject.text))`" : "“\(document.title)”"
    }
}

extension ExplainedRule {
    fileprivate var id: Int32 { span.start }

    fileprivate var hasConditions: Bool {
        if case .holds(_, let conditions) = outcome { !conditions.isEmpty } else { false }
    }

    fileprivate var isFailed: Bool {
        if case .fails = outcome { true } else { false }
    }

    /// Whether it is for other operands than it was called with.
    fileprivate var isForOthers: Bool {
        if case .fails(let failed) = outcome { failed.text == text } else { false }
    }
}

extension ExplainedDocument {
    /// Whether it is what a claim speaks of, as far as their names tell.
    fileprivate func isNamed(by claim: Claim) -> Bool {
        Self.lastName(name) == Self.lastName(claim.subject.written)
    }

    private static func lastName(_ text: String) -> Substring? {
        text.prefix { $0 != "(" }.split { $0 == "." || $0 == "[" }.last
    }

    /// Those that hold, where some do, and else those that could have, the nearest first.
    fileprivate var tellingRules: [ExplainedRule] {
        let held = rules.filter(\.hasConditions)
        if !held.isEmpty { return held }
        let failed = rules.filter { $0.isFailed && !$0.isForOthers }
        return failed.enumerated().sorted {
            ($1.element.fulfilledCount, $0.offset) < ($0.element.fulfilledCount, $1.offset)
        }.map(\.element)
    }
}

extension EvaluatedExpression {
    /// What the side that is spoken of is computed from.
    fileprivate var variablesBehind: [(text: String, json: [UInt8])] {
        let side = claim.subject.written
        guard side.contains(where: { "( [".contains($0) }) else { return [] }
        return values.compactMap { value in
            guard let json = value.json, value.text != side, value.text != text,
                value.text != claim.object?.written, side.contains(value.text),
                !claim.subject.text.contains(String(decoding: json, as: UTF8.self))
            else { return nil }
            return (value.text, json)
        }
    }
}

extension Claim {
    /// It only binds variables for what comes after it.
    fileprivate var isPreparation: Bool {
        relation == .exists || (relation == .empty && isNegated)
    }
}
