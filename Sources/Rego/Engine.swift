public import RegoMachine
public import RegoSyntax

/// A compiled policy: modules in, plans out. Immutable, shared by any number of threads.
///
/// The way of a policy: `Parser` makes modules, `Compiler` resolves them, and each query that is
/// prepared is planned by `Planner` with all it reaches, lowered, and linked against the builtins.
public final class Policy: Sendable {
    public let modules: [Module]
    /// Decisions that were compiled elsewhere; a policy has modules or these.
    public let plans: Plans
    private let exchangesPlans: Bool
    let builtins: [String: Builtin]
    let compiler: Compiler
    private let capabilities: LanguageCapabilities
    private let shortcuts: Shortcuts
    private let marks: Marks
    let resolved: ResolvedPolicy
    let tree: RuleTree

    /// - Parameter plans: Instead of modules: neither could call the other's rules.
    /// - Throws: every diagnostic of every module.
    public convenience init(
        modules: [Module], plans: Plans = Plans(), builtins: [Builtin] = Builtin.all,
        options: CompileOptions = .init()
    ) throws(CompileFailure) {
        try self.init(
            modules: modules, plans: plans,
            builtins: Dictionary(uniqueKeysWithValues: builtins.map { ($0.name, $0) }),
            compiler: Compiler(
                builtins: BuiltinTable(options.capabilities.table(builtins)),
                options: CompilerOptions(
                    printEnabled: options.printEnabled, strict: options.strict,
                    features: options.capabilities.features, schemas: options.schemas)),
            capabilities: options.capabilities, shortcuts: options.shortcuts,
            marks: options.marks, exchangesPlans: options.exchangesPlans, after: nil)
    }

    /// The policy of other modules, under the same options. What is the same in both, and depends
    /// on nothing that is not, is not compiled again.
    /// - Throws: every diagnostic of every module.
    public func replacing(
        modules: [Module], plans: Plans = Plans()
    ) throws(CompileFailure) -> Policy {
        try Policy(
            modules: modules, plans: plans, builtins: builtins, compiler: compiler,
            capabilities: capabilities, shortcuts: shortcuts, marks: marks,
            exchangesPlans: exchangesPlans, after: resolved)
    }

    private init(
        modules: [Module], plans: Plans, builtins: [String: Builtin], compiler: Compiler,
        capabilities: LanguageCapabilities, shortcuts: Shortcuts, marks: Marks,
        exchangesPlans: Bool, after previous: ResolvedPolicy?
    ) throws(CompileFailure) {
        guard modules.isEmpty || plans.isEmpty else {
            throw CompileFailure(message: "plans and modules are not one policy: load either")
        }
        self.modules = modules
        self.plans = plans
        self.exchangesPlans = exchangesPlans
        self.builtins = builtins
        self.compiler = compiler
        self.capabilities = capabilities
        self.shortcuts = shortcuts
        self.marks = marks
        resolved = try Policy.orThrow(compiler.compile(modules, after: previous))
        tree = RuleTree(resolved)
    }

    /// The builtins that its rules and queries may call, in the order of their names.
    public var builtinNames: [String] { builtins.keys.sorted() }

    /// How many modules were compiled to make it: of `replacing`, those that had to be.
    package var compiledModules: Int { resolved.compiled }

    private static func orThrow<T>(_ result: Result<T, Diagnostics>) throws(CompileFailure) -> T {
        switch result {
        case .success(let value): return value
        case .failure(let refusal): throw CompileFailure(refusal.all)
        }
    }

    /// Where a rule's path is also in the base document: what OPA's command line and server refuse
    /// (`rego_compile_error`), and the engine itself does not.
    public func conflicts(with data: Document) -> [Diagnostic] {
        var found: [Diagnostic] = []
        tree.visitRules(where: data.holdsValue) { rule in
            let path = rule.path.joined(separator: "/")
            found.append(
                Diagnostic(
                    code: .compile, message: "conflicting rule for data path \(path) found",
                    file: resolved.file(rule.span.file), span: rule.span.span,
                    hint: "rename the rule, or take the value out of the data"))
        }
        return found.sorted { ($0.file, $0.span.start) < ($1.file, $1.span.start) }
    }

    /// A query such as `data.authz.allow == true; x := input.y`, ready for any thread.
    /// - Parameter imports: As the text after `import`, such as `data.authz`.
    /// - Parameter package: Where names of rules are looked up, such as `authz`.
    /// - Parameter version: The language that the query is written in.
    /// - Throws: what is wrong with the query, the package or an import.
    public func prepare(
        query: String, package: String? = nil, imports: [String] = [],
        version: LanguageVersion = .v1
    ) throws(CompileFailure) -> PreparedQuery {
        let source = Source(name: "", text: query)
        let options = capabilities.parserOptions(version)
        let body = try Policy.orThrow(Parser.query(source, options: options))
        if let planned = try preparedPlan(body, text: query, imports: imports) { return planned }
        let header = try header(package, imports)
        return try prepared(try resolve(body, source, header, version), file: "")
    }

    func resolve(
        query: String, package: String? = nil, imports: [String] = [], version: LanguageVersion
    ) throws(CompileFailure) -> ResolvedQuery {
        let source = Source(name: "", text: query)
        let options = capabilities.parserOptions(version)
        let body = try Policy.orThrow(Parser.query(source, options: options))
        return try resolve(body, source, try header(package, imports), version)
    }

    private func resolve(
        _ body: [Expression], _ source: Source, _ header: Module?, _ version: LanguageVersion
    ) throws(CompileFailure) -> ResolvedQuery {
        try Policy.orThrow(
            compiler.query(
                body, source: source, package: header?.package ?? [],
                imports: header?.imports ?? [], version: version, against: resolved))
    }

    /// The package and imports of a query, read as a module's head.
    func header(
        _ package: String?, _ imports: [String]
    ) throws(CompileFailure) -> Module? {
        if package == nil && imports.isEmpty { return nil }
        let text = (["package \(package ?? "query")"] + imports.map { "import \($0)" })
            .joined(separator: "\n")
        return try Policy.orThrow(Parser.module(Source(name: "", text: text)))
    }

    /// Expressions of a module's rule as a query, with the names that the module gives them.
    func prepare(body: [Expression], in module: Module) throws(CompileFailure) -> PreparedQuery {
        let query = try Policy.orThrow(
            compiler.query(
                body, source: module.source, package: module.package, imports: module.imports,
                version: module.version, against: resolved))
        return try prepared(query, file: module.source.name)
    }

    func prepared(
        _ query: ResolvedQuery, file: String = ""
    ) throws(CompileFailure) -> PreparedQuery {
        let planner = Planner(tree, files: resolved.files + [file], marks: marks)
        planner.plan(query)
        return PreparedQuery(
            try link(planner), variables: query.variables.map(\.name),
            expressions: query.expressions.map { ($0.text, $0.span) })
    }

    /// The decision at a path of `data`, such as `["authz", "allow"]`: base, virtual, or both.
    public func prepare(path: [String]) throws(CompileFailure) -> PreparedQuery {
        if let planned = try preparedPlan(at: path) { return planned }
        let planner = Planner(tree, files: resolved.files, marks: marks)
        planner.plan(path: path)
        return PreparedQuery(try link(planner), variables: [], expressions: nil)
    }

    func diagnostic(_ refusal: Planner.Refusal) -> Diagnostic {
        let place = refusal.location
        return Diagnostic(
            code: refusal.code, message: refusal.message, file: resolved.file(place.file),
            span: Span(start: 0, end: 0, row: place.row, column: place.column),
            hint: refusal.hint)
    }

    private func link(_ planner: Planner) throws(CompileFailure) -> Program {
        if !planner.refusals.isEmpty {
            throw CompileFailure(planner.refusals.map { diagnostic($0) })
        }
        if exchangesPlans { return try exchanged(planner.output) }
        return try program(planner.output, plan: Planner.planName, isForeign: false)
    }

    /// The plan as somebody else would get it.
    private func exchanged(_ plan: IRPolicy) throws(CompileFailure) -> Program {
        do {
            let text = try PlanWriter.json(plan, builtins: builtins)
            let read = try PlanReader.policy(text)
            try PlanVerifier.verify(read, builtins: builtins)
            return try program(read, plan: Planner.planName, isForeign: true)
        } catch let failure as CompileFailure {
            throw failure
        } catch {
            throw CompileFailure(message: "plan.json: \(error)")
        }
    }

    func program(
        _ policy: IRPolicy, plan: String, isForeign: Bool
    ) throws(CompileFailure) -> Program {
        do throws(Lowering.Failure) {
            return try Lowering.program(
                policy, plan: plan, builtins: builtins, isForeign: isForeign,
                shortcuts: shortcuts)
        } catch {
            let message =
                switch error {
                case .unknownBuiltin(let name): "undefined function \(name)"
                case .unknownPlan(let name): "no plan named \(name)"
                case .invalidPlan(let reason): reason
                case .limit: "the policy's constants take too much memory"
                }
            throw CompileFailure(message: message)
        }
    }
}

/// How modules are compiled.
public struct CompileOptions: Sendable {
    /// Whether `print` writes, or vanishes at compile time.
    public var printEnabled = true
    /// OPA's strict mode.
    public var strict = false
    /// What `input` and base documents are.
    public var schemas = SchemaSet()
    /// What policies and queries may use.
    public var capabilities = LanguageCapabilities()
    /// What policies tell their host of what they evaluate.
    public var marks = Marks.none
    /// What evaluation leaves out. No answer depends on it.
    public var shortcuts = Shortcuts.all
    /// Whether each plan goes by way of its `plan.json`: slow, and proof that the text says all.
    package var exchangesPlans = false
    public init() {}
}

/// Why a policy or a query did not compile; never empty.
public struct CompileFailure: Error, Sendable {
    public let diagnostics: [Diagnostic]
    public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    /// What has no place in a source.
    init(message: String) {
        let start = Span(start: 0, end: 0, row: 0, column: 0)
        self.init([Diagnostic(code: .compile, message: message, file: "", span: start)])
    }
}

/// A query ready to run.
public final class PreparedQuery: Sendable {
    /// True where an evaluation may wait for the world: never on an event loop.
    public let mayBlock: Bool
    let program: Program
    let variables: [String]
    /// The text and place of each expression; `nil` for a decision by path, whose one result is
    /// the value itself.
    let expressions: [(text: String, span: Span)]?
    /// The query of a decision by path, where it was asked for as a query.
    let text: String

    init(
        _ program: Program, variables: [String], expressions: [(text: String, span: Span)]?,
        text: String = ""
    ) {
        self.program = program
        self.text = text
        self.variables = variables
        self.expressions = expressions
        mayBlock = program.mayBlock
    }
}
