/// What a scope stands for: an action (`member:read`), all of an area (`member:*`), or `*`.
enum ActionPattern {
    /// The same as a regular expression.
    static let expression = #"^(\*|[a-z][a-z0-9_]*:(\*|[a-z][a-z0-9_]*))$"#
    static let lengths = 1...100

    /// Whether a text from outside is a pattern.
    static func isOne(_ text: String) -> Bool {
        guard lengths.contains(text.utf8.count) else { return false }
        if text == "*" { return true }
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        return words.count == 2 && isWord(words[0]) && (words[1] == "*" || isWord(words[1]))
    }

    private static func isWord(_ text: Substring) -> Bool {
        let isFit = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
        }
        return isFit && (text.utf8.first.map { (0x61...0x7A).contains($0) } ?? false)
    }
}
