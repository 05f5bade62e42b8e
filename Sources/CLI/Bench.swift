import ArgumentParser
import Bundles
import Outbound
import Rego
import RegoMachine
import RegoSyntax

/// `ostiary bench`: how long one decision takes, from the bytes of its input to its answer's.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure decisions, from bytes to bytes.",
        discussion: """
            Each decision parses its input, evaluates the query, and writes the
            result as JSON: what a server does between a request and its answer.

              ostiary bench -d examples/invoicing/policies -d examples/invoicing/data \\
                -i examples/invoicing/inputs/approval.json data.invoicing.decision
              ostiary bench -d examples/invoicing/policies -d examples/invoicing/data \\
                --inputs examples/invoicing/inputs/day.jsonl --duration 200ms \\
                --expected examples/invoicing/inputs/day-answers.jsonl \\
                data.invoicing.decision

            --inputs goes through the lines of a file, over and over. --expected
            has one line for each of them, {"result": …} or {"undefined": true};
            every answer is checked before anything is measured.

            The mean is that of the best of several repeats, each timed as a
            whole; percentiles are of single decisions, which are timed apart.
            """)

    @Argument(help: "The query.")
    var query: String?

    @OptionGroup var flags: QueryFlags
    @OptionGroup var policyFlags: PolicyFlags

    @Option(help: ArgumentHelp("Inputs, one JSON text a line.", valueName: "file"))
    var inputs: String?

    @Option(
        help: ArgumentHelp("The answer to each input, one JSON text a line.", valueName: "file"))
    var expected: String?

    @Option(help: ArgumentHelp("Decide on so many threads at once.", valueName: "n"))
    var threads = 1

    @Option(help: ArgumentHelp("Repeats, of which the best counts.", valueName: "n"))
    var count = 3

    @Option(help: ArgumentHelp("How long a repeat lasts.", valueName: "duration"))
    var duration = TimeSpan(nanoseconds: 1_000_000_000)

    @Option(name: [.customShort("f"), .long], help: "How the figures are printed.")
    var format = Check.Format.pretty

    @Flag(help: "A builtin that fails ends the query; otherwise it is undefined there.")
    var strictBuiltinErrors = false

    func validate() throws {
        if inputs != nil && (flags.input != nil || flags.stdinInput) {
            throw ValidationError("specify --inputs or --input but not both")
        }
        if expected != nil && inputs == nil {
            throw ValidationError("--expected goes with --inputs")
        }
        guard (1...1_024).contains(threads), (1...1_000).contains(count) else {
            throw ValidationError("--threads and --count are at least 1")
        }
    }

    func run() throws {
        let source = try flags.query(query)
        let outcome = LargeStack.run { () -> Result<BenchReport, Problems> in
            Result { () throws(Problems) in try measure(source) }
        }
        switch outcome {
        case .success(let report): Standard.output(report.printed(as: format))
        case .failure(let problems): throw problems
        }
    }

    private func measure(_ source: Source) throws(Problems) -> BenchReport {
        let start = monotonicNanoseconds()
        let loaded = try policyFlags.load()
        let afterLoad = monotonicNanoseconds()
        let sources = Sources(modules: loaded.modules, query: source)
        let policy = try policyFlags.compile(loaded, sources: sources)
        let prepared = try flags.prepare(
            source, policy, version: policyFlags.language.version, sources: sources)
        let afterCompile = monotonicNanoseconds()
        var options = EvaluationOptions()
        options.strictBuiltinErrors = strictBuiltinErrors
        let run = BenchRun(
            query: prepared, data: loaded.data, inputs: try benchInputs(),
            host: try policyFlags.language.allowed().limiting(.system), options: options)
        if let expected { try run.check(try Standard.read(expected)) }
        return BenchReport(
            figures: try run.measure(
                threads: threads, repeats: count, nanoseconds: duration.nanoseconds),
            threads: threads, inputs: run.inputs.count, loadNanoseconds: afterLoad - start,
            compileNanoseconds: afterCompile - afterLoad, residentBytes: Self.residentBytes())
    }

    private func benchInputs() throws(Problems) -> BenchInputs {
        guard let inputs else {
            return BenchInputs(try flags.inputJSON().map { [$0] } ?? [])
        }
        let lines = try Standard.read(inputs).split(separator: UInt8(ascii: "\n")).map(Array.init)
        guard !lines.isEmpty else { throw Problems(clause: "\(inputs): no inputs") }
        return BenchInputs(lines)
    }

    /// Of this process, with the policy and the data in it.
    private static func residentBytes() -> Int {
        let fields = (try? Standard.read("/proc/self/statm")) ?? []
        let pages = String(decoding: fields, as: UTF8.self).split(separator: " ").dropFirst().first
        return (pages.flatMap { Int($0) } ?? 0) * 4_096
    }
}
