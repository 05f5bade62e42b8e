/// Writes JSON text, indented by two spaces or on one line, as Go's encoder does.
struct JSONText {
    private(set) var text = ""
    private let isIndented: Bool
    private var depth = 0
    private var isFirst = true

    init(isIndented: Bool) {
        self.isIndented = isIndented
    }

    mutating func open(_ bracket: String) {
        text += bracket
        depth += 1
        isFirst = true
    }

    mutating func close(_ bracket: String) {
        depth -= 1
        if !isFirst { newLine() }
        text += bracket
        isFirst = false
    }

    /// Begins an element of an array.
    mutating func element() {
        if !isFirst { text += "," }
        newLine()
        isFirst = false
    }

    mutating func key(_ name: String) {
        element()
        string(name)
        text += isIndented ? ": " : ":"
    }

    mutating func raw(_ literal: String) {
        text += literal
    }

    /// `<`, `>`, `&` and the line separators are escaped, so that the text may stand in HTML.
    mutating func string(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func newLine() {
        guard isIndented else { return }
        text += "\n" + String(repeating: "  ", count: depth)
    }
}
