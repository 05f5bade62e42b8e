/// What a person probably meant: words of other languages, letters swapped, an import missing.
extension Grammar {
    /// A hint at a token that cannot stand where it does.
    func hintAtToken() -> String? {
        switch kind {
        case .end: return "a closing bracket, or the rest of the text, is missing"
        case .colon: return "did you mean `:=`?"
        case .bar where isRepeated(.bar): return Self.alternatives
        case .ampersand where isRepeated(.ampersand): return Self.conjunctions
        case .divide where isRepeated(.divide): return "comments begin with `#`"
        case .unify where previousKind == .equal || previousKind == .notEqual:
            return "write `==` to compare"
        case .unify where previousKind?.isInfixOperator ?? false:
            return "variables cannot be changed: give the new value a name of its own"
        case .greater where previousKind == .unify: return "write `:=` or `if`"
        case .assign where previousKind == .default:
            return "`default` is a keyword: name the rule after it, `default allow := false`"
        case .if: return hintAtIf
        case .string where previousKind == .import:
            return "a path is written without quotes: `import data.lib`"
        case .string, .number:
            if let previousKind, previousKind.endsTerm, !startsLine {
                return "a comma, or an operator, is missing before it"
            }
            return nil
        case .identifier: return hintAtWord(word(current))
        default: return nil
        }
    }

    private var hintAtIf: String? {
        switch previousKind {
        case .assign, .unify: return "the value comes before it: `allow := true if …`"
        case .identifier where startsEntry: return "is the `}` of the rule above missing?"
        default: break
        }
        guard position > 0, let first = firstOfStatement else { return nil }
        switch first.kind {
        case .default: return "a default holds where no other rule does: it has no condition"
        case .identifier: return "a rule's value is given with `:=`, conditions follow `if`"
        default: return nil
        }
    }

    /// Whether the token before is the first of its line.
    private var startsEntry: Bool {
        position > 0 && tokens[position - 1].flags.contains(.newlineBefore)
    }

    /// The first token of the line.
    private var firstOfStatement: Token? {
        tokens[..<position].last { $0.flags.contains(.newlineBefore) }
    }

    private static let alternatives =
        "for alternatives write several rules, or `or` after `import future.keywords.or`"
    private static let conjunctions =
        "separate conditions by newlines or `;`, or write `and` after "
        + "`import future.keywords.and`"

    private var previousKind: Token.Kind? { position > 0 ? tokens[position - 1].kind : nil }

    private func isRepeated(_ kind: Token.Kind) -> Bool {
        previousKind == kind || adjacentKind == kind
    }

    /// A word that would be a keyword in another version, or after an import.
    private func hintAtWord(_ word: String) -> String? {
        switch word {
        case "if", "contains", "in", "every":
            return "`\(word)` is a keyword of v0 only after `import rego.v1`"
        case "and": return Self.conjunctions
        case "or": return Self.alternatives
        default:
            switch previousWord {
            case "return": return "a function's value stands in its head: `double(x) := x * 2`"
            case _ where isAfterSome: return "write `some x in xs`"
            case "elif", "elsif": return "write `else := value if …`"
            default: break
            }
            return nearestKeyword(to: word) ?? previousWord.flatMap { nearestKeyword(to: $0) }
        }
    }

    func hintAtIllegal(_ message: String) -> String? {
        switch message {
        case "illegal ! character": return "write `not` to negate, `!=` to compare"
        case "illegal escape sequence":
            return "write `\\\\` for a backslash, or a raw string between backquotes"
        case "non-terminated string":
            return currentBegins(with: "`")
                ? "close it with a backquote"
                : "close it with `\"`; text of several lines stands between backquotes"
        case "illegal number format": return "numbers are decimal, without separators"
        case "expected fraction": return "write a digit after the point"
        case "illegal token" where currentBegins(with: "'"):
            return "strings stand between double quotes"
        case "illegal token" where currentBegins(with: "?"):
            return "give alternatives rules of their own, `else`, or a `default`"
        default: return nil
        }
    }

    /// Whether a name that `some` declares stands before the current token.
    private var isAfterSome: Bool {
        position > 1 && previousKind == .identifier && tokens[position - 2].kind == .some
    }

    /// The name before the current token, which may be what is misspelt.
    private var previousWord: String? {
        guard previousKind == .identifier, !startsLine else { return nil }
        return word(tokens[position - 1])
    }

    private func nearestKeyword(to word: String) -> String? {
        let keywords = ["contains", "default", "every", "import", "package", "some", "with"]
        let near = keywords.first { isNear(word, $0) }
        return near.map { "did you mean `\($0)`?" }
    }

    private func currentBegins(with character: Unicode.Scalar) -> Bool {
        // A template that goes on at the end of the text has no byte there.
        let start = Int(current.start)
        return start < bytes.count && bytes[start] == UInt8(ascii: character)
    }

    /// A hint at a statement that reads as an expression, but is no rule.
    func hinted(_ fault: Fault, _ start: Token) -> Fault {
        var fault = fault
        guard start.kind == .identifier else { return fault }
        let name = word(start)
        let following = kind == .identifier ? word(current) : ""
        if let near = ["default", "import", "package"].first(where: { isNear(name, $0) }) {
            fault.hint = "did you mean `\(near)`?"
        } else if following == "if" || following == "contains" {
            fault.hint = "`\(following)` is a keyword of v0 only after `import rego.v1`"
        } else if kind != .end, !startsLine {
            fault.hint =
                "write `\(name) if …` before a condition, `\(name) contains …` for a set"
        }
        return fault
    }
}
