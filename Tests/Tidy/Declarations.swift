/// A function, initializer or subscript with a body, found by its indentation.
struct FunctionBody {
    /// As written after `func`, or `init`, or `subscript`.
    let name: String
    /// From 1.
    let line: Int
    let lineCount: Int
}

extension SourceFile {
    private static let modifiers: Set<String> = [
        "public", "package", "internal", "fileprivate", "private", "open", "static", "final",
        "mutating", "nonisolated", "override", "convenience", "required", "indirect", "borrowing",
        "consuming", "unsafe", "class", "isolated", "lazy", "weak", "unowned", "prefix", "postfix",
        "infix",
    ]
    private static let types: Set<String> = [
        "struct", "class", "enum", "protocol", "actor", "typealias",
    ]

    /// The keyword and the name that a line declares: `("func", "prepare")`.
    static func declaration(_ line: some StringProtocol) -> (keyword: String, name: String)? {
        var words = line.split { $0 == " " }[...]
        while let word = words.first {
            let bare = word.prefix { $0 != "(" }
            guard word.hasPrefix("@") || modifiers.contains(String(bare)) else { break }
            // `class` is a modifier only before another declaration: `class func`.
            if bare == "class", words.count > 1, !isKeyword(words[words.startIndex + 1]) { break }
            words = words.dropFirst()
            // An attribute's or modifier's operands may hold spaces.
            if word.contains("("), !word.contains(")") {
                words = words.drop { !$0.contains(")") }.dropFirst()
            }
        }
        guard let keyword = words.first else { return nil }
        let word = keyword.prefix { $0.isLetter }
        if word == "init" || word == "subscript" { return (String(word), String(word)) }
        guard isKeyword(keyword), words.count > 1 else { return nil }
        let name = words[words.startIndex + 1].filter { $0 != "`" }
        return (String(keyword), String(name.prefix { $0.isLetter || $0.isNumber || $0 == "_" }))
    }

    private static func isKeyword(_ word: some StringProtocol) -> Bool {
        let word = String(word)
        return types.contains(word) || ["func", "var", "let", "case", "init"].contains(word)
    }

    /// Names of the types, functions and stored values that the file declares.
    var declaredNames: [(keyword: String, name: String, line: Int)] {
        plain.enumerated().compactMap { index, line in
            Self.declaration(line).flatMap { found in
                found.name.isEmpty ? nil : (found.keyword, found.name, index + 1)
            }
        }
    }

    /// Types and functions that more than their own block sees: at most one type deep.
    var outerNames: Set<String> {
        let outer = plain.filter { line in
            line.prefix(5).contains { $0 != " " } && !line.contains("private ")
        }
        let names = outer.compactMap { Self.declaration($0)?.name }
        return Set(names.filter { $0.count > 1 })
    }

    var functions: [FunctionBody] {
        var found: [FunctionBody] = []
        for (index, line) in plain.enumerated() {
            guard let head = Self.declaration(line),
                ["func", "init", "subscript"].contains(head.keyword)
            else { continue }
            let indent = line.prefix { $0 == " " }
            let close = indent + "}"
            // A requirement of a protocol has no body: the next line of its depth is no brace.
            let end = plain[index...].dropFirst().firstIndex { next in
                !next.allSatisfy { $0 == " " } && next.prefix { $0 == " " }.count <= indent.count
                    && !next.hasPrefix(indent + ")")
            }
            if let end, plain[end].hasPrefix(close) {
                found.append(
                    FunctionBody(name: head.name, line: index + 1, lineCount: end - index + 1))
            }
        }
        return found
    }

    /// The rooms and libraries that the file imports.
    var imports: [String] {
        plain.compactMap { line in
            var words = line.split(separator: " ")[...]
            words = words.drop {
                $0.hasPrefix("@") || ["public", "package", "internal", "private"].contains($0)
            }
            guard words.first == "import" else { return nil }
            return words.last.map { String($0.prefix { $0 != "." }) }
        }
    }

    /// Every word of the file's plain text.
    var words: Set<Substring> {
        var found: Set<Substring> = []
        for line in lines {
            found.formUnion(line.split { !($0.isLetter || $0.isNumber || $0 == "_") })
        }
        return found
    }
}
