import ArgumentParser

/// `ostiary docs`: pages of `docs/` that are made from the commands and tables themselves. Hidden:
/// it is for those who change them, by way of `make docs`.
struct Docs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a page of the documentation.",
        discussion: """
              ostiary docs commands >docs/commands.md
              ostiary docs lints >docs/lints.md
            """,
        shouldDisplay: false)

    enum Page: String, ExpressibleByArgument, CaseIterable {
        case commands, lints
    }

    @Argument(help: "Which page.")
    var page: Page

    func run() {
        let text =
            switch page {
            case .commands: Self.commands
            case .lints: LintPage.text
            }
        Standard.output(Array(text.utf8))
    }

    /// Every command as its `--help` has it.
    private static var commands: String {
        let shown = Ostiary.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        let index = shown.map { command in
            "| [`\(name(command))`](#\(name(command))) | \(command.configuration.abstract) |"
        }
        let sections = shown.map { command in
            "## \(name(command))\n\n```text\n"
                + Ostiary.helpMessage(for: command, columns: 80) + "\n```\n"
        }
        return """
            # Commands

            What `ostiary COMMAND --help` prints; this page is made by `make docs`. The examples run
            as they stand in the root of this repository, and a test runs them. Shells complete
            commands and flags once they have the script for `bash`, `zsh` or `fish`:

                ostiary --generate-completion-script bash

            | command | |
            |---|---|

            """ + index.joined(separator: "\n") + "\n\n" + sections.joined(separator: "\n")
    }

    private static func name(_ command: any ParsableCommand.Type) -> String {
        command._commandName
    }
}
