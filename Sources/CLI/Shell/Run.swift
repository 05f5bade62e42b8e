import ArgumentParser
import Glibc
import Outbound
import Rego

/// `ostiary run`: an interactive shell, or the server by OPA's name for it.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try Rego at a prompt; with --server, the same as serve.",
        discussion: """
            At the prompt, a query is answered, and a rule or an import is kept;
            `help` names the commands. The input document is what data.repl.input
            is. Ctrl+c ends the line or the evaluation under way, ctrl+d the shell.
            Lines that come through a pipe are taken one by one, without a
            prompt; the exit status is then 2 if one of them failed.

              ostiary run examples/invoicing/policies examples/invoicing/data
              ostiary run repl.input:examples/invoicing/inputs/approval.json Policies
              echo 'data.invoicing.allow' | ostiary run examples/invoicing/policies
              ostiary run --server --addr localhost:8181 examples/invoicing/policies

            Not here: profiles and types of expressions.
            """)

    @Flag(name: .shortAndLong, help: "Serve instead of asking for queries.")
    var server = false

    @Option(name: .shortAndLong, help: "How the shell prints answers.")
    var format = Check.Format.pretty

    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp(
            "Where the shell keeps its history; ~/.ostiary_history unless named.",
            valueName: "file"))
    var history: String?

    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("Show so many errors at most; 0 shows all.", valueName: "n"))
    var maxErrors = 10

    @OptionGroup var flags: ServeFlags

    func validate() throws {
        guard !server else { return }
        if flags.watch { throw ValidationError("--watch is for --server") }
        if !flags.addr.isEmpty { throw ValidationError("--addr is for --server") }
    }

    func run() async throws {
        if server { return try await flags.serve() }
        let loaded = try flags.language.load(
            files: flags.bundle ? [] : flags.paths, bundles: flags.bundle ? flags.paths : [])
        let capabilities = try flags.language.allowed()
        var shell = try Shell(
            loaded, version: flags.language.version, capabilities: capabilities,
            host: capabilities.limiting(.system))
        shell.format = format
        shell.errorsMax = maxErrors
        let reader = LineReader(history: historyPath)
        let hasFailed = LargeStack.run { [shell, reader] in
            var (shell, reader) = (shell, reader)
            return shell.run(reading: &reader)
        }
        if hasFailed { throw ExitCode(Status.failed) }
    }

    private var historyPath: String? {
        if let history { return history }
        guard let home = unsafe getenv("HOME") else { return nil }
        return unsafe String(cString: home) + "/.ostiary_history"
    }
}
