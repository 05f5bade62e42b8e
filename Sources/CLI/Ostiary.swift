import ArgumentParser
import Glibc

/// The door of CLI: the command `ostiary`, one file a subcommand.
///
/// The commands and flags that OPA has too mean what they mean there, down to exit statuses and the
/// JSON that is printed; flags of OPA that this build lacks are refused by name, never ignored. No
/// command touches what it does not need: `eval` starts neither a thread pool nor the network.
/// Nothing here decides anything: parsing, compiling and evaluating are `Rego`'s.
@main struct Ostiary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ostiary",
        abstract: "Keeps the door: evaluates Rego policies, and serves their decisions.",
        discussion: """
            Start here:

              ostiary eval 'x := 1; y := x + 1'
              ostiary eval -d examples/invoicing/policies -d examples/invoicing/data \\
                -i examples/invoicing/inputs/approval.json data.invoicing.decision
              ostiary check examples/invoicing/policies
              ostiary test Policies
              ostiary serve examples/invoicing/policies examples/invoicing/data
            """,
        version: Version.number,
        subcommands: [
            Eval.self, Explain.self, Exec.self, Check.self, Parse.self, Format.self, Test.self,
            Bench.self, Serve.self, Run.self, Build.self, Sign.self, Verify.self, Inspect.self,
            Deps.self, Migrate.self, Admin.self, Audit.self, Keys.self, Capabilities.self,
            Version.self, Docs.self,
        ])

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let refusal = LaterFlag.refusal(of: arguments) {
            Standard.error("error: \(refusal)\n")
            Glibc.exit(Status.usage)
        }
        do {
            var command = try parseAsRoot(
                arguments.first == "serve"
                    ? ["serve"] + ServeConfiguration.expanded(Array(arguments.dropFirst()))
                    : arguments)
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch let status as ExitCode {
            Glibc.exit(status.rawValue)
        } catch let problems as Problems {
            Standard.error(problems.text + "\n")
            Glibc.exit(Status.failed)
        } catch {
            let isHelp = exitCode(for: error).isSuccess
            let text = fullMessage(for: error) + "\n"
            isHelp ? Standard.output(Array(text.utf8)) : Standard.error(text)
            Glibc.exit(isHelp ? EXIT_SUCCESS : Status.usage)
        }
    }
}

/// Exit statuses, as OPA's commands have them.
enum Status {
    /// Flags that make no sense, `--fail`, and what `check` and `parse` find.
    static let usage: Int32 = 1
    /// Whatever goes wrong in `eval`.
    static let failed: Int32 = 2
}
