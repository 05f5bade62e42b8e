import ArgumentParser
import Bundles
import Rego
import RegoSyntax

/// `ostiary check`: whether files of Rego parse and compile, and what in them is doubtful.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check policies for errors, and with --lint for what is doubtful.",
        discussion: """
            Says nothing where all is well. Otherwise every error of every file is
            shown, with the line, what is wrong in it, and a hint where there is
            one; the exit status is 1.

            --lint also shows warnings: rules that nothing reads, conditions that
            are always true, comparisons of different types, and more. They leave
            the exit status at 0 unless --fail-on-lint is given. docs/lints.md has
            each with its reason; a comment `# ostiary ignore: CODE` on a line or
            above it silences one, and .ostiary.yaml a whole lint.

              ostiary check Policies
              ostiary check --strict --format json examples/invoicing/policies
              ostiary check --lint Policies
              ostiary check --fail-on-lint --format sarif Policies >findings.sarif
            """)

    @Argument(help: ArgumentHelp("Files, or folders of them.", valueName: "path"))
    var paths: [String] = []

    @OptionGroup var language: LanguageFlags
    @OptionGroup var schemas: SchemaFlags

    @Flag(
        name: [.customShort("b"), .long],
        help: "The paths are bundles: their data counts, too.")
    var bundle = false

    @Flag(name: [.customShort("S"), .long], help: "Refuse unused variables and imports, too.")
    var strict = false

    @Option(name: [.customShort("f"), .long], help: "How findings are printed.")
    var format = CheckReport.Format.pretty

    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("Show so many errors at most; 0 shows all.", valueName: "n"))
    var maxErrors = 10

    @Flag(help: "Show what is doubtful, too.")
    var lint = false

    @Flag(help: "Show what is doubtful, and exit with 1 if anything is.")
    var failOnLint = false

    @Option(
        help: ArgumentHelp(
            "Settings of lints; else .ostiary.yaml here or in the nearest folder above.",
            valueName: "file"))
    var lintConfig: String?

    @Flag(help: "Print what lints there are, as docs/lints.md has them, and stop.")
    var listLints = false

    /// How commands print what they find, for people or for scripts.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pretty, json
    }

    func validate() throws {
        if paths.isEmpty && !listLints { throw ValidationError("Name a file or a folder.") }
    }

    func run() throws {
        if listLints { return Standard.output(Array(LintPage.text.utf8)) }
        var report = CheckReport(format: format)
        do throws(Problems) {
            let settings = try looksForLints ? LintSettings(at: lintConfig) : nil
            let (policy, sources) = try check()
            guard let settings else { return report.print() }
            report.add(policy.lintFindings(where: settings.looks), settings, sources)
        } catch {
            report.errors = error.limited(to: maxErrors).all
            report.print()
            throw ExitCode(Status.usage)
        }
        report.print()
        if report.hasErrors || failOnLint && !report.findings.isEmpty {
            throw ExitCode(Status.usage)
        }
    }

    private var looksForLints: Bool { lint || failOnLint }

    private func check() throws(Problems) -> (Policy, Sources) {
        let loaded = try language.load(files: bundle ? [] : paths, bundles: bundle ? paths : [])
        let sources = Sources(modules: loaded.modules)
        var options = CompileOptions()
        options.strict = strict
        options.capabilities = try language.allowed()
        options.schemas = try schemas.read()
        do throws(CompileFailure) {
            let policy = try Policy(
                modules: loaded.modules, plans: loaded.plans, options: options)
            let conflicts = bundle ? policy.conflicts(with: loaded.data) : []
            if !conflicts.isEmpty { throw CompileFailure(conflicts) }
            return (policy, sources)
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }
}
