import RegoSyntax

extension Compiler {
    /// Pass: two imports of one name, and rules and arguments that hide `input` and `data`. Rego v1
    /// refuses both; v0 does in strict mode.
    func checkImports(_ work: inout Work) {
        for index in work.changed {
            let module = work.modules[index].module
            guard module.version == .v1 || options.strict else { continue }
            var check = ImportCheck(file: module.source.name)
            check.imports(module.imports)
            for position in module.rules.indices { check.rule(module.rules[position]) }
            work.report(check.mistakes, in: index)
        }
    }
}

private struct ImportCheck {
    let file: String
    var mistakes: [Mistake] = []

    mutating func report(_ message: String, at span: Span) {
        let diagnostic = Diagnostic(code: .compile, message: message, file: file, span: span)
        mistakes.append(Mistake(stage: .imports, diagnostic: diagnostic))
    }

    mutating func imports(_ imports: [Import]) {
        var first: [String: Import] = [:]
        for item in imports where item.global != nil {
            guard let name = item.name else { continue }
            if let other = first[name] {
                report("import must not shadow \(other.written)", at: item.span)
            } else {
                first[name] = item
            }
        }
    }

    // MARK: Root documents

    mutating func rule(_ rule: Rule) {
        if rule.head.name.isRootDocument {
            report(Self.shadowing("rules", rule.head.name), at: rule.span)
        }
        guard let arguments = rule.head.arguments else { return }
        var names: [(String, Span)] = []
        arguments.forEach { $0.patternVariables(into: &names) }
        for (name, _) in names where name.isRootDocument {
            report(Self.shadowing("args", name), at: rule.head.span)
        }
    }

    static func shadowing(_ what: String, _ name: String) -> String {
        "\(what) must not shadow \(name) (use a different variable name)"
    }
}

extension Resolver {
    /// Refuses to declare what hides `input` or `data`, where they may not be hidden.
    mutating func checkShadowing(_ name: String, at span: Span) {
        let isRefused = compiler.options.strict || (version == .v1 && !isQuery)
        guard name.isRootDocument, isRefused else { return }
        report(ImportCheck.shadowing("variables", name), .imports, at: span)
    }
}

extension String {
    fileprivate var isRootDocument: Bool { self == "input" || self == "data" }
}

extension Import {
    /// As errors name it.
    var written: String {
        "import " + path.joined(separator: ".") + (alias.map { " as \($0)" } ?? "")
    }
}
