import RegoSyntax

extension Compiler {
    /// Pass: gives names their meaning; trees become drafts.
    func resolve(_ work: inout Work) {
        let annotations = Annotations(work.modules)
        for index in work.changed {
            let module = work.modules[index].module
            var resolver = Resolver(
                self, exports: work.exports, file: Int32(index), source: module.source,
                version: module.version, package: module.package, imports: module.imports,
                annotations: annotations)
            work.modules[index].drafts = resolver.module(module)
            work.modules[index].readsAnnotations = resolver.readsAnnotations
            work.modules[index].reads = work.modules[index].drafts.reads
            if options.strict { resolver.reportUnusedImports(module.imports) }
            work.report(resolver.mistakes, in: index)
        }
    }
}

extension Resolver {
    mutating func module(_ module: Module) -> [Draft] {
        var drafts: [Draft] = []
        drafts.reserveCapacity(module.rules.count)
        for position in module.rules.indices {
            soundUpTo = mistakes.count
            self.position = position
            var draft = rule(module.rules[position])
            if module.hasOtherRuleOnLine(of: position) {
                draft.nameOnSharedLine = module.rules[position].head.written
            }
            drafts.append(draft)
        }
        return drafts
    }

    mutating func reportUnusedImports(_ imports: [Import]) {
        for item in imports where item.global != nil {
            guard let name = item.name, !usedImports.contains(name) else { continue }
            report("\(item.written) unused", .names, at: item.span)
        }
    }

    private mutating func rule(_ rule: Rule) -> Draft {
        locals = LocalTable()
        variables = []
        scopes = []
        negates = false
        depth = 0
        let (patterns, entries, evaluated) = arguments(rule)
        var used = Set<String>()
        var rest: [ResolvedTerm] = []
        var branches: [ResolvedRule.Branch] = []
        let parts = [(rule.head.valueTerm, rule.body, rule.span)]
            + rule.elses.map { ($0.value, $0.body, $0.span) }
        for (position, (value, body, span)) in parts.enumerated() {
            let path = position == 0 ? Array(rule.head.dynamicPath) : []
            let heads = path + (value.map { [$0] } ?? []) + evaluated.map(\.term)
            openScope(body, and: heads, arguments: entries)
            var resolved = expressions(body)
            for term in path { rest.append(bound(self.term(term), at: term.span, in: &resolved)) }
            // What a default is, is read where no body holds: it stays in its place.
            let result = value.map {
                rule.isDefault ? term($0) : bound(term($0), at: $0.span, in: &resolved)
            }
            for (local, term) in evaluated {
                let match = ResolvedExpression.Kind.unify(.local(local), self.term(term))
                resolved.append(ResolvedExpression(kind: match, span: place(term.span)))
            }
            for (name, entry) in closeScope(body).entries
            where entry.occurrence == .argument && entry.uses > 0 {
                used.insert(name)
            }
            branches.append(
                ResolvedRule.Branch(
                    value: result ?? .boolean(true), body: resolved, span: place(span)))
        }
        if compiler.options.strict { reportUnusedArguments(entries.keys, used, rule) }
        return Draft(
            rule: ResolvedRule(
                path: rule.head.constantPath(in: package), rest: rest, kind: rule.head.resolvedKind,
                arguments: patterns, isDefault: rule.isDefault, branches: branches,
                locals: locals, span: place(rule.span)),
            variables: variables, negates: negates, nameOnSharedLine: nil)
    }

    // MARK: Arguments

    /// The operands' patterns, the names they bind, and what a body must match further.
    private mutating func arguments(
        _ rule: Rule
    ) -> ([ResolvedTerm], [String: Scope.Entry], [(local: LocalID, term: Term)]) {
        guard let arguments = rule.head.arguments else { return ([], [:], []) }
        let isPattern = arguments.map { !$0.takesEvaluation }
        var named: [(String, Span)] = []
        for (argument, isPattern) in zip(arguments, isPattern) where isPattern {
            argument.patternVariables(into: &named)
        }
        var scope = Scope()
        for (name, span) in named where scope.entries[name] == nil {
            if name == "input" || name == "data" {
                report(
                    "args must not shadow \(name) (use a different variable name)", .names,
                    at: rule.head.span)
            }
            scope.entries[name] = Scope.Entry(
                local: makeLocal(name, at: span), occurrence: .argument)
            scope.declares.insert(name)
        }
        scopes = [scope]
        var evaluated: [(local: LocalID, term: Term)] = []
        let patterns = zip(arguments, isPattern).map { argument, isPattern in
            if isPattern { return term(argument) }
            evaluated.append((makeLocal(nil, at: argument.span), argument))
            return .local(evaluated[evaluated.count - 1].local)
        }
        var entries = scopes[0].entries
        for name in entries.keys { entries[name]?.uses = 0 }
        scopes = []
        return (patterns, entries, evaluated)
    }

    private mutating func reportUnusedArguments(
        _ names: some Sequence<String>, _ used: Set<String>, _ rule: Rule
    ) {
        guard !rule.isDefault else { return }
        for name in names.sorted() where !name.hasPrefix("$") && !used.contains(name) {
            report(
                "unused argument \(name). (hint: use _ (wildcard variable) instead)", .locals,
                at: rule.head.span)
        }
    }
}

extension Module {
    /// Whether a rule of another name begins on the line where this one does.
    fileprivate func hasOtherRuleOnLine(of position: Int) -> Bool {
        let row = rules[position].span.row
        var first = position
        while first > 0, rules[first - 1].span.row == row { first -= 1 }
        var end = position + 1
        while end < rules.count, rules[end].span.row == row { end += 1 }
        guard end - first > 1 else { return false }
        let name = rules[position].head.written
        return rules[first..<end].contains { $0.head.written != name }
    }
}

extension Rule.Head {
    /// The value, or the member of a set.
    var valueTerm: Term? {
        switch kind {
        case .value(let term, _): term
        case .contains(let term): term
        }
    }

    var resolvedKind: ResolvedRule.Kind {
        if arguments != nil { return .function }
        return if case .contains = kind { .member } else { .value }
    }

    /// As errors name it: `p`, `a.b[x].c`.
    var written: String {
        path.reduce(name) { text, element in
            switch element.kind {
            case .string(let name): "\(text).\(name)"
            case .variable(let name): "\(text)[\(name)]"
            case .number(let literal): "\(text)[\(literal)]"
            default: "\(text)[_]"
            }
        }
    }
}

extension Term {
    /// Whether it is more than a pattern of constants and variables.
    fileprivate var takesEvaluation: Bool {
        switch kind {
        case .null, .boolean, .number, .string, .variable: false
        case .array(let elements), .set(let elements): elements.contains { $0.takesEvaluation }
        case .object(let pairs):
            pairs.contains { $0.key.takesEvaluation || $0.value.takesEvaluation }
        case .reference, .call, .template: true
        case .arrayComprehension, .setComprehension, .objectComprehension: true
        }
    }
}
