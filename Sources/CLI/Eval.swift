import ArgumentParser
import Bundles
import Outbound
import Rego
import RegoMachine
import RegoSyntax

/// `ostiary eval`: one query, its answers printed.
struct Eval: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate a query and print its answers.",
        discussion: """
            A query is what stands in a rule's body: one expression or several.

              ostiary eval 'x := 1; y := x + 1'
              ostiary eval -f pretty -d examples/invoicing/data 'data.roles[r].permissions'
              ostiary eval -d examples/invoicing/policies -d examples/invoicing/data \\
                -i examples/invoicing/inputs/approval.json data.invoicing.decision
              echo '{"method": "GET"}' | ostiary eval -I -f raw \\
                -d examples/invoicing/policies data.invoicing.reasons
              ostiary eval -d examples/invoicing/policies --package invoicing \\
                'allow with input as {}'
              ostiary eval -d examples/invoicing/policies --profile -f pretty \\
                data.invoicing.decision
              ostiary eval -d examples/invoicing/policies --partial -f pretty \\
                -u input.subject data.invoicing.allow

            Formats: json (all of it), pretty (for people), values and bindings
            (one JSON text an answer), raw (strings without quotes, for shells),
            discard (all but the answer), source (Rego, of --partial).

            --partial prints what is left of the query when all is evaluated that is
            known: json, pretty and source. A rule stays a rule where its expansion
            would say something else: where two of its values could conflict, where
            a default could be wanted, in array comprehensions.

            --profile counts what each line evaluated, how often that had a solution
            (redo), and the time until the next line was evaluated. --coverage says
            which lines were reached.

            Exit status: 0; 1 for --fail and an undefined query, and for
            --fail-defined and a defined one; 2 for errors.
            """)

    @Argument(help: "The query.")
    var query: String?

    @OptionGroup var flags: QueryFlags
    @OptionGroup var policyFlags: PolicyFlags

    @Option(name: [.customShort("f"), .long], help: "How answers are printed.")
    var format = EvalReport.Format.json

    @Option(
        help: ArgumentHelp("Cut cells of pretty tables after so many bytes.", valueName: "bytes"))
    var prettyLimit = 80

    @Flag(help: "A builtin that fails ends the query; otherwise it is undefined there.")
    var strictBuiltinErrors = false

    @Flag(help: "Print what builtins failed with, beside the answers.")
    var showBuiltinErrors = false

    @Flag(help: "Exit with 1 where the query is undefined.")
    var fail = false

    @Flag(help: "Exit with 1 where the query is defined.")
    var failDefined = false

    @Option(
        help: ArgumentHelp("End with an error after this long: 500ms, 2s.", valueName: "duration"))
    var timeout: TimeSpan?

    @Option(
        help: ArgumentHelp("Evaluate so many times; metrics are then aggregated.", valueName: "n"))
    var count = 1

    @Flag(help: "Print how long the stages took.")
    var metrics = false

    @OptionGroup var partialFlags: PartialFlags
    @OptionGroup var profileFlags: ProfileFlags

    @Flag(help: "Print which lines of the policies were reached.")
    var coverage = false

    @Flag(help: "Try every rule, also those that an index would pass over.")
    var disableIndexing = false

    @Flag(help: "Go on where a rule's value cannot change any more.")
    var disableEarlyExit = false

    @Option(
        help: ArgumentHelp(
            "Tell beside the answers how they came about.",
            discussion: "fails and full are what ostiary explain tells, notes what calls of"
                + " trace say; debug is full."))
    var explain = ExplanationMode.off

    func validate() throws {
        if fail && failDefined {
            throw ValidationError("specify --fail or --fail-defined but not both")
        }
        if strictBuiltinErrors && showBuiltinErrors {
            throw ValidationError(
                "specify --strict-builtin-errors or --show-builtin-errors but not both")
        }
        if format == .source && !partialFlags.partial {
            throw ValidationError("invalid output format for evaluation")
        }
        if partialFlags.partial { try validatePartial() }
        if count < 1 {
            throw ValidationError("--count is at least 1")
        }
    }

    private func validatePartial() throws {
        guard [.json, .pretty, .source].contains(format) else {
            throw ValidationError("invalid output format for partial evaluation")
        }
        let others = [
            ("--coverage", coverage), ("--profile", profileFlags.isWanted),
            ("--explain", explain != .off), ("--show-builtin-errors", showBuiltinErrors),
        ]
        if let (flag, _) = others.first(where: \.1) {
            throw ValidationError("specify --partial or \(flag) but not both")
        }
    }

    func run() throws {
        let source = try flags.query(query)
        let input = try flags.inputJSON()
        let report = LargeStack.run { attempt(source, input) }
        let (output, errors) = report.printed(as: format, cellBytesMax: prettyLimit)
        if !output.isEmpty { Standard.output(output) }
        if !errors.isEmpty { Standard.error(errors) }
        if report.hasFailed { throw ExitCode(Status.failed) }
        if report.isDefined ? failDefined : fail { throw ExitCode(Status.usage) }
    }

    private func attempt(_ source: Source, _ input: [UInt8]?) -> EvalReport {
        do throws(Problems) {
            return try evaluate(source, input)
        } catch {
            return EvalReport(problems: error.all)
        }
    }

    private func evaluate(
        _ source: Source, _ input: [UInt8]?
    ) throws(Problems) -> EvalReport {
        var timers = Timers()
        let loaded = try timers.measure("timer_rego_load_files_ns") { () throws(Problems) in
            try policyFlags.load()
        }
        let sources = Sources(modules: loaded.modules, query: source)
        let policy = try timers.measure("timer_rego_module_compile_ns") { () throws(Problems) in
            try policyFlags.compile(
                loaded, sources: sources, shortcuts: shortcuts, marks: marks)
        }
        if partialFlags.partial {
            let query = try timers.measure("timer_rego_query_compile_ns") { () throws(Problems) in
                try flags.preparePartial(
                    source, policy, version: policyFlags.language.version, sources: sources,
                    options: partialFlags.options)
            }
            return try residual(of: query, loaded.data, input, timers)
        }
        let prepared = try timers.measure("timer_rego_query_compile_ns") { () throws(Problems) in
            try flags.prepare(
                source, policy, version: policyFlags.language.version, sources: sources)
        }
        let coverage = coverage ? Coverage() : nil
        let profile = profileFlags.isWanted ? Profile() : nil
        var host = try policyFlags.language.allowed().limiting(.system)
        if let coverage { host = coverage.noting(host) }
        if let profile { host = profile.noting(host) }
        var report = EvalReport()
        var runs: [Timers] = []
        var profiles: [[Profile.Expression]] = []
        for turn in 0..<count {
            var run = timers
            let answer = run.measure("timer_rego_query_eval_ns") {
                self.answer(prepared, loaded.data, input, host)
            }
            runs.append(run)
            if let profile { profiles.append(profile.finish(policy, at: host.monotonic())) }
            if turn == 0 { report = answer }
        }
        if metrics || profile != nil { report.metrics = Timers.rows(of: runs) }
        if profile != nil {
            report.profile = ProfileReport(
                lines: profileFlags.lines(of: profiles), isAggregated: count > 1)
        }
        if let coverage {
            report.coverage = CoverageReport(files: coverage.files(of: policy))
        }
        report.explanation = explain.explanation(
            of: String(decoding: source.bytes, as: UTF8.self), package: flags.package,
            imports: flags.imports, version: policyFlags.language.version,
            by: Explainer(
                policy: policy, data: loaded.data, input: input, host: host, limits: Limits(),
                isFull: explain != .fails))
        return report
    }

    private func residual(
        of query: PreparedPartial, _ data: Document, _ input: [UInt8]?, _ timers: Timers
    ) throws(Problems) -> EvalReport {
        var limits = Limits()
        limits.timeoutNanoseconds = timeout?.nanoseconds
        var options = EvaluationOptions()
        options.strictBuiltinErrors = strictBuiltinErrors
        let evaluator = Evaluator(
            host: try policyFlags.language.allowed().limiting(.system), limits: limits)
        var report = EvalReport()
        var runs: [Timers] = []
        for _ in 0..<count {
            var run = timers
            do throws(EvaluationFailure) {
                let found = try run.measure("timer_rego_partial_eval_ns") {
                    () throws(EvaluationFailure) in
                    try unsafe withInput(input) { (document) throws(EvaluationFailure) in
                        try unsafe evaluator.residual(
                            of: query, data: data, input: document, options: options)
                    }
                }
                report.residual = ResidualReport(residual: found)
            } catch {
                report.problems = [Problem(error)]
            }
            runs.append(run)
        }
        if metrics { report.metrics = Timers.rows(of: runs) }
        return report
    }

    private var marks: Marks {
        if profileFlags.isWanted { return .solved }
        return coverage ? .reached : .none
    }

    private var shortcuts: Shortcuts {
        var shortcuts = coverage ? Coverage.shortcuts : .all
        if disableIndexing { shortcuts.remove(.indexes) }
        if disableEarlyExit { shortcuts.remove(.earlyExit) }
        return shortcuts
    }

    private func answer(
        _ prepared: PreparedQuery, _ data: Document, _ input: [UInt8]?, _ world: Host
    ) -> EvalReport {
        var limits = Limits()
        limits.timeoutNanoseconds = timeout?.nanoseconds
        var options = EvaluationOptions()
        options.strictBuiltinErrors = strictBuiltinErrors
        var host = world
        host.print = { line in Standard.error(line + "\n") }
        let notes = Notes()
        if explain == .notes { host.note = { notes.add($0) } }
        let evaluator = Evaluator(host: host, limits: limits)
        var report = EvalReport()
        do throws(EvaluationFailure) {
            let answer = unsafe try withInput(input) { (document) throws(EvaluationFailure) in
                try unsafe evaluator.results(
                    prepared, data: data, input: document, options: options)
            }
            report.rows = answer.rows
            if showBuiltinErrors {
                report.builtinProblems = answer.outcome.builtinErrors.map { Problem($0) }
            }
        } catch {
            report.problems = [Problem(error)]
        }
        if explain == .notes { report.notes = notes.all }
        return report
    }

    private func withInput<R>(
        _ json: [UInt8]?, _ body: (InputDocument) throws(EvaluationFailure) -> R
    ) throws(EvaluationFailure) -> R {
        guard let json else { return try unsafe body(.undefined) }
        let span = json.span
        return try unsafe span.withUnsafeBytes { (bytes) throws(EvaluationFailure) in
            try unsafe body(.json(bytes))
        }
    }
}
