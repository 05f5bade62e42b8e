import Rego

/// The short answer in words, for somebody who reads no Rego: what was decided, which rules made
/// the difference, and what they found.
struct SummaryText {
    private let summary: ExplanationSummary
    private(set) var text = ""

    private static let lineCharactersMax = 96

    init(_ summary: ExplanationSummary, of root: ExplainedDocument) {
        self.summary = summary
        text = Self.heading(summary, of: root) + "\n"
        let present = summary.causes.filter { $0.kind == .present }
        let missing = summary.causes.filter { $0.kind == .missing }
        var rules = RuleText()
        func section(_ words: String, _ add: () -> Void) {
            add()
            text += "\n\(words)\n" + rules.taken()
        }
        if !present.isEmpty {
            section(decided) { present.forEach { rules.add($0) } }
        }
        if !missing.isEmpty {
            let count = missing.flatMap(\.rules).count
            section(lacking(count, isMore: !present.isEmpty)) { missing.forEach { rules.add($0) } }
        }
        if !summary.others.isEmpty {
            let words =
                summary.isAboutPermission ? "This would have allowed it, too:" : "Farther from it:"
            section(words) {
                summary.others.forEach { rules.add($0, of: nil) }
            }
        }
        addInput()
    }

    // MARK: Headings

    /// `Denied: nobody may do this.`
    static func heading(_ summary: ExplanationSummary, of root: ExplainedDocument) -> String {
        guard summary.isAboutPermission else { return ExplanationText.heading(root) }
        let word = summary.verdict == .allowed ? "Allowed" : "Denied"
        let given = summary.causes.filter { $0.kind == .present }.flatMap(\.rules)
            .flatMap(\.reasons)
        let reasons = summary.reasons.isEmpty ? given : summary.reasons
        if reasons.count > 2, given.count == reasons.count {
            return "\(word) for \(reasons.count) reasons."
        }
        return reasons.isEmpty ? "\(word)." : "\(word): \(reasons.joined(separator: "; "))."
    }

    private var decided: String {
        switch summary.verdict {
        case .denied: "This decided against it:"
        case .allowed: "This allows it:"
        case .holds: "It comes from this:"
        case .fails: "This stands against it:"
        }
    }

    private func lacking(_ count: Int, isMore: Bool) -> String {
        let what = summary.isAboutPermission ? "allowed it" : "made it so"
        if isMore { return "Nor does a rule hold that would have \(what). The nearest:" }
        return count == 1
            ? "The nearest rule that would have \(what) does not hold:"
            : "Any of these rules would have \(what), but none holds:"
    }

    // MARK: What was asked

    private mutating func addInput() {
        let values = summary.input.compactMap { value in value.json.map { (value.text, $0) } }
        guard !values.isEmpty else { return }
        text += "\nWhat was asked (`input`):\n"
        var line = ""
        var group: Substring = ""
        for (reference, json) in values {
            let parts = reference.split(separator: ".", maxSplits: 2)
            let shown = ClaimText.shown(json)
            let words = parts.count > 2 ? "\(parts[2]) \(shown)" : shown
            if parts[1] != group || line.count + words.count > Self.lineCharactersMax {
                if !line.isEmpty { text += line + (parts[1] == group ? ",\n" : "\n") }
                line = parts[1] == group ? "    \(words)" : "  \(parts[1]): \(words)"
                group = parts[1]
            } else {
                line += ", \(words)"
            }
        }
        text += line + "\n"
    }
}

extension ExplanationSummary {
    fileprivate var isAboutPermission: Bool { verdict == .allowed || verdict == .denied }
}
