import RegoMachine
import RegoSyntax

extension Resolver {
    /// The modifiers of an expression. Their values are read outside of them, so what takes
    /// evaluation is bound by the body before.
    mutating func modifiers(
        _ written: [Expression.With], into body: inout [ResolvedExpression]
    ) -> [ResolvedExpression.Modifier] {
        var result: [ResolvedExpression.Modifier] = []
        for modifier in written {
            guard let target = target(modifier.target) else { continue }
            if let callee = replacement(modifier.value) {
                result.append(ResolvedExpression.Modifier(target: target, value: .callee(callee)))
                continue
            }
            let value = bound(term(modifier.value), at: modifier.value.span, in: &body)
            result.append(ResolvedExpression.Modifier(target: target, value: .term(value)))
        }
        return result
    }

    // MARK: Targets

    private mutating func target(_ term: Term) -> ResolvedExpression.Modifier.Target? {
        guard let (head, path) = term.dottedName else {
            reportTarget(term)
            return nil
        }
        if head == "input" { return .input(path) }
        if head == "data" { return dataTarget(path, term) }
        if let global = global(head) {
            switch global.root {
            case .input: return .input(global.path + path)
            case .data: return dataTarget(global.path + path, term)
            }
        }
        let name = ([head] + path).joined(separator: ".")
        guard let row = compiler.builtins[name] else {
            reportTarget(term)
            return nil
        }
        return builtinTarget(name, row, at: term.span)
    }

    private mutating func reportTarget(_ term: Term) {
        report(
            "with keyword target must reference existing input, data, or a function", .modifiers,
            .type, at: term.span)
    }

    private mutating func dataTarget(
        _ path: [String], _ term: Term
    ) -> ResolvedExpression.Modifier.Target? {
        for length in path.indices where exports.hasRules(at: Array(path[..<length])) {
            report(
                "with keyword cannot partially replace virtual document(s)", .modifiers,
                at: term.span)
            return nil
        }
        if exports.operands(of: path) != nil { return .callee(.function(path)) }
        return .data(path)
    }

    private mutating func builtinTarget(
        _ name: String, _ row: BuiltinTable.Row, at span: Span
    ) -> ResolvedExpression.Modifier.Target? {
        let prefix = "with keyword replacing built-in function: "
        switch name {
        case "eq", "rego.metadata.chain", "rego.metadata.rule":
            report("\(prefix)replacement of \"\(name)\" invalid", .modifiers, at: span)
        case _ where name.hasPrefix("internal."):
            report(
                "\(prefix)replacement of internal function \"\(name)\" invalid", .modifiers,
                at: span)
        case _ where row.traits.contains(.relation):
            report("\(prefix)target must not be a relation", .modifiers, at: span)
        case "print":
            report("\(prefix)target must not be a void function", .modifiers, at: span)
        default:
            return .callee(.builtin(name))
        }
        return nil
    }

    // MARK: Values

    /// The function that a value names, if it names one.
    private mutating func replacement(_ term: Term) -> Callee? {
        guard let (head, path) = term.dottedName else { return nil }
        if let local = entry(head)?.entry, local.occurrence != .ahead { return nil }
        if let function = functionPath([head] + path) {
            return exports.operands(of: function) == nil ? nil : .function(function)
        }
        let name = ([head] + path).joined(separator: ".")
        return compiler.builtins[name] == nil ? nil : .builtin(name)
    }
}

extension Term {
    /// `a`, `a.b`, `a["b"]`: the variable and the constant strings after it.
    var dottedName: (head: String, path: [String])? {
        switch kind {
        case .variable(let name): return (name, [])
        case .reference(let head, let path):
            guard case .variable(let name) = head.kind else { return nil }
            var elements: [String] = []
            for element in path {
                guard case .string(let text) = element.kind else { return nil }
                elements.append(text)
            }
            return (name, elements)
        default: return nil
        }
    }
}
