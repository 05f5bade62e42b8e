import RegoSyntax

/// The rules that an expression names, found by what its module imports and defines.
struct RuleReads {
    let module: Module
    let exports: Exports

    struct Read {
        /// From `data`: of the rules.
        let path: [String]
        /// Where a function is called.
        let call: Call?
        let isNegated: Bool
        /// Inside of a comprehension or an `every`, whose variables are not known outside.
        let isInner: Bool
    }

    /// Each path once but for calls, in the order of the text.
    /// - Parameter locals: Names that are variables here.
    func reads(of expression: Expression, locals: Set<String>) -> [Read] {
        var found: [Read] = []
        visit(expression, locals, isNegated: false, isInner: false, into: &found)
        var seen: Set<[String]> = []
        return found.filter { $0.call != nil || seen.insert($0.path).inserted }
    }

    /// The rules that a query of one expression is about: it names them and nothing below them.
    func document(of body: [Expression]) -> [String]? {
        guard body.count == 1, body[0].modifiers.isEmpty, case .term(let term) = body[0].kind
        else { return nil }
        let below: Int
        switch term.kind {
        case .variable: below = 0
        case .reference(_, let path): below = path.count
        default: return nil
        }
        guard let (path, call) = named(term, []), call == nil,
            path.count == (global(term.headName, []) ?? []).count + below
        else { return nil }
        return path
    }

    private func visit(
        _ expression: Expression, _ locals: Set<String>, isNegated: Bool, isInner: Bool,
        into found: inout [Read]
    ) {
        // Under `with`, rules have other values than those that could be told.
        guard expression.modifiers.isEmpty else { return }
        for term in expression.terms {
            visit(term, locals, isNegated: isNegated, isInner: isInner, into: &found)
        }
        for body in expression.bodies {
            var inside = (isNegated, true)
            if case .not = expression.kind { inside = (!isNegated, isInner || body.count > 1) }
            let locals = locals.union(RuleReads.declared(in: body))
            for inner in body {
                visit(inner, locals, isNegated: inside.0, isInner: inside.1, into: &found)
            }
        }
    }

    private func visit(
        _ term: Term, _ locals: Set<String>, isNegated: Bool, isInner: Bool,
        into found: inout [Read]
    ) {
        if let (path, call) = named(term, locals) {
            found.append(Read(path: path, call: call, isNegated: isNegated, isInner: isInner))
        }
        let parts: [Term] =
            switch term.kind {
            case .reference(_, let path): path
            default: term.children
            }
        let inside = locals.union(term.bodies.flatMap(RuleReads.declared))
        for part in parts {
            visit(part, inside, isNegated: isNegated, isInner: isInner, into: &found)
        }
        for body in term.bodies {
            let locals = locals.union(RuleReads.declared(in: body))
            for inner in body {
                visit(inner, locals, isNegated: isNegated, isInner: true, into: &found)
            }
        }
    }

    /// Names that a body makes variables, whatever they mean outside.
    private static func declared(in body: [Expression]) -> Set<String> {
        var mentions = Mentions()
        for expression in body {
            switch expression.kind {
            case .someVariables(let terms): mentions.add(terms)
            case .someIn(let key, let value, _): mentions.add([key, value].compactMap(\.self))
            case .term(let term):
                if case .call(let call) = term.kind, call.name == ["assign"] {
                    mentions.add(Array(call.arguments.prefix(1)))
                }
            case .every, .not, .and, .or: break
            }
        }
        return Set(mentions.names)
    }

    /// The rules that a term itself names.
    private func named(_ term: Term, _ locals: Set<String>) -> (path: [String], call: Call?)? {
        switch term.kind {
        case .variable(let name):
            return rules(at: global(name, locals) ?? []).map { ($0, nil) }
        case .reference(let head, let path):
            guard case .variable(let name) = head.kind, let start = global(name, locals) else {
                return nil
            }
            let names = path.prefix { if case .string = $0.kind { true } else { false } }
            return rules(at: start + names.map(\.text)).map { ($0, nil) }
        case .call(let call):
            guard let start = global(call.name[0], locals) else { return nil }
            return rules(at: start + call.name.dropFirst()).map { ($0, call) }
        default: return nil
        }
    }

    /// What a name stands for, from `data`.
    private func global(_ name: String, _ locals: Set<String>) -> [String]? {
        if name == "data" { return [] }
        if locals.contains(name) { return nil }
        if let item = module.imports.first(where: { $0.name == name }) {
            return item.path.first == "data" ? Array(item.path.dropFirst()) : nil
        }
        return module.package + [name]
    }

    /// The longest beginning of a path at which rules stand.
    private func rules(at path: [String]) -> [String]? {
        path.indices.reversed().lazy.map { Array(path[...$0]) }.first(where: exports.hasRules)
    }
}

extension Term {
    fileprivate var headName: String {
        switch kind {
        case .variable(let name): name
        case .reference(let head, _): head.headName
        default: ""
        }
    }

    fileprivate var text: String {
        if case .string(let text) = kind { text } else { "" }
    }
}
