import RegoSyntax

extension Compiler {
    /// Pass: two imports of one name, and rules and arguments that hide `input` and `data`. Rego v1
    /// refuses both; v0 does in strict mode.
    func checkImports(_ work: inout Work) {
        for index in work.changed {
            let module = work.modules[index].module
            var check = ImportCheck(file: module.source.name)
            if module.version == .v1 || options.strict {
                check.imports(module.imports)
                for position in module.rules.indices { check.rule(module.rules[position]) }
            }
            if options.features != .all {
                for rule in module.rules { check.head(rule.head, options.features) }
            }
            work.report(check.mistakes, in: index)
        }
    }
}

private struct ImportCheck {
    let file: String
    var mistakes: [Mistake] = []

    mutating func report(
        _ message: String, at span: Span, code: Diagnostic.Code = .compile
    ) {
        let diagnostic = Diagnostic(code: code, message: message, file: file, span: span)
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

    // MARK: Features

    /// Heads that capabilities do not allow. `p[x]` has always been one.
    mutating func head(_ head: Rule.Head, _ features: LanguageFeatures) {
        let isGeneral = head.path.dropLast().contains {
            if case .string = $0.kind { false } else { true }
        }
        if isGeneral, !features.contains(.generalHeads) {
            report(
                "rule heads with general refs (containing variables) are not supported: "
                    + head.written, at: head.span, code: .type)
        } else if head.isReference, !features.contains(.referenceHeads) {
            report(
                "rule heads with refs are not supported: \(head.written)", at: head.span,
                code: .type)
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

extension Rule.Head {
    /// Whether it is more than a name, and more than `p[x]` or `p contains x`.
    fileprivate var isReference: Bool {
        guard let first = path.first else { return false }
        if path.count > 1 { return true }
        if case .string = first.kind { return true }
        return false
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
