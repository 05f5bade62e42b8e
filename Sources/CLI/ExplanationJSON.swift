import Rego
import RegoSyntax

/// An explanation for programs: `{"document", "value", "rules": [{"outcome", "reads", …}]}`; where
/// there is no value, it is undefined.
enum ExplanationJSON {
    static func text(_ explanation: Explanation) -> [UInt8] {
        var layout = JSONLayout()
        write(explanation, &layout)
        layout.newLine()
        return layout.bytes
    }

    static func write(_ explanation: Explanation, _ layout: inout JSONLayout) {
        layout.object { layout in
            if let found = explanation.summary { layout.member("summary") { summary(found, &$0) } }
            members(of: explanation.root, &layout)
        }
    }

    private static func summary(_ summary: ExplanationSummary, _ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("verdict") { $0.string(summary.verdict.rawValue) }
            layout.member("reasons") { $0.array(summary.reasons) { $0.string($1) } }
            layout.member("causes") { layout in
                layout.array(summary.causes) { layout, cause in
                    layout.object { layout in
                        layout.member("cause") { $0.string(cause.kind.rawValue) }
                        layout.member("document") { $0.string(cause.document) }
                        layout.member("rules") { $0.array(cause.rules) { rule($1, &$0) } }
                    }
                }
            }
            if !summary.others.isEmpty {
                layout.member("others") { $0.array(summary.others) { rule($1, &$0) } }
            }
        }
    }

    private static func document(_ document: ExplainedDocument, _ layout: inout JSONLayout) {
        layout.object { members(of: document, &$0) }
    }

    private static func members(of document: ExplainedDocument, _ layout: inout JSONLayout) {
        layout.member("document") { $0.string(document.name) }
        if !document.title.isEmpty { layout.member("title") { $0.string(document.title) } }
        if let json = document.json { layout.member("value") { $0.value(json) } }
        if let omission = document.omission {
            layout.member("omitted") { $0.string(omission.rawValue) }
        }
        layout.member("rules") { $0.array(document.rules) { rule($1, &$0) } }
    }

    private static func rule(_ rule: ExplainedRule, _ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("rule") { $0.string(rule.text) }
            if !rule.title.isEmpty { layout.member("title") { $0.string(rule.title) } }
            layout.member("location") { location(rule.file, rule.span.row, rule.span.column, &$0) }
            layout.member("outcome") { $0.string(word(rule.outcome)) }
            switch rule.outcome {
            case .holds(let values, let conditions):
                // Entries of an object are told as `key: value`, which is no JSON.
                layout.member("values") { layout in
                    layout.array(values) { $0.string(String(decoding: $1, as: UTF8.self)) }
                }
                layout.member("conditions") { $0.array(conditions) { expression($1, &$0) } }
            case .fails(let failed): layout.member("failed") { expression(failed, &$0) }
            case .standsIn, .notNeeded, .unknown: break
            }
            if !rule.reads.isEmpty {
                layout.member("reads") { $0.array(rule.reads) { document($1, &$0) } }
            }
        }
    }

    static func word(_ outcome: ExplainedRule.Outcome) -> String {
        switch outcome {
        case .holds: "holds"
        case .fails: "fails"
        case .standsIn: "stands in"
        case .notNeeded: "not needed"
        case .unknown: "unknown"
        }
    }

    private static func expression(
        _ expression: EvaluatedExpression, _ layout: inout JSONLayout
    ) {
        layout.object { layout in
            layout.member("text") { $0.string(expression.text) }
            layout.member("location") {
                location(expression.file, expression.span.row, expression.span.column, &$0)
            }
            layout.member("answers") { $0.integer(expression.answerCount) }
            layout.member("values") { layout in
                layout.array(expression.values) { layout, value in
                    layout.object { layout in
                        layout.member("text") { $0.string(value.text) }
                        if let json = value.json { layout.member("value") { $0.value(json) } }
                    }
                }
            }
        }
    }

    private static func location(
        _ file: String, _ row: Int32, _ column: Int32, _ layout: inout JSONLayout
    ) {
        layout.object { layout in
            layout.member("file") { $0.string(file) }
            layout.member("row") { $0.integer(row) }
            layout.member("col") { $0.integer(column) }
        }
    }
}
