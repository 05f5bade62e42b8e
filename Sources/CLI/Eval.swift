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
              ostiary eval -d policy.rego -i input.json data.authz.allow
              ostiary eval -d policies -d data.json -f pretty 'data.authz.roles[r]'
              ostiary eval -d policy.rego -I data.authz.allow < input.json
              ostiary eval --package authz -d policy.rego 'allow with input as {}'

            Formats: json (all of it), pretty (for people), values and bindings
            (one JSON text an answer), raw (strings without quotes, for shells),
            discard (all but the answer).

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
        if format == .source {
            throw ValidationError("invalid output format for evaluation")
        }
        if count < 1 {
            throw ValidationError("--count is at least 1")
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
            try policyFlags.compile(loaded, sources: sources, shortcuts: shortcuts)
        }
        let prepared = try timers.measure("timer_rego_query_compile_ns") { () throws(Problems) in
            try flags.prepare(
                source, policy, version: policyFlags.language.version, sources: sources)
        }
        let host = try policyFlags.language.allowed().limiting(.system)
        var report = EvalReport()
        var runs: [Timers] = []
        for turn in 0..<count {
            var run = timers
            let answer = run.measure("timer_rego_query_eval_ns") {
                self.answer(prepared, loaded.data, input, host)
            }
            runs.append(run)
            if turn == 0 { report = answer }
        }
        if metrics { report.metrics = Timers.rows(of: runs) }
        report.explanation = explain.explanation(
            of: String(decoding: source.bytes, as: UTF8.self), package: flags.package,
            imports: flags.imports, version: policyFlags.language.version,
            by: Explainer(
                policy: policy, data: loaded.data, input: input, host: host, limits: Limits(),
                isFull: explain != .fails))
        return report
    }

    private var shortcuts: Shortcuts {
        var shortcuts = Shortcuts.all
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

/// How long stages took, by the names that OPA gives them.
struct Timers {
    private var nanoseconds: [(name: String, value: UInt64)] = []

    mutating func measure<R, E: Error>(_ name: String, _ body: () throws(E) -> R) throws(E) -> R {
        let start = monotonicNanoseconds()
        defer { nanoseconds.append((name, monotonicNanoseconds() - start)) }
        return try body()
    }

    /// One row a timer of a single run; of several, one for each statistic of it.
    static func rows(of runs: [Timers]) -> EvalReport.Metrics {
        let names = runs[0].nanoseconds.map(\.name).sorted()
        let values = names.map { name in
            runs.flatMap { run in run.nanoseconds.filter { $0.name == name }.map(\.value) }.sorted()
        }
        if runs.count == 1 { return .single(Array(zip(names, values.map { $0[0] }))) }
        return .aggregated(
            zip(names, values).map { name, values in
                (name: name, statistics: Statistics(sorted: values))
            })
    }
}

/// What many measurements say together, in nanoseconds.
struct Statistics {
    let least: UInt64
    let most: UInt64
    let mean: Double
    private let sorted: [UInt64]

    /// - Parameter sorted: At least one.
    init(sorted: [UInt64]) {
        precondition(!sorted.isEmpty, "statistics of nothing")
        self.sorted = sorted
        least = sorted[0]
        most = sorted[sorted.count - 1]
        mean = Double(sorted.reduce(0, &+)) / Double(sorted.count)
    }

    /// The smallest measurement that at least this share does not exceed.
    func percentile(_ percent: Double) -> UInt64 {
        let rank = (percent / 100 * Double(sorted.count)).rounded(.up)
        return sorted[min(max(Int(rank) - 1, 0), sorted.count - 1)]
    }
}
