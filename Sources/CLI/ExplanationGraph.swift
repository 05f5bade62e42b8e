import Rego
import RegoSyntax

/// An explanation as a drawing: documents, below each its rules, below each what it read.
struct ExplanationGraph {
    private struct Node {
        let lines: [String]
        let look: Look
        let parent: Int?
    }

    private enum Look: String, CaseIterable {
        case document, holds, fails, idle
    }

    private var nodes: [Node] = []

    private static let lineCharactersMax = 80

    init(_ explanation: Explanation) {
        let root = explanation.root
        let answer = explanation.summary.map { SummaryText.heading($0, of: root) }
        add(root, parent: nil, first: answer)
    }

    /// - Parameter first: What is told before the name.
    private mutating func add(
        _ document: ExplainedDocument, parent: Int?, first: String? = nil
    ) {
        var lines = (first.map { [$0] } ?? []) + [ExplanationText.named(document)]
        if !document.title.isEmpty { lines.append(document.title) }
        lines.append("is \(ExplanationText.shown(document.json))")
        if let omission = document.omission { lines.append("(\(omission.rawValue))") }
        nodes.append(Node(lines: lines, look: .document, parent: parent))
        let own = nodes.count - 1
        for rule in document.rules { add(rule, parent: own) }
    }

    private mutating func add(_ rule: ExplainedRule, parent: Int) {
        var lines = [ExplanationText.onOneLine(rule.text)]
        if !rule.title.isEmpty { lines.append(rule.title) }
        if !rule.file.isEmpty { lines.append("\(rule.file):\(rule.span.row)") }
        let look: Look
        switch rule.outcome {
        case .holds(let values, let conditions):
            look = .holds
            lines.append("holds")
            lines += values.filter { $0 != Array("true".utf8) }
                .map { "gives \(ExplanationText.shown($0))" }
            lines += conditions.map { "since \(ExplanationText.onOneLine($0.text))" }
        case .fails(let failed):
            look = .fails
            lines.append("not so: \(ExplanationText.onOneLine(failed.text))")
            lines += failed.values.filter { $0.text != failed.text }.map {
                "\(ExplanationText.onOneLine($0.text)): \(ExplanationText.shown($0.json))"
            }
        case .standsIn, .notNeeded, .unknown:
            look = .idle
            lines.append(ExplanationJSON.word(rule.outcome))
        }
        nodes.append(Node(lines: lines, look: look, parent: parent))
        let own = nodes.count - 1
        for document in rule.reads where document.omission != .aside {
            add(document, parent: own)
        }
    }

    private static func cut(_ line: String) -> String {
        line.count > lineCharactersMax ? line.prefix(lineCharactersMax) + "…" : line
    }

    // MARK: Mermaid

    /// - Source: Mermaid documentation, "Flowcharts": labels in quotes take entity codes.
    var mermaid: String {
        var text = "flowchart TD\n"
        for (index, node) in nodes.enumerated() {
            let label = node.lines.map { Self.entities(Self.cut($0)) }.joined(separator: "<br/>")
            text += "  n\(index)[\"\(label)\"]:::\(node.look.rawValue)\n"
            if let parent = node.parent { text += "  n\(parent) --> n\(index)\n" }
        }
        for look in Look.allCases {
            let colours = Self.colours(look)
            text +=
                "  classDef \(look.rawValue) fill:\(colours.fill),stroke:\(colours.line),"
                + "color:#1a1a1a\n"
        }
        return text
    }

    private static func entities(_ line: String) -> String {
        line.unicodeScalars.map { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", " ", ".", ",", ":", "_", "/", "-":
                String(scalar)
            default: "#\(scalar.value);"
            }
        }.joined()
    }

    private static func colours(_ look: Look) -> (fill: String, line: String) {
        switch look {
        case .document: ("#ffffff", "#4a4a4a")
        case .holds: ("#dff3e3", "#1e7a34")
        case .fails: ("#fbe3e1", "#b3261e")
        case .idle: ("#eeeeee", "#8a8a8a")
        }
    }

    // MARK: Graphviz

    /// - Source: Graphviz, "DOT Language".
    var dot: String {
        var text = "digraph explanation {\n"
        text += "  node [shape=box, style=filled, fontname=\"sans-serif\"];\n"
        for (index, node) in nodes.enumerated() {
            let label = node.lines.map { Self.escaped(Self.cut($0)) + "\\l" }.joined()
            let colours = Self.colours(node.look)
            text +=
                "  n\(index) [label=\"\(label)\", fillcolor=\"\(colours.fill)\","
                + " color=\"\(colours.line)\"];\n"
            if let parent = node.parent { text += "  n\(parent) -> n\(index);\n" }
        }
        return text + "}\n"
    }

    private static func escaped(_ line: String) -> String {
        line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
