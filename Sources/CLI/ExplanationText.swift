import Rego
import RegoSyntax

/// An explanation as a tree in words, for whoever asks why.
struct ExplanationText {
    private(set) var text = ""

    private static let valueCharactersMax = 120
    private static let headCharactersMax = 90
    private static let operandsCharactersMax = 60
    private static let conditionsMax = 8

    /// - Parameter explanation: Its short answer comes first, where it has one.
    init(_ explanation: Explanation) {
        let root = explanation.root
        if let summary = explanation.summary {
            text = SummaryText(summary, of: root).text + "\nHow it came to that:\n"
        }
        text += Self.heading(root) + "\n"
        add(root.rules, of: root, indent: 1)
    }

    /// What it came to: `data.a.allow (The request is served) is false`.
    /// - Parameter above: What that came to which read it.
    static func heading(_ document: ExplainedDocument, below above: [UInt8]? = nil) -> String {
        let title = document.title.isEmpty ? "" : " (\(document.title))"
        let isSame = above != nil && document.json == above && shown(above).count > 20
        return "\(named(document))\(title) is \(isSame ? "the same" : shown(document.json))"
    }

    /// The name without operands that are longer than itself.
    static func named(_ document: ExplainedDocument) -> String {
        let name = onOneLine(document.name)
        guard name.hasSuffix(")"), let open = name.firstIndex(of: "("),
            name[open...].count > operandsCharactersMax
        else { return name }
        return name[..<open] + "(…)"
    }

    static func shown(_ json: [UInt8]?) -> String {
        json.map { cut(String(decoding: $0, as: UTF8.self), valueCharactersMax) } ?? "undefined"
    }

    static func cut(_ text: String, _ charactersMax: Int) -> String {
        text.count > charactersMax ? text.prefix(charactersMax) + "…" : text
    }

    static func onOneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private mutating func line(_ indent: Int, _ words: String) {
        text += String(repeating: "  ", count: indent) + words + "\n"
    }

    private mutating func add(
        _ rules: [ExplainedRule], of document: ExplainedDocument, indent: Int
    ) {
        if let omission = document.omission { line(indent, "(\(omission.rawValue))") }
        let isAllIdle = document.json == nil && !rules.isEmpty && !rules.contains(where: \.holds)
        if isAllIdle && rules.count > 1 { line(indent, "none of its \(rules.count) rules holds:") }
        for rule in rules { add(rule, of: document, indent: indent) }
    }

    private mutating func add(
        _ rule: ExplainedRule, of document: ExplainedDocument, indent: Int
    ) {
        let title = rule.title.isEmpty ? "" : " (\(rule.title))"
        let place = rule.file.isEmpty ? "" : "  [\(rule.file):\(rule.span.row)]"
        let text = Self.cut(Self.onOneLine(rule.text), Self.headCharactersMax)
        let head = "\(text)\(title)"
        switch rule.outcome {
        case .holds(let values, let conditions):
            line(indent, "✓ \(head): holds\(place)")
            add(values.filter { $0 != document.json }, conditions, indent: indent + 2)
        case .fails(let expression):
            line(indent, "✗ \(head): does not hold\(place)")
            let text = Self.onOneLine(expression.text)
            line(indent + 2, "because `\(text)` is not so (line \(expression.span.row))")
            add(expression, indent: indent + 3)
        case .standsIn: line(indent, "• \(head): stands in, as no other rule has a value\(place)")
        case .notNeeded: line(indent, "· \(head): not needed\(place)")
        case .unknown: line(indent, "? \(head): could not be told\(place)")
        }
        for read in rule.reads where read.omission != .aside {
            line(indent + 2, Self.heading(read, below: document.json))
            add(read.rules, of: read, indent: indent + 3)
        }
    }

    private mutating func add(
        _ values: [[UInt8]], _ conditions: [EvaluatedExpression], indent: Int
    ) {
        for value in values where value != Array("true".utf8) {
            line(indent, "gives \(Self.shown(value))")
        }
        for condition in conditions.prefix(Self.conditionsMax) {
            line(indent, "since `\(Self.onOneLine(condition.text))`")
            add(condition, indent: indent + 1)
        }
        if conditions.count > Self.conditionsMax {
            line(indent, "and \(conditions.count - Self.conditionsMax) conditions more")
        }
    }

    private mutating func add(_ expression: EvaluatedExpression, indent: Int) {
        if expression.answerCount > 1 {
            line(indent, "(the first of \(expression.answerCount) answers)")
        }
        let isAssignment = expression.claim.relation == .exists
        for value in expression.values where value.text != expression.text {
            // What was assigned is told with what it was assigned to alone.
            if isAssignment, !expression.text.hasPrefix(value.text + " ") { continue }
            line(indent, "\(Self.onOneLine(value.text)): \(Self.shown(value.json))")
        }
    }
}
