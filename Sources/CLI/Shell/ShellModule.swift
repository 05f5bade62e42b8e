import RegoSyntax

/// What was typed into one package.
struct ShellModule {
    let package: [String]
    /// Each as the text after `import`.
    var imports: [String] = []
    var rules: [TypedRule] = []

    struct TypedRule {
        let name: String
        let text: String
        /// By `:=`, which takes the place of what has the name.
        let replaces: Bool
    }

    /// The source's name, as diagnostics show it.
    var name: String { "data." + package.joined(separator: ".") }

    var header: String {
        let imports = imports.map { "import \($0)\n" }.joined()
        return "package \(packageText)\n\n" + (imports.isEmpty ? "" : imports + "\n")
    }

    /// The package as Rego writes it, with brackets where an element is no name.
    var packageText: String {
        package.dropFirst().reduce(package[0]) { text, element in
            RegoText.isName(element) ? "\(text).\(element)" : "\(text)[\"\(element)\"]"
        }
    }

    var text: String { header + rules.map { $0.text + "\n" }.joined(separator: "\n") }

    /// The module, with more behind what it has.
    func parsed(
        adding text: String = "", version: LanguageVersion
    ) -> Result<Module, Diagnostics> {
        let all = self.text + "\n" + text + "\n"
        return Parser.module(
            Source(name: name, text: all), options: ParserOptions(version: version))
    }

    /// The rules that a text defines, under these imports.
    func rules(in text: String, version: LanguageVersion) -> Result<[TypedRule], Diagnostics> {
        let source = Source(name: name, text: header + text + "\n")
        return Parser.module(source, options: ParserOptions(version: version)).map { module in
            module.rules.map { rule in
                var replaces = false
                if case .value(_, let usesAssignment) = rule.head.kind, !rule.isDefault {
                    replaces = usesAssignment
                }
                let bytes = source.bytes[Int(rule.span.start)..<Int(rule.span.end)]
                return TypedRule(
                    name: rule.head.name, text: String(decoding: bytes, as: UTF8.self),
                    replaces: replaces)
            }
        }
    }
}
