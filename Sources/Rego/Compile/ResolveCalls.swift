import RegoMachine
import RegoSyntax

extension Resolver {
    /// A call whose value is read.
    mutating func nestedCall(_ call: Call, at span: Span) -> ResolvedTerm {
        if call.name == ["print"] {
            report("print(...) used as value", .locals, .type, at: span)
            return .null
        }
        if let constant = metadata(call) ?? document(call) { return constant }
        let arguments = terms(call.arguments)
        guard let (callee, arity) = callee(call, at: span) else { return .null }
        if arguments.count != arity {
            reportArity(of: call, callee, arity, at: span)
        }
        return .call(callee, arguments, place(span))
    }

    /// A call that is an expression: a test, a unification, or a call that binds its last operand.
    mutating func calledExpression(
        _ call: Call, at span: Span
    ) -> ResolvedExpression.Kind {
        switch (call.name, call.arguments.count) {
        case (["eq"], 2):
            let left = term(call.arguments[0])
            return .unify(left, term(call.arguments[1]))
        case (["assign"], 2):
            return assignment(call.arguments[0], call.arguments[1])
        default: break
        }
        if let constant = metadata(call) ?? document(call) { return .term(constant) }
        let arguments = terms(call.arguments)
        guard let (callee, arity) = callee(call, at: span) else { return .term(.boolean(true)) }
        if arguments.count == arity + 1 {
            let value = ResolvedTerm.call(callee, Array(arguments.dropLast()), place(span))
            return .unify(arguments[arity], value)
        }
        if arguments.count != arity {
            reportArity(of: call, callee, arity, at: span)
        }
        return .term(.call(callee, arguments, place(span)))
    }

    /// `p()` is the document `p`: a rule is a function where it takes operands.
    private mutating func document(_ call: Call) -> ResolvedTerm? {
        guard call.arguments.isEmpty, entry(call.name[0]) == nil,
            let path = functionPath(call.name), exports.hasRules(at: path),
            exports.operands(of: path) == nil
        else { return nil }
        return .reference(.data, path.map { .string($0) })
    }

    /// `left := right`: the right side is read before the left is declared.
    private mutating func assignment(_ left: Term, _ right: Term) -> ResolvedExpression.Kind {
        let value = term(right)
        return .unify(declared(left), value)
    }

    /// A pattern on the left of `:=`, its variables declared.
    private mutating func declared(_ pattern: Term) -> ResolvedTerm {
        switch pattern.kind {
        case .variable(let name):
            return .local(declare(name, as: .assigned, at: pattern.span))
        case .array(let elements):
            return .array(elements.map { declared($0) })
        case .object(let pairs):
            return .object(pairs.map { (key: term($0.key), value: declared($0.value)) })
        default:
            report("cannot assign to \(pattern.kindName)", .locals, at: pattern.span)
        }
        return .null
    }

    /// `internal.print` over what each operand may be.
    mutating func print(_ call: Call, at span: Span) -> ResolvedExpression.Kind {
        let captures = call.arguments.map { capture($0) }
        guard compiler.options.printEnabled else { return .term(.boolean(true)) }
        return .term(.call(.builtin("internal.print"), [.array(captures)], place(span)))
    }

    /// What `rego.metadata.rule()` and `.chain()` give in the rule at hand.
    private mutating func metadata(_ call: Call) -> ResolvedTerm? {
        guard let annotations, call.name.first == "rego", call.arguments.isEmpty,
            compiler.builtins[call.name.joined(separator: ".")] != nil
        else { return nil }
        let result: ResolvedTerm
        switch call.name {
        case ["rego", "metadata", "rule"]: result = annotations.rule(position, of: Int(file))
        case ["rego", "metadata", "chain"]: result = annotations.chain(position, of: Int(file))
        default: return nil
        }
        readsAnnotations = true
        mistakes += annotations.faults.map { Mistake(stage: .modifiers, diagnostic: $0) }
        return result
    }

    // MARK: Callees

    /// What a call's name stands for and how many operands that takes; `nil`, and reported, where
    /// it is nothing.
    private mutating func callee(_ call: Call, at span: Span) -> (Callee, arity: Int)? {
        if let shadowed = entry(call.name[0]), shadowed.entry.isRenamed {
            let name = call.name.joined(separator: ".")
            report("called function \(name) shadowed", .locals, at: span)
            return nil
        }
        if let path = functionPath(call.name) {
            if let arity = exports.operands(of: path) {
                return (.function(path), arity)
            }
            reportUndefined("data." + path.joined(separator: "."), call, at: span)
            return nil
        }
        let name = call.name.joined(separator: ".")
        guard let row = compiler.builtins[name] else {
            reportUndefined(name, call, at: span)
            return nil
        }
        if row.traits.contains(.deprecated), version == .v1 || compiler.options.strict {
            report(
                "deprecated built-in function calls in expression: \(name)", .deprecation,
                .type, at: span)
        }
        return (.builtin(name), row.arity)
    }

    /// The path from `data` that a call's name means, if it means one.
    mutating func functionPath(_ name: [String]) -> [String]? {
        if let global = global(name[0]) {
            return global.root == .data ? global.path + name.dropFirst() : nil
        }
        return name[0] == "data" ? Array(name.dropFirst()) : nil
    }

    private mutating func reportUndefined(_ name: String, _ call: Call, at span: Span) {
        let near = compiler.builtins.names.first { isNear(name, $0) }
            ?? packageNode.flatMap { package in
                exports.nodes[package].names.keys.sorted().first { isNear(name, $0) }
            }
        report(
            "undefined function \(name)", .calls, .type, at: span,
            hint: near.map { "did you mean `\($0)`?" })
    }

    private mutating func reportArity(
        of call: Call, _ callee: Callee, _ arity: Int, at span: Span
    ) {
        let count = call.arguments.count
        let name =
            switch callee {
            case .builtin(let name): name
            case .function(let path): "data." + path.joined(separator: ".")
            }
        let noun = count == 1 ? "argument" : "arguments"
        let wording = "function \(name) has arity \(arity), got \(count) \(noun)"
        if case .builtin = callee {
            report("\(name): arity mismatch", .calls, .type, at: span, hint: wording)
        } else {
            report(wording, .calls, .type, at: span)
        }
    }
}

extension Scope.Entry {
    /// Declared, and so no longer what its name means elsewhere.
    var isRenamed: Bool { occurrence == .assigned || occurrence == .declared }
}

extension Term {
    /// OPA's name for the kind of value.
    var kindName: String {
        switch kind {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .variable: "var"
        case .reference: "ref"
        case .call: "call"
        case .array: "array"
        case .object: "object"
        case .set: "set"
        case .arrayComprehension: "arraycomprehension"
        case .setComprehension: "setcomprehension"
        case .objectComprehension: "objectcomprehension"
        case .template: "templatestring"
        }
    }
}
