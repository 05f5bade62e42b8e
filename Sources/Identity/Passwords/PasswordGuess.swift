/// What guessers would try in order to find a password: it without its repetitions, and without the
/// digits and signs that stand around a word, as long as these are no longer than the word.
struct PasswordGuess {
    private let forms: [[UnicodeScalar]]

    private static let triflesMax = 3

    init(_ password: String) {
        let whole = Array(password.lowercased().unicodeScalars)
        let letters = whole.filter(\.properties.isAlphabetic)
        let isWordy = letters.count * 2 >= whole.count
        forms = (isWordy ? [whole, letters] : [whole]).map(Self.unit)
    }

    /// A text's letters in lower case.
    static func letters(_ text: String) -> String {
        let letters = text.lowercased().unicodeScalars.filter(\.properties.isAlphabetic)
        return String(String.UnicodeScalarView(letters))
    }

    func isOne(of words: Set<String>) -> Bool {
        forms.contains { words.contains(String(String.UnicodeScalarView($0))) }
    }

    var isCommon: Bool {
        forms.contains { form in
            form.count <= Self.triflesMax || Self.isRow(form)
                || GuessedPasswords.contain(String(String.UnicodeScalarView(form)).utf8)
        }
    }

    /// What a text repeats, if it does so at least one and a half times; otherwise the text.
    private static func unit(_ text: [UnicodeScalar]) -> [UnicodeScalar] {
        guard !text.isEmpty else { return text }
        // Of each prefix, the length of its longest end that is its beginning, too.
        var borders = [0]
        for position in text.indices.dropFirst() {
            var border = borders[position - 1]
            while border > 0, text[border] != text[position] { border = borders[border - 1] }
            borders.append(text[border] == text[position] ? border + 1 : 0)
        }
        let period = text.count - borders[text.count - 1]
        return period * 3 <= text.count * 2 ? Array(text[..<period]) : text
    }

    /// Whether each character follows upon the one before, as in `abcdef` or `9876`.
    private static func isRow(_ text: [UnicodeScalar]) -> Bool {
        let steps = zip(text, text.dropFirst()).map { Int64($1.value) - Int64($0.value) }
        return steps.allSatisfy { $0 == 1 } || steps.allSatisfy { $0 == -1 }
    }
}
