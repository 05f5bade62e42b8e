import RegoSyntax

/// What somebody typed that is no command.
enum Statement {
    case package([String])
    /// Each as the text after `import`.
    case imports([String])
    case rules([ShellModule.TypedRule])
    /// A query, and the rules that the same text would be.
    case query(String, asRules: [ShellModule.TypedRule]?)

    /// - Parameter module: The package at hand, whose imports count.
    /// - Returns: What the text is, or why it is none of these, as the reading says that came the
    ///   furthest.
    static func read(
        _ text: String, in module: ShellModule, version: LanguageVersion
    ) -> Result<Statement, Diagnostics> {
        let words = text.split { $0.isWhitespace }
        switch words.first {
        case "package": return package(text, version)
        case "import": return imports(text, version)
        default: break
        }
        let query = Parser.query(
            Source(name: "", text: text), options: ParserOptions(version: version))
        let rules = module.rules(in: text, version: version)
        switch (query, rules) {
        case (.success, .success(let found)) where !found.isEmpty:
            return .success(.query(text, asRules: found))
        case (.success, _): return .success(.query(text, asRules: nil))
        case (.failure, .success(let found)): return .success(.rules(found))
        case (.failure(let one), .failure(let other)):
            let moved = other.moved(back: module.header)
            let isRule = (moved.all.first?.span.start ?? 0) > (one.all.first?.span.start ?? 0)
            return .failure(isRule ? moved : one)
        }
    }

    private static func package(
        _ text: String, _ version: LanguageVersion
    ) -> Result<Statement, Diagnostics> {
        Parser.module(Source(name: "", text: text), options: ParserOptions(version: version))
            .map { .package($0.package) }
    }

    private static func imports(
        _ text: String, _ version: LanguageVersion
    ) -> Result<Statement, Diagnostics> {
        let head = "package x\n"
        let source = Source(name: "", text: head + text)
        return Parser.module(source, options: ParserOptions(version: version))
            .map { module in
                .imports(
                    module.imports.map { item in
                        let bytes = source.bytes[Int(item.span.start)..<Int(item.span.end)]
                        let text = String(decoding: bytes, as: UTF8.self)
                        return String(text.dropFirst("import".count).drop { $0.isWhitespace })
                    })
            }
            .mapError { $0.moved(back: head) }
    }
}

extension Diagnostics {
    /// As places in a text that stood behind a header.
    fileprivate func moved(back header: String) -> Diagnostics {
        let bytes = Int32(header.utf8.count)
        let rows = Int32(header.count { $0 == "\n" })
        return Diagnostics(
            all.map { diagnostic in
                var moved = diagnostic
                moved.file = ""
                moved.span.start = max(moved.span.start - bytes, 0)
                moved.span.end = max(moved.span.end - bytes, 0)
                moved.span.row = max(moved.span.row - rows, 1)
                return moved
            })
    }
}
