/// A table drawn with box characters: headings in the middle, cells on the left.
struct TextTable {
    let headings: [String]
    var rows: [[String]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    var text: String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        func rule(_ left: String, _ middle: String, _ right: String) -> String {
            let bars = widths.map { String(repeating: "─", count: $0 + 2) }
            return left + bars.joined(separator: middle) + right + "\n"
        }
        func line(_ cells: [String], _ pad: (String, Int) -> String) -> String {
            let padded = zip(cells, widths).map { " " + pad($0, $1) + " " }
            return "│" + padded.joined(separator: "│") + "│\n"
        }
        let body = rows.map { line($0, Self.left) }.joined()
        return rule("┌", "┬", "┐") + line(headings, Self.centred) + rule("├", "┼", "┤") + body
            + rule("└", "┴", "┘")
    }

    /// A table without headings, a line between its rows: a name, and lines of text.
    static func ofBlocks(_ rows: [(name: String, lines: [String])]) -> String {
        let lines = rows.flatMap(\.lines).map { $0.replacing("\t", with: "  ") }
        let widths = (rows.map(\.name.count).max() ?? 0, lines.map(\.count).max() ?? 0)
        func rule(_ left: String, _ middle: String, _ right: String) -> String {
            left + String(repeating: "─", count: widths.0 + 2) + middle
                + String(repeating: "─", count: widths.1 + 2) + right + "\n"
        }
        let blocks = rows.map { name, lines in
            (lines.isEmpty ? [""] : lines).enumerated().map { number, line in
                let text = line.replacing("\t", with: "  ")
                return "│ \(Self.left(number == 0 ? name : "", widths.0)) │ "
                    + "\(Self.left(text, widths.1)) │\n"
            }.joined()
        }
        return rule("┌", "┬", "┐") + blocks.joined(separator: rule("├", "┼", "┤"))
            + rule("└", "┴", "┘")
    }

    private static func left(_ cell: String, _ width: Int) -> String {
        cell + String(repeating: " ", count: width - cell.count)
    }

    private static func centred(_ cell: String, _ width: Int) -> String {
        let space = width - cell.count
        return String(repeating: " ", count: space / 2) + cell
            + String(repeating: " ", count: space - space / 2)
    }
}
