import ArgumentParser
import Bundles
import Outbound
import Rego
import RegoMachine
import RegoSyntax

/// `ostiary exec`: one decision about each of many input files.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide about input files, each by itself.",
        discussion: """
            Each file of JSON or YAML is the input of one decision; folders stand for
            the files in them, and other files are passed by. The decision is a path
            of data, and system/main where none is named.

              ostiary exec -d examples/invoicing/policies -d examples/invoicing/data \\
                --decision invoicing/decision examples/invoicing/inputs
              ostiary exec -b bundles/rbac.tar.gz --decision authorization/rbac/allow \\
                --fail examples/invoicing/inputs
              echo '{"method": "GET"}' | ostiary exec -I --fail-non-empty \\
                -d examples/invoicing/policies --decision invoicing/tenant

            The answer is one JSON text: the result of each file, or its error, as
            where the decision is undefined for it.

            Exit status: 0; 1 where a --fail flag finds one of the answers wanting,
            and where nothing can be decided. With any of these flags a file that
            cannot be read counts as failed.
            """)

    @Argument(help: ArgumentHelp("Input files, or folders of them.", valueName: "path"))
    var paths: [String] = []

    @Option(help: ArgumentHelp("What is decided: authz/allow.", valueName: "path"))
    var decision = "system/main"

    @Flag(name: [.customShort("I"), .long], help: "Decide about standard input, too.")
    var stdinInput = false

    @OptionGroup var policyFlags: PolicyFlags
    @OptionGroup var verification: VerificationFlags

    @Option(name: [.customShort("f"), .long], help: "How answers are printed.")
    var format = Check.Format.json

    @Flag(help: "Exit with 1 where an answer is undefined or null.")
    var fail = false

    @Flag(help: "Exit with 1 where an answer is defined and not null.")
    var failDefined = false

    @Flag(help: "Exit with 1 where an answer is defined and neither null nor [].")
    var failNonEmpty = false

    @Option(
        help: ArgumentHelp("How long all decisions may take: 500ms, 2s.", valueName: "duration"))
    var timeout: TimeSpan?

    func validate() throws {
        if paths.isEmpty && !stdinInput {
            throw ValidationError("requires at least 1 path, or the --stdin-input flag")
        }
        let flags = [
            ("--fail", fail), ("--fail-defined", failDefined), ("--fail-non-empty", failNonEmpty),
        ].filter(\.1)
        if flags.count > 1 {
            throw ValidationError("specify \(flags[0].0) or \(flags[1].0) but not both")
        }
        // Written as a query it would be the name of one document, which is never there.
        if decision.hasPrefix("data.") && !decision.contains("/") {
            let path = decision.split(separator: ".").dropFirst().joined(separator: "/")
            throw ValidationError("`\(decision)` is no path of a decision: write \(path)")
        }
    }

    func run() throws {
        let text = stdinInput ? try Standard.read("-") : nil
        let outcome = LargeStack.run { Result { () throws(Problems) in try report(text) } }
        do throws(Problems) {
            let report = try outcome.get()
            Standard.output(report.printed(as: format))
            let failures = report.failures(of: condition)
            if failures > 0 {
                let total = report.answers.count
                throw Problems(clause: "\(failures) of \(total) decisions failed")
            }
        } catch {
            Standard.error(error.text + "\n")
            throw ExitCode(Status.usage)
        }
    }

    private var condition: ExecReport.Condition? {
        if fail { return .undefined }
        if failDefined { return .defined }
        return failNonEmpty ? .nonEmpty : nil
    }

    /// - Parameter text: Standard input, where it counts.
    private func report(_ text: [UInt8]?) throws(Problems) -> ExecReport {
        let start = monotonicNanoseconds()
        let loaded = try policyFlags.language.load(
            files: policyFlags.data, bundles: policyFlags.bundle, verification: verification)
        let sources = Sources(modules: loaded.modules)
        let policy = try policyFlags.compile(loaded, sources: sources)
        let run = ExecRun(
            query: try prepared(policy, sources), decision: decision, data: loaded.data,
            host: try policyFlags.language.allowed().limiting(.system),
            deadline: timeout.map { start &+ $0.nanoseconds })
        var report = ExecReport()
        if let text { report.answers.append(run.answer(text, name: "--stdin-input")) }
        var loader = PolicyLoader()
        loader.ignore = policyFlags.language.ignore
        do throws(LoadFailure) {
            for path in try loader.inputs(paths) { report.answers.append(run.answer(path)) }
        } catch {
            throw Problems(error)
        }
        return report
    }

    private func prepared(
        _ policy: Policy, _ sources: Sources
    ) throws(Problems) -> PreparedQuery {
        do throws(CompileFailure) {
            return try policy.prepare(path: decision.split(separator: "/").map(String.init))
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }
}

/// One decision, ready to be asked about many inputs.
struct ExecRun {
    let query: PreparedQuery
    /// As it was named.
    let decision: String
    let data: Document
    let host: Host
    /// When all must be decided, by the monotonic clock.
    let deadline: UInt64?

    func answer(_ path: String) -> ExecReport.Answer {
        answer(path) { () throws(LoadFailure) in try PolicyLoader().input(path) }
    }

    func answer(_ text: [UInt8], name: String) -> ExecReport.Answer {
        answer(name) { () throws(LoadFailure) in try PolicyLoader().input(text, name: name) }
    }

    private func answer(
        _ name: String, _ input: () throws(LoadFailure) -> [UInt8]
    ) -> ExecReport.Answer {
        do {
            let json = try input()
            guard let result = try decide(json) else {
                return ExecReport.Answer(path: name, outcome: .undefined(decision))
            }
            return ExecReport.Answer(path: name, outcome: .defined(result))
        } catch let failure as EvaluationFailure {
            return ExecReport.Answer(path: name, outcome: .failed(Problem(failure)))
        } catch let failure as LoadFailure {
            return ExecReport.Answer(path: name, outcome: .failed(Problems(failure).all[0]))
        } catch {
            let problem = Problem(message: "\(error)", text: "\(error)")
            return ExecReport.Answer(path: name, outcome: .failed(problem))
        }
    }

    /// - Returns: The decision as JSON; `nil` where it is undefined.
    private func decide(_ input: [UInt8]) throws(EvaluationFailure) -> [UInt8]? {
        var limits = Limits()
        if let deadline {
            let now = monotonicNanoseconds()
            limits.timeoutNanoseconds = now < deadline ? deadline - now : 0
        }
        var host = host
        host.print = { line in Standard.error(line + "\n") }
        let evaluator = Evaluator(host: host, limits: limits)
        var output: [UInt8] = []
        let span = input.span
        let outcome = try unsafe span.withUnsafeBytes { (bytes) throws(EvaluationFailure) in
            try unsafe evaluator.decide(query, data: data, input: .json(bytes), into: &output)
        }
        return outcome.isDefined ? output : nil
    }
}
