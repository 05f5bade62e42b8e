import RegoSyntax

/// Gives each name of one module, or of a query, its meaning.
///
/// A name is, in this order: a local of an enclosing body, a rule of the package or an import
/// (unless an enclosing body declares the name further down), `input` or `data`, or else a
/// variable of the outermost body around it that uses it outside of closures.
///
/// The text's conveniences end here: `some … in`, `:=` and calls with an output operand are
/// unifications, `print` and templates are calls over set comprehensions, heads are patterns whose
/// values the body binds, values of `with` are bound before their expression.
struct Resolver {
    let compiler: Compiler
    let exports: Exports
    let file: Int32
    let source: Source
    let version: LanguageVersion
    let package: [String]
    /// Where the package stands in `exports`, if any module has it.
    let packageNode: Int?
    let imports: [String: Global]
    /// Of all modules; `nil` for a query.
    let annotations: Annotations?

    var mistakes: [Mistake] = []
    /// Names of imports that something uses.
    var usedImports: Set<String> = []
    var readsAnnotations = false

    // Of the rule or query at hand.
    /// The rule's position in its module.
    var position = 0
    /// How many mistakes there were before it.
    var soundUpTo = 0
    var locals = LocalTable()
    var variables: [Variable] = []
    var scopes: [Scope] = []
    /// Whether it has a `not` that is not scoped.
    var negates = false
    /// How many closures are open.
    var depth = 0

    /// What an import or a rule's name stands for.
    struct Global {
        enum Root { case input, data }
        let root: Root
        let path: [String]
    }

    init(
        _ compiler: Compiler, exports: Exports, file: Int32, source: Source,
        version: LanguageVersion, package: [String], imports: [Import],
        annotations: Annotations? = nil
    ) {
        self.compiler = compiler
        self.annotations = annotations
        self.exports = exports
        self.file = file
        self.source = source
        self.version = version
        self.package = package
        packageNode = exports.find(package)
        var named: [String: Global] = [:]
        for item in imports {
            guard let global = item.global, let name = item.name else { continue }
            named[name] = global
        }
        self.imports = named
    }

    var isQuery: Bool { annotations == nil }

    func place(_ span: Span) -> ResolvedSpan { ResolvedSpan(file: file, span: span) }

    mutating func report(
        _ message: String, _ stage: Stage, _ code: Diagnostic.Code = .compile, at span: Span,
        hint: String? = nil
    ) {
        let diagnostic = Diagnostic(
            code: code, message: message, file: source.name, span: span, hint: hint)
        mistakes.append(Mistake(stage: stage, diagnostic: diagnostic))
    }

    // MARK: Names

    /// A new local; `label` is `nil` for one that the author did not write.
    mutating func makeLocal(_ label: String?, at span: Span, depth: Int? = nil) -> LocalID {
        let isWildcard = label?.hasPrefix("$") ?? false
        variables.append(
            Variable(
                label: isWildcard ? "_" : label, depth: depth ?? self.depth, place: span))
        return locals.make(isWildcard ? nil : label)
    }

    /// The local that an enclosing body has made of a name by now.
    func entry(_ name: String) -> (scope: Int, entry: Scope.Entry)? {
        var index = scopes.count - 1
        while index >= 0 {
            if let entry = scopes[index].entries[name] { return (index, entry) }
            index -= 1
        }
        return nil
    }

    /// The rule or import of this name, unless an enclosing body means something else by it.
    mutating func global(_ name: String) -> Global? {
        if scopes.contains(where: { $0.declares.contains(name) }) { return nil }
        if let imported = imports[name] {
            usedImports.insert(name)
            return imported
        }
        guard let packageNode, exports.nodes[packageNode].names[name] != nil else { return nil }
        return Global(root: .data, path: package + [name])
    }

    /// What a name, read as a value, is.
    mutating func name(_ name: String, at span: Span) -> ResolvedTerm {
        if let (scope, found) = entry(name) {
            scopes[scope].entries[name]?.uses += 1
            if found.occurrence == .ahead { scopes[scope].entries[name]?.occurrence = .seen }
            return .local(found.local)
        }
        if let global = global(name) { return global.term }
        switch name {
        case "input": return .input
        case "data": return .data
        default:
            // Used before the `:=` of its own body: an error there, or here.
            let local = makeLocal(name, at: span)
            scopes[scopes.count - 1].entries[name] = Scope.Entry(local: local, occurrence: .seen)
            return .local(local)
        }
    }

    /// Declares a name in the innermost scope.
    mutating func declare(
        _ name: String, as occurrence: Scope.Occurrence, at span: Span,
        forClosures: Bool = false, reportAt: Span? = nil
    ) -> LocalID {
        checkShadowing(name, at: reportAt ?? span)
        let innermost = scopes.count - 1
        if let present = scopes[innermost].entries[name], present.occurrence != .ahead {
            let problem =
                switch present.occurrence {
                case .seen: "var \(name) referenced above"
                case .assigned: "var \(name) assigned above"
                case .declared: "var \(name) declared above"
                case .argument, .ahead: "arg \(name) redeclared"
                }
            report(problem, .locals, at: reportAt ?? span)
            return present.local
        }
        let local = makeLocal(name, at: span)
        var made = Scope.Entry(local: local, occurrence: occurrence)
        made.isForClosures = forClosures
        scopes[innermost].entries[name] = made
        return local
    }

    // MARK: Scopes

    /// Opens the scope of a body and of the terms that share it.
    mutating func openScope(
        _ body: [Expression], and terms: [Term] = [], arguments: [String: Scope.Entry] = [:]
    ) {
        var collector = NameCollector()
        collector.add(body)
        terms.forEach { collector.add($0) }
        var scope = Scope()
        scope.entries = arguments
        scope.declares = collector.declared
        for name in arguments.keys { scope.declares.insert(name) }
        scope.direct = collector.known
        scopes.append(scope)
        extend(with: collector)
    }

    /// Makes locals of the names that nothing declares, before any closure mentions them.
    private mutating func extend(with collector: NameCollector) {
        let innermost = scopes.count - 1
        for (name, span) in zip(collector.known.names, collector.spans)
        where !collector.declared.contains(name) {
            if let (scope, found) = entry(name) {
                guard found.isForClosures else { continue }
                scopes[scope].entries[name]?.uses += 1
            } else if name == "input" || name == "data" || global(name) != nil {
                continue
            }
            let local = makeLocal(name, at: span)
            scopes[innermost].entries[name] = Scope.Entry(local: local, occurrence: .ahead)
        }
    }

    /// Closes the innermost scope, and tells what it declared in vain.
    @discardableResult
    mutating func closeScope(_ body: [Expression]) -> Scope {
        let scope = scopes.removeLast()
        guard mistakes.count == soundUpTo else { return scope }
        for (name, entry) in scope.entries where !name.hasPrefix("$") && entry.uses == 0 {
            switch entry.occurrence {
            case .declared:
                report("declared var \(name) unused", .locals, at: place(of: name, in: body))
            case .assigned where compiler.options.strict:
                report("assigned var \(name) unused", .locals, at: place(of: name, in: body))
            default: break
            }
        }
        return scope
    }

    /// The expression that declares a name, or the body's first.
    private func place(of name: String, in body: [Expression]) -> Span {
        for expression in body {
            var collector = NameCollector()
            collector.add(expression)
            if collector.declared.contains(name) { return expression.span }
        }
        return body.first?.span ?? Span(start: 0, end: 0, row: 1, column: 1)
    }
}

extension Resolver.Global {
    var term: ResolvedTerm {
        let head: ResolvedTerm = root == .input ? .input : .data
        return path.isEmpty ? head : .reference(head, path.map { .string($0) })
    }
}

extension Import {
    /// What it stands for; `nil` for `rego.v1` and `future.keywords`.
    var global: Resolver.Global? {
        switch path.first {
        case "input": Resolver.Global(root: .input, path: Array(path.dropFirst()))
        case "data": Resolver.Global(root: .data, path: Array(path.dropFirst()))
        default: nil
        }
    }

    var name: String? { alias ?? path.last }
}
