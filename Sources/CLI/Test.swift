import ArgumentParser
import Bundles
import Glibc
import Outbound
import Rego
import RegoMachine
import RegoSyntax

/// `ostiary test`: runs the rules that are tests.
struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the tests among policies.",
        discussion: """
            A test is a rule whose name begins with test_; it passes where it is
            true. todo_test_ marks one that is skipped. A rule test_x[note] has a
            sub-test for each note.

              ostiary test Policies
              ostiary test -v --run approv \\
                examples/invoicing/policies examples/invoicing/data
              ostiary test --watch Policies
              ostiary test --format junit Policies >report.xml

            A test that fails shows the expression that failed, and the values of
            what it is made of.

            Exit status: 0; 2 where a test fails, errs or is skipped (see -z);
            1 where the tests cannot be run.
            """)

    @Argument(help: ArgumentHelp("Files of policies and data, or folders.", valueName: "path"))
    var paths: [String]

    @OptionGroup var language: LanguageFlags
    @OptionGroup var schemas: SchemaFlags

    @Flag(name: [.customShort("b"), .long], help: "The paths are bundles.")
    var bundle = false

    @Flag(name: .shortAndLong, help: "Show the tests that pass, too.")
    var verbose = false

    @Option(
        name: [.customShort("r"), .customLong("run")],
        help: ArgumentHelp("Only tests whose full name this matches.", valueName: "regex"))
    var pattern: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("So many tests at a time; one a processor unless said.", valueName: "n"))
    var parallel: Int?

    @Option(
        help: ArgumentHelp("How long a test may take (5s; 30s with --bench).", valueName: "time"))
    var timeout: TimeSpan?

    @Option(help: ArgumentHelp("Run all tests so many times.", valueName: "n"))
    var count = 1

    @Option(name: .shortAndLong, help: "How results are printed.")
    var format = Format.pretty

    @Flag(help: "Measure the tests that pass, one after the other, a second each.")
    var bench = false

    @Flag(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Show which lines the tests reached.",
            discussion: "As JSON, that alone; where a test fails, its result alone."))
    var coverage = false

    @Option(
        name: .customLong("coverage-html"),
        help: ArgumentHelp(
            "Write a page with the sources and what was reached of them.", valueName: "file"))
    var coveragePage: String?

    @Option(
        help: ArgumentHelp("With less coverage the exit status is 2.", valueName: "percent"))
    var threshold: Double?

    @Flag(help: "Exit with 1 where there is no test to run.")
    var failOnEmpty = false

    @Flag(name: [.customShort("z"), .long], help: "Tests that are skipped are no failure.")
    var exitZeroOnSkipped = false

    @Flag(help: "Show all variables of a body that fails, not only those it fails with.")
    var varValues = false

    @Option(help: "The order of the results: as in the files, or the slowest first.")
    var sort = Order.none

    @Flag(name: .shortAndLong, help: "Run the tests again whenever a file changes.")
    var watch = false

    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("Show so many errors of policies at most; 0: all.", valueName: "n"))
    var maxErrors = 10

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pretty, json, junit, gobench
    }

    enum Order: String, ExpressibleByArgument, CaseIterable {
        case none, duration
    }

    func validate() throws {
        if paths.isEmpty { throw ValidationError("specify at least one file") }
        if format == .gobench && !bench {
            throw ValidationError(
                "cannot use output format gobench without running benchmarks (--bench)")
        }
        guard (1...1_000).contains(count), (1...1_024).contains(parallel ?? 1) else {
            throw ValidationError("--count and --parallel are at least 1")
        }
    }

    func run() throws {
        guard watch else {
            let status = attempt()
            if status != 0 { throw ExitCode(status) }
            return
        }
        var loader = PolicyLoader()
        loader.ignore = language.ignore
        loader.isBundle = bundle
        while true {
            // Taken before the files are read: what changes meanwhile is seen next time.
            let seen = loader.fingerprint(paths)
            _ = attempt()
            let line = String(repeating: "*", count: 80) + "\nWatching for changes ...\n"
            Standard.output(Array(line.utf8))
            repeat { usleep(Self.watchPauseMicroseconds) } while loader.fingerprint(paths) == seen
        }
    }

    private static let watchPauseMicroseconds: UInt32 = 300_000

    /// - Returns: The exit status.
    private func attempt() -> Int32 {
        do throws(Problems) {
            return try runOnce()
        } catch {
            let shown = error.limited(to: maxErrors)
            Standard.error(shown.text + "\n")
            return Status.usage
        }
    }

    private func runOnce() throws(Problems) -> Int32 {
        let loaded = try language.load(files: bundle ? [] : paths, bundles: bundle ? paths : [])
        let sources = Sources(modules: loaded.modules)
        let outcome = LargeStack.run { () -> Result<TestSuite, Problems> in
            Result { () throws(Problems) in try compile(loaded, sources) }
        }
        let suite = try outcome.get()
        let tests = try tests(of: suite)
        let coverage = showsCoverage ? Coverage() : nil
        let world = try language.allowed().limiting(.system)
        var status: Int32 = 0
        for _ in 0..<count where status == 0 {
            let run = TestRun(
                suite: suite, data: loaded.data,
                host: coverage?.noting(world) ?? world, threads: bench ? 1 : parallel,
                timeoutNanoseconds: timeout?.nanoseconds
                    ?? (bench ? 30_000_000_000 : 5_000_000_000),
                benchNanoseconds: bench ? 1_000_000_000 : nil)
            let report = TestReport(
                results: sorted(run.results(tests)), isVerbose: verbose,
                showsVariables: varValues, hasColour: Self.hasColour, sources: sources)
            status = report.status(skippedPass: exitZeroOnSkipped)
            // One document is JSON, two are none: coverage, unless a test fails.
            if coverage == nil || format != .json || status != 0 {
                Standard.output(report.printed(as: format))
            }
        }
        if let coverage, format != .json || status == 0 {
            status = max(status, try report(coverage, suite.policy))
        }
        if tests.isEmpty && failOnEmpty { throw Problems(clause: "no tests were run") }
        return status
    }

    private var showsCoverage: Bool { coverage || threshold != nil || coveragePage != nil }

    /// - Returns: The exit status.
    private func report(_ coverage: Coverage, _ policy: Policy) throws(Problems) -> Int32 {
        let report = CoverageReport(files: coverage.files(of: policy))
        if let coveragePage {
            let texts = policy.modules.map {
                ($0.source.name, String(decoding: $0.source.bytes, as: UTF8.self))
            }
            let page = CoveragePage(
                report: report, texts: Dictionary(texts) { first, _ in first })
            try Standard.write(Array(page.html.utf8), to: coveragePage)
        }
        switch format {
        case .json: Standard.output(report.json)
        case .pretty: Standard.output(Array(report.pretty.utf8))
        // Behind what another program reads.
        case .junit, .gobench: Standard.error(report.pretty)
        }
        guard let threshold, report.percent < threshold else { return 0 }
        Standard.error(
            "code coverage threshold not met: got \(CoverageReport.text(report.percent))"
                + " instead of \(CoverageReport.text(threshold))\n")
        return Status.failed
    }

    /// On terminals, unless `NO_COLOR` is set there.
    private static var hasColour: Bool {
        let isRefused = unsafe getenv("NO_COLOR") != nil
        return isatty(STDOUT_FILENO) != 0 && !isRefused
    }

    private func compile(
        _ loaded: LoadedPolicy, _ sources: Sources
    ) throws(Problems) -> TestSuite {
        var options = CompileOptions()
        options.printEnabled = !bench
        if showsCoverage {
            options.marks = .reached
            options.shortcuts = Coverage.shortcuts
        }
        options.capabilities = try language.allowed()
        options.schemas = try schemas.read()
        do throws(CompileFailure) {
            let suite = try TestSuite(modules: loaded.modules, options: options)
            let conflicts = suite.policy.conflicts(with: loaded.data)
            if !conflicts.isEmpty { throw CompileFailure(conflicts) }
            return suite
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }

    private func tests(of suite: TestSuite) throws(Problems) -> [TestRule] {
        guard let pattern else { return suite.tests }
        switch suite.tests(matching: pattern) {
        case .success(let tests): return tests
        case .failure(let mistake): throw Problems(clause: "--run: \(mistake.message)")
        }
    }

    private func sorted(_ results: [TestResult]) -> [TestResult] {
        switch sort {
        case .none: results
        case .duration: results.sorted { $0.nanoseconds > $1.nanoseconds }
        }
    }
}
