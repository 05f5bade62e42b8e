/// A pattern over names or paths: `*` and `?` stay within a path element, `**` does not,
/// `[a-z]` and `[!a-z]` are one character, `{a,b}` is either.
package struct Glob {
    private let alternatives: [[Character]]

    /// - Returns: `nil` where a bracket or brace is not closed.
    package init?(_ pattern: String) {
        guard let expanded = Glob.expand(Array(pattern)) else { return nil }
        alternatives = expanded
    }

    package func matches(_ text: String) -> Bool {
        let characters = Array(text)
        return alternatives.contains { Glob.matches($0[...], characters[...]) }
    }

    private static let alternativesMax = 256

    private static func expand(_ pattern: [Character]) -> [[Character]]? {
        guard let open = pattern.firstIndex(of: "{") else { return [pattern] }
        guard let close = pattern[open...].firstIndex(of: "}") else { return nil }
        guard let tails = expand(Array(pattern[(close + 1)...])) else { return nil }
        let choices = pattern[(open + 1)..<close].split(
            separator: ",", omittingEmptySubsequences: false)
        guard choices.count * tails.count <= alternativesMax else { return nil }
        return choices.flatMap { choice in tails.map { pattern[..<open] + choice + $0 } }
    }

    /// Goes back to the last star alone: an earlier one cannot match better, but for `*` after
    /// `**`, so both are remembered.
    private static func matches(
        _ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>
    ) -> Bool {
        var pattern = pattern
        var text = text
        var star: (pattern: ArraySlice<Character>, text: ArraySlice<Character>)?
        var doubleStar: (pattern: ArraySlice<Character>, text: ArraySlice<Character>)?
        while true {
            if pattern.first == "*" {
                let rest = pattern.dropFirst()
                if rest.first == "*" {
                    pattern = rest.dropFirst()
                    doubleStar = (pattern, text)
                    star = nil
                } else {
                    pattern = rest
                    star = (pattern, text)
                }
                continue
            }
            if pattern.isEmpty && text.isEmpty { return true }
            if let first = text.first, let rest = matchOne(pattern, first) {
                pattern = rest
                text = text.dropFirst()
            } else if let (from, at) = star, let next = at.first, next != "/" {
                star = (from, at.dropFirst())
                (pattern, text) = (from, at.dropFirst())
            } else if let (from, at) = doubleStar, !at.isEmpty {
                doubleStar = (from, at.dropFirst())
                star = nil
                (pattern, text) = (from, at.dropFirst())
            } else {
                return false
            }
        }
    }

    /// The pattern after its first element, where that matches the character.
    private static func matchOne(
        _ pattern: ArraySlice<Character>, _ character: Character
    ) -> ArraySlice<Character>? {
        switch pattern.first {
        case nil: return nil
        case "?": return character == "/" ? nil : pattern.dropFirst()
        case "[": return matchClass(pattern.dropFirst(), character)
        case "\\":
            let rest = pattern.dropFirst()
            return rest.first == character ? rest.dropFirst() : nil
        case let literal: return literal == character ? pattern.dropFirst() : nil
        }
    }

    private static func matchClass(
        _ pattern: ArraySlice<Character>, _ character: Character
    ) -> ArraySlice<Character>? {
        guard let close = pattern.firstIndex(of: "]") else { return nil }
        var members = pattern[..<close]
        let isNegated = members.first == "!" || members.first == "^"
        if isNegated { members = members.dropFirst() }
        var isMember = false
        while let low = members.popFirst() {
            guard members.first == "-", let high = members.dropFirst().first else {
                isMember = isMember || low == character
                continue
            }
            members = members.dropFirst(2)
            isMember = isMember || (low <= character && character <= high)
        }
        return isMember != isNegated ? pattern[(close + 1)...] : nil
    }
}
