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
            let bodies = [rule.body] + rule.elses.map(\.body)
            for term in rule.head.terms + rule.elses.compactMap(\.value) {
                visit(term, &found)
            }
            for body in bodies { for expression in body { visit(expression, &found) } }
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
        switch expression.kind {
        case .someVariables(let names): found += names.compactMap { hidden($0, "variables") }
        case .every(_, _, _, let body), .not(let body, _):
            for inner in body { visit(inner, &found) }
        case .and(let left, let right), .or(let left, let right):
            for inner in left + right { visit(inner, &found) }
        case .term, .someIn: break
        }
    }

    private func visit(_ term: Term, _ found: inout [Diagnostic]) {
        switch term.kind {
        case .reference(let head, let path):
            for inner in [head] + path { visit(inner, &found) }
        case .call(let call):
            let name = call.name.joined(separator: ".")
            if call.notation == .infix(":="), let fault = hidden(call.arguments[0], "variables") {
                found.append(fault)
            }
            if Self.deprecated.contains(name), !rules.contains(where: { $0.head.name == name }) {
                let what = "deprecated built-in function calls in expression: \(name)"
                found.append(fault(.type, what, term.span))
            }
            for inner in call.arguments { visit(inner, &found) }
        case .array(let items), .set(let items): for inner in items { visit(inner, &found) }
        case .object(let pairs):
            for pair in pairs {
                visit(pair.key, &found)
                visit(pair.value, &found)
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            visit(head, &found)
            for inner in body { visit(inner, &found) }
        case .objectComprehension(let key, let value, let body):
            visit(key, &found)
            visit(value, &found)
            for inner in body { visit(inner, &found) }
        case .template(let parts):
            for case .expression(let inner) in parts { visit(inner, &found) }
        case .null, .boolean, .number, .string, .variable: break
        }
    }
}

extension Rule.Head {
    fileprivate var terms: [Term] {
        let value: [Term] =
            switch kind {
            case .value(let value, _): value.map { [$0] } ?? []
            case .contains(let key): [key]
            }
        return path + (arguments ?? []) + value
    }
}

extension Expression {
    /// The terms that are its own, outside of inner bodies.
    fileprivate var terms: [Term] {
        let modified = modifiers.flatMap { [$0.target, $0.value] }
        switch kind {
        case .term(let term): return [term] + modified
        case .someIn(let key, let value, let domain), .every(let key, let value, let domain, _):
            return (key.map { [$0] } ?? []) + [value, domain] + modified
        case .someVariables, .not, .and, .or: return modified
        }
    }
}
