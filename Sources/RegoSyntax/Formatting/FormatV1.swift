/// What no formatting can make good for v1: a module that has such faults is refused.
extension Module {
    /// Names that v1 has no builtins for any more.
    private static let deprecated: Set<String> = [
        "all", "any", "cast_array", "cast_boolean", "cast_null", "cast_object", "cast_set",
        "cast_string", "net.cidr_overlap", "re_match", "set_diff",
    ]

    private static let keywords: Set<String> = ["if", "contains", "in", "every"]

    /// Imports that hide others, root documents that are hidden, builtins that are gone, and rules
    /// whose names are keywords.
    func faultsInV1() -> [Diagnostic] {
        var found = importFaults()
        for rule in rules { found += headFaults(rule.head) }
        for rule in rules {
            for term in rule.headTerms { visit(term, &found) }
            for body in rule.bodies { for expression in body { visit(expression, &found) } }
        }
        return found
    }

    private func fault(_ code: Diagnostic.Code, _ message: String, _ span: Span) -> Diagnostic {
        Diagnostic(code: code, message: message, file: source.name, span: span)
    }

    private func importFaults() -> [Diagnostic] {
        var found: [Diagnostic] = []
        var first: [String: Import] = [:]
        for item in imports where item.path.first == "data" || item.path.first == "input" {
            guard let name = item.alias ?? item.path.last else { continue }
            guard let other = first[name] else {
                first[name] = item
                continue
            }
            let written = other.path.joined(separator: ".")
            let alias = other.alias.map { " as \($0)" } ?? ""
            found.append(
                fault(.compile, "import must not shadow import \(written)\(alias)", item.span))
        }
        return found
    }

    private func headFaults(_ head: Rule.Head) -> [Diagnostic] {
        if head.path.isEmpty, Self.keywords.contains(head.name) {
            return [fault(.parse, "\(head.name) keyword cannot be used for rule name", head.span)]
        }
        if Self.isRoot(head.name) {
            let hint = "(use a different rule name)"
            return [
                fault(.compile, "rules must not shadow \(head.name) \(hint)", head.span)
            ]
        }
        return (head.arguments ?? []).compactMap { hidden($0, "args") }
    }

    private static func isRoot(_ name: String) -> Bool { name == "input" || name == "data" }

    private func hidden(_ term: Term, _ what: String) -> Diagnostic? {
        guard case .variable(let name) = term.kind, Self.isRoot(name) else { return nil }
        let hint = "(use a different variable name)"
        return fault(.compile, "\(what) must not shadow \(name) \(hint)", term.span)
    }

    private func visit(_ expression: Expression, _ found: inout [Diagnostic]) {
        for term in expression.terms { visit(term, &found) }
        if case .someVariables(let names) = expression.kind {
            found += names.compactMap { hidden($0, "variables") }
        }
        for body in expression.bodies { for inner in body { visit(inner, &found) } }
    }

    private func visit(_ term: Term, _ found: inout [Diagnostic]) {
        if case .call(let call) = term.kind {
            let name = call.name.joined(separator: ".")
            if call.notation == .infix(":="), let fault = hidden(call.arguments[0], "variables") {
                found.append(fault)
            }
            if Self.deprecated.contains(name), !rules.contains(where: { $0.head.name == name }) {
                let what = "deprecated built-in function calls in expression: \(name)"
                found.append(fault(.type, what, term.span))
            }
        }
        for inner in term.children { visit(inner, &found) }
        for body in term.bodies { for inner in body { visit(inner, &found) } }
    }
}
