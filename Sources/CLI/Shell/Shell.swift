import Bundles
import Rego
import RegoMachine
import RegoSyntax

/// The interactive shell: what was loaded, what was typed since, and how answers are printed.
///
/// A line is a command of `ShellCommand.all`, or a statement: query, rule, import or package.
/// What does not parse is taken for the beginning of something longer, until an empty line ends it.
/// Absent on purpose: state that a query could change. Only statements that say so are kept.
struct Shell {
    /// What files and folders gave.
    let loaded: LoadedPolicy
    let version: LanguageVersion
    let capabilities: LanguageCapabilities
    let host: Host
    /// What was typed, by package; the first that a statement needs is `repl`.
    var modules: [[String]: ShellModule] = [:]
    var package = Self.firstPackage
    /// The loaded modules and those typed, compiled.
    private(set) var policy: Policy
    var format = Check.Format.pretty
    var cellBytesMax = 80
    var errorsMax = 10
    var isStrict = false
    var showsMetrics = false
    var explains = ExplanationMode.off
    /// What queries are to do without; then what is left of them is printed.
    var unknowns: [String] = []
    let interruption = Interruption()

    static let firstPackage = ["repl"]

    init(
        _ loaded: LoadedPolicy, version: LanguageVersion, capabilities: LanguageCapabilities,
        host: Host
    ) throws(Problems) {
        self.loaded = loaded
        self.version = version
        self.capabilities = capabilities
        self.host = host
        var options = CompileOptions()
        options.capabilities = capabilities
        do throws(CompileFailure) {
            policy = try Policy(
                modules: loaded.modules, plans: loaded.plans, options: options)
            let conflicts = policy.conflicts(with: loaded.data)
            if !conflicts.isEmpty { throw CompileFailure(conflicts) }
        } catch {
            throw Problems(error.diagnostics, sources: Sources(modules: loaded.modules))
        }
    }

    var module: ShellModule { modules[package] ?? ShellModule(package: package) }

    /// Takes lines until the input ends, or `exit`.
    /// - Returns: Whether a line failed that came through a pipe.
    mutating func run(reading reader: inout LineReader) -> Bool {
        if reader.isTerminal {
            interruption.watch()
            Self.say("Ostiary \(Version.number): `help` names the commands, `exit` ends.")
        }
        var pending: [String] = []
        var hasFailed = false
        loop: while true {
            let line = reader.line(
                prompt: pending.isEmpty ? "> " : "| ", completing: completions)
            var text = ""
            switch line {
            case .text(let typed): text = typed
            case .interrupted:
                pending = []
                Self.say("^C")
                continue loop
            case .end: if pending.isEmpty { break loop }
            }
            do throws(Problems) {
                switch try take(text, after: &pending) {
                case .more: break
                case .exit: break loop
                }
            } catch {
                hasFailed = true
                Standard.error(error.limited(to: errorsMax).text + "\n")
            }
            if case .end = line { break }
        }
        if reader.isTerminal { Self.say("") }
        return hasFailed && !reader.isTerminal
    }

    enum Next { case more, exit }

    private mutating func take(
        _ line: String, after pending: inout [String]
    ) throws(Problems) -> Next {
        if pending.isEmpty, let (command, arguments) = ShellCommand.named(in: line) {
            return try command.run(&self, arguments)
        }
        let isLast = line.allSatisfy(\.isWhitespace)
        pending.append(line)
        let text = pending.joined(separator: "\n")
        guard text.contains(where: { !$0.isWhitespace }) else {
            pending = []
            return .more
        }
        switch Statement.read(text, in: module, version: version) {
        case .failure(let found):
            guard isLast else { return .more }
            pending = []
            throw Problems(
                found.all, sources: Sources(query: Source(name: "", text: text)))
        case .success(let statement):
            pending = []
            try carryOut(statement)
            return .more
        }
    }

    static func say(_ line: String) { Standard.output(Array((line + "\n").utf8)) }

    // MARK: Statements

    private mutating func carryOut(_ statement: Statement) throws(Problems) {
        switch statement {
        case .package(let path):
            package = path
            if modules[path] == nil { try put(ShellModule(package: path)) }
        case .imports(let texts):
            var module = self.module
            for text in texts where !module.imports.contains(text) { module.imports.append(text) }
            try put(module)
        case .rules(let rules): try define(rules)
        case .query(let text, let asRules):
            if let asRules, definesRule(text) { return try define(asRules) }
            try answer(text)
        }
    }

    private mutating func define(_ rules: [ShellModule.TypedRule]) throws(Problems) {
        var module = self.module
        let names = Set(rules.filter(\.replaces).map(\.name))
        let count = module.rules.count
        module.rules.removeAll { names.contains($0.name) }
        let verb = module.rules.count < count ? "re-defined" : "defined"
        module.rules += rules
        try put(module)
        guard format == .pretty else { return }
        for name in Set(rules.map(\.name)).sorted() {
            Self.say(
                "Rule '\(name)' \(verb) in package \(module.packageText)."
                    + " Type 'show' to see rules.")
        }
    }

    /// Takes a module in the place of the one of its package; nothing changes where that fails.
    mutating func put(_ module: ShellModule) throws(Problems) {
        var modules = self.modules
        modules[module.package] = module
        try replace(by: modules)
    }

    mutating func replace(by modules: [[String]: ShellModule]) throws(Problems) {
        var parsed: [Module] = []
        for module in modules.values {
            switch module.parsed(version: version) {
            case .success(let read): parsed.append(read)
            case .failure(let found): throw Problems(found.all, sources: Sources())
            }
        }
        let all = loaded.modules + parsed
        do throws(CompileFailure) {
            let candidate = try policy.replacing(modules: all, plans: loaded.plans)
            let conflicts = candidate.conflicts(with: loaded.data)
            if !conflicts.isEmpty { throw CompileFailure(conflicts) }
            policy = candidate
        } catch {
            throw Problems(error.diagnostics, sources: Sources(modules: all))
        }
        self.modules = modules
    }

    // MARK: Queries

    /// Whether `name = value` is a definition: nothing has the name yet, and the value says all.
    private func definesRule(_ text: String) -> Bool {
        let source = Source(name: "", text: text)
        let options = ParserOptions(version: version)
        guard case .success(let body) = Parser.query(source, options: options), body.count == 1,
            case .term(let term) = body[0].kind, body[0].modifiers.isEmpty,
            case .call(let call) = term.kind, call.arguments.count == 2
        else { return false }
        if call.notation == .infix(":=") { return true }
        guard call.notation == .infix("="), case .variable(let name) = call.arguments[0].kind,
            !globals.contains(name), !name.hasPrefix("$")
        else { return false }
        var isClosed = true
        call.arguments[1].forEachTerm {
            if case .variable(let other) = $0.kind, !globals.contains(other) { isClosed = false }
        }
        return isClosed
    }

    /// The names that mean something in the package at hand.
    private var globals: Set<String> {
        var names: Set<String> = ["input", "data"]
        for module in policy.modules where module.package == package {
            names.formUnion(module.rules.map(\.head.name))
        }
        for text in module.imports {
            let words = text.split(separator: " ")
            names.insert(String(words.last?.split(separator: ".").last ?? ""))
        }
        return names
    }

    private func answer(_ text: String) throws(Problems) {
        if !unknowns.isEmpty { return try answerPartially(text) }
        var timers = Timers()
        let sources = Sources(modules: policy.modules, query: Source(name: "", text: text))
        let prepared: PreparedQuery
        do throws(CompileFailure) {
            prepared = try timers.measure("timer_rego_query_compile_ns") {
                () throws(CompileFailure) in
                try policy.prepare(
                    query: text, package: module.packageText, imports: module.imports,
                    version: version)
            }
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
        let input = try self.input()
        var report = EvalReport()
        do throws(EvaluationFailure) {
            report = try timers.measure("timer_rego_query_eval_ns") {
                () throws(EvaluationFailure) in try results(prepared, input)
            }
        } catch {
            throw Problems([Problem(error)])
        }
        if showsMetrics { report.metrics = Timers.rows(of: [timers]) }
        report.explanation = explains.explanation(
            of: text, package: module.packageText, imports: module.imports, version: version,
            by: Explainer(
                policy: policy, data: loaded.data, input: input, host: host, limits: Limits(),
                isFull: explains != .fails))
        print(report)
    }

    func print(_ report: EvalReport) {
        let layout: EvalReport.Format = format == .json ? .json : .pretty
        let (output, errors) = report.printed(as: layout, cellBytesMax: cellBytesMax)
        Standard.output(output)
        if !errors.isEmpty { Standard.error(errors) }
    }

    private func results(
        _ query: PreparedQuery, _ input: [UInt8]?
    ) throws(EvaluationFailure) -> EvalReport {
        var world = host
        world.print = { line in Standard.error(line + "\n") }
        let notes = Notes()
        if explains == .notes { world.note = { notes.add($0) } }
        let evaluator = Evaluator(host: world)
        var options = EvaluationOptions()
        options.strictBuiltinErrors = isStrict
        var report = EvalReport()
        report.rows = try interruption.during(evaluator.cancellation) {
            () throws(EvaluationFailure) in
            guard let input else {
                return try unsafe evaluator.results(
                    query, data: loaded.data, input: .undefined, options: options
                ).rows
            }
            let span = input.span
            return try unsafe span.withUnsafeBytes { (bytes) throws(EvaluationFailure) in
                try unsafe evaluator.results(
                    query, data: loaded.data, input: .json(bytes), options: options
                ).rows
            }
        }
        report.notes = explains == .notes ? notes.all : nil
        return report
    }

    /// What `data.repl.input` is: the input document of every query.
    func input() throws(Problems) -> [UInt8]? {
        do {
            let query = try policy.prepare(path: ["repl", "input"])
            let evaluator = Evaluator(host: host)
            var json: [UInt8] = []
            let outcome = try interruption.during(evaluator.cancellation) {
                () throws(EvaluationFailure) in
                try unsafe evaluator.decide(
                    query, data: loaded.data, input: .undefined, into: &json)
            }
            return outcome.isDefined ? json : nil
        } catch let failure as EvaluationFailure {
            throw Problems([Problem(failure)])
        } catch let failure as CompileFailure {
            throw Problems(failure.diagnostics, sources: Sources(modules: policy.modules))
        } catch {
            throw Problems(clause: "data.repl.input: \(error)")
        }
    }

    // MARK: Completion

    /// Commands, names of the package at hand, and paths of rules and packages.
    private var completions: [String] {
        var words = Set(ShellCommand.all.map(\.name)).union(globals)
        for module in policy.modules {
            let package = "data." + module.package.joined(separator: ".")
            words.insert(package)
            words.formUnion(module.rules.map { "\(package).\($0.head.name)" })
        }
        words.formUnion(policy.builtinNames)
        return words.sorted()
    }
}
