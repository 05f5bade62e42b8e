import ArgumentParser
import Bundles
import Rego
import RegoSyntax

/// `ostiary check`: whether files of Rego parse and compile.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check policies for errors.",
        discussion: """
            Says nothing where all is well. Otherwise every error of every file is
            shown, with the line, what is wrong in it, and a hint where there is
            one; the exit status is 1.

              ostiary check policies
              ostiary check --strict --format json policies/authz.rego
            """)

    @Argument(help: ArgumentHelp("Files, or folders of them.", valueName: "path"))
    var paths: [String]

    @OptionGroup var language: LanguageFlags

    @Flag(
        name: [.customShort("b"), .long],
        help: "The paths are bundles: their data counts, too.")
    var bundle = false

    @Flag(name: [.customShort("S"), .long], help: "Refuse unused variables and imports, too.")
    var strict = false

    @Option(name: [.customShort("f"), .long], help: "How errors are printed.")
    var format = Format.pretty

    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("Show so many errors at most; 0 shows all.", valueName: "n"))
    var maxErrors = 10

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pretty, json
    }

    func run() throws {
        do throws(Problems) {
            try check()
        } catch {
            let shown = error.limited(to: maxErrors)
            switch format {
            case .pretty: Standard.error(shown.text + "\n")
            case .json: Standard.error(Self.json(shown.all))
            }
            throw ExitCode(Status.usage)
        }
    }

    private func check() throws(Problems) {
        let loaded = try language.load(files: bundle ? [] : paths, bundles: bundle ? paths : [])
        let sources = Sources(modules: loaded.modules)
        var options = CompileOptions()
        options.strict = strict
        options.capabilities = try language.allowed()
        do throws(CompileFailure) {
            let policy = try Policy(
                modules: loaded.modules, plans: loaded.plans, options: options)
            let conflicts = bundle ? policy.conflicts(with: loaded.data) : []
            if !conflicts.isEmpty { throw CompileFailure(conflicts) }
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }

    private static func json(_ problems: [Problem]) -> String {
        var layout = JSONLayout()
        layout.object { layout in layout.member("errors") { $0.problems(problems) } }
        layout.newLine()
        return String(decoding: layout.bytes, as: UTF8.self)
    }
}
