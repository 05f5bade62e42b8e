extension MailPage {
    private static let columns = 72

    /// As plain text: paragraphs of short lines, a link on a line of its own.
    /// - Parameter product: What the installation calls itself.
    func text(of product: String) -> String {
        let parts = blocks.map(MailPage.text) + ["-- \n\(MailPage.line(product))"]
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func text(_ block: Block) -> String {
        switch block {
        case .paragraph(let text): wrapped(line(text))
        case .link(let label, let url): "\(line(label)):\n\(line(url))"
        case .facts(let facts):
            facts.map { "  \($0.name): \(line($0.value))" }.joined(separator: "\n")
        }
    }

    private static func wrapped(_ text: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= columns {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n")
    }
}
