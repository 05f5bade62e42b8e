import RegoSyntax

extension Compiler {
    /// Pass: two imports of one name, and names that hide `input` and `data`. Rego v1 refuses
    /// both; v0 does in strict mode.
    func checkImports(_ work: inout Work) {
        for (index, module) in work.modules.enumerated()
        where module.version == .v1 || options.strict {
            var check = ImportCheck(file: module.source.name)
            check.imports(module.imports)
            for rule in module.rules { check.rule(rule) }
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
            shadows("rules", rule.head.name, at: rule.span)
        }
        for argument in rule.head.arguments ?? [] {
            pattern(argument, "args", at: rule.head.span)
        }
        body(rule.body)
        rule.elses.forEach { body($0.body) }
        var terms = rule.head.path + (rule.head.valueTerm.map { [$0] } ?? [])
        terms += rule.elses.compactMap(\.value)
        terms.forEach { term($0) }
    }

    private mutating func shadows(_ what: String, _ name: String, at span: Span) {
        report("\(what) must not shadow \(name) (use a different variable name)", at: span)
    }

    private mutating func pattern(_ pattern: Term, _ what: String, at span: Span) {
        var names: [(String, Span)] = []
        pattern.patternVariables(into: &names)
        for (name, _) in names where name.isRootDocument { shadows(what, name, at: span) }
    }

    private mutating func body(_ body: [Expression]) {
        for expression in body { self.expression(expression) }
    }

    private mutating func expression(_ expression: Expression) {
        switch expression.kind {
        case .term(let term):
            if case .call(let call) = term.kind, let left = call.assignmentTarget {
                pattern(left, "variables", at: expression.span)
            }
            self.term(term)
        case .someVariables(let terms):
            terms.forEach { pattern($0, "variables", at: expression.span) }
        case .someIn(let key, let value, let domain):
            key.map { pattern($0, "variables", at: expression.span) }
            pattern(value, "variables", at: expression.span)
            term(domain)
        case .every(let key, let value, let domain, let inner):
            key.map { pattern($0, "variables", at: expression.span) }
            pattern(value, "variables", at: expression.span)
            term(domain)
            body(inner)
        case .not(let inner, _): body(inner)
        case .and(let left, let right), .or(let left, let right):
            body(left)
            body(right)
        }
    }

    /// Only comprehensions declare something in a term.
    private mutating func term(_ term: Term) {
        switch term.kind {
        case .null, .boolean, .number, .string, .variable, .template: break
        case .reference(let head, let path):
            self.term(head)
            path.forEach { self.term($0) }
        case .call(let call): call.arguments.forEach { self.term($0) }
        case .array(let elements), .set(let elements): elements.forEach { self.term($0) }
        case .object(let pairs):
            for pair in pairs {
                self.term(pair.key)
                self.term(pair.value)
            }
        case .arrayComprehension(let head, let inner), .setComprehension(let head, let inner):
            self.term(head)
            body(inner)
        case .objectComprehension(let key, let value, let inner):
            self.term(key)
            self.term(value)
            body(inner)
        }
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
