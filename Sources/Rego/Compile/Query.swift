package import RegoSyntax

extension Compiler {
    /// Resolves a query. Its spans name the file after the policy's last.
    package func query(
        _ body: [Expression], source: Source, package: [String] = [], imports: [Import] = [],
        version: LanguageVersion = .v1, against policy: ResolvedPolicy
    ) -> Result<ResolvedQuery, Diagnostics> {
        var resolver = Resolver(
            self, exports: policy.exports, file: Int32(policy.files.count), source: source,
            version: version, package: package, imports: imports)
        let resolved = resolver.query(body)
        var orderer = Orderer(
            variables: resolver.variables, locals: resolver.locals, file: source.name,
            nameOnSharedLine: nil, names: { Set(resolver.imports.keys) })
        var query = resolved
        query.body = orderer.order(resolved.body, depth: 0, bound: LocalSet())
        var mistakes = resolver.mistakes + orderer.mistakes
        if mistakes.isEmpty {
            var checker = TypeChecker(
                builtins: builtins, exports: policy.exports, modules: policy.modules,
                types: policy.types, schemas: options.schemas)
            mistakes = checker.check(
                query.body, locals: orderer.locals, of: body, file: source.name)
        }
        guard mistakes.isEmpty else { return .failure(Diagnostics(mistakes.earliest)) }
        var locals = orderer.locals
        query.body = query.body.hoistingNegated(&locals)
        query.locals = locals
        return .success(query)
    }
}

extension Resolver {
    /// Each expression that is a term has its value kept in a local, so that `1 == 2` has the
    /// value `false`; beside other expressions, or where it iterates, it must not be `false`.
    mutating func query(_ body: [Expression]) -> ResolvedQuery {
        openScope(body)
        var resolved: [ResolvedExpression] = []
        var checks: [ResolvedExpression] = []
        var values: [(value: ResolvedTerm, text: String, span: Span)] = []
        for expression in body {
            var expanded: [ResolvedExpression] = []
            add(expression, to: &expanded)
            var value = ResolvedTerm.boolean(true)
            if let last = expanded.last, case .term(let term) = last.kind, !term.isVoid,
                case .term = expression.kind
            {
                value = .local(makeLocal(nil, at: expression.span))
                expanded[expanded.count - 1].kind = .unify(value, term)
                checks.append(ResolvedExpression(kind: .term(value), span: last.span))
            }
            values.append((value, source.text(expression.span), expression.span))
            resolved += expanded
        }
        if body.count > 1 || body.contains(where: \.iterates) { resolved += checks }
        let variables = scopes[0].entries
            .filter { !$0.key.hasPrefix("$") && $0.value.occurrence != .ahead }
            .map { (name: $0.key, local: $0.value.local) }
            .sorted { self.variables[$0.local].place.start < self.variables[$1.local].place.start }
        scopes = []
        return ResolvedQuery(
            body: resolved, variables: variables, expressions: values, locals: locals)
    }
}

extension ResolvedTerm {
    /// A call for its effect alone.
    fileprivate var isVoid: Bool {
        if case .call(.builtin("internal.print"), _, _) = self { true } else { false }
    }
}

extension Source {
    func text(_ span: Span) -> String {
        String(decoding: bytes[Int(span.start)..<Int(span.end)], as: UTF8.self)
    }
}

extension Expression {
    /// Whether it may have several values: it reads with a variable for a key, or walks.
    fileprivate var iterates: Bool {
        switch kind {
        case .term(let term): term.iterates
        case .someIn, .someVariables: true
        case .every, .not, .and, .or: false
        }
    }
}

extension Term {
    fileprivate var iterates: Bool {
        switch kind {
        case .reference(let head, let path):
            head.iterates
                || path.contains {
                    if case .variable = $0.kind { true } else { $0.iterates }
                }
        case .call(let call): call.name == ["walk"] || call.arguments.contains { $0.iterates }
        case .array(let elements), .set(let elements): elements.contains { $0.iterates }
        case .object(let pairs): pairs.contains { $0.key.iterates || $0.value.iterates }
        case .null, .boolean, .number, .string, .variable, .template: false
        case .arrayComprehension, .setComprehension, .objectComprehension: false
        }
    }
}
