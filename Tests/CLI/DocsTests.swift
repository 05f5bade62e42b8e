import Foundation
import Testing

/// Pages and helps that are made from the commands.
@Suite struct DocsTests {
    /// Where this fails, `make docs` prints the pages anew.
    @Test(arguments: ["commands", "lints"])
    func pagesAreCurrent(_ page: String) throws {
        let file = Invocation.projectRoot.appending(path: "docs/\(page).md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let printed = try Invocation(["docs", page]).output
        #expect(printed == text, "run `make docs`")
    }

    /// The names of the commands that `--help` lists.
    private static let commands: [String] = {
        let help = (try? Invocation(["--help"]).output) ?? ""
        let list = help.components(separatedBy: "SUBCOMMANDS:\n").last ?? ""
        // A command stands two columns in; its description goes on further in.
        return list.split(separator: "\n").filter { line in
            line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.contains("See 'ostiary")
        }.compactMap { $0.split(separator: " ").first.map(String.init) }
    }()

    /// The lines of a help that are commands, as a script.
    private static func examples(of command: String) throws -> [String] {
        let help = try Invocation(command.isEmpty ? ["--help"] : [command, "--help"]).output
        let prose = help.components(separatedBy: "\nUSAGE:")[0]
        return prose.split(separator: "\n").filter { $0.hasPrefix("  ") }.map(String.init)
    }

    @Test func everyHelpHasAnExample() throws {
        #expect(Self.commands.count > 8)
        for name in Self.commands {
            let lines = try Self.examples(of: name)
            #expect(lines.contains { $0.contains("ostiary \(name)") }, "\(name)")
        }
    }

    /// As they are written, in a copy of what the repository's root has for them. Not run: what
    /// goes on until it is stopped, and what asks a server.
    @Test func everyExampleRuns() throws {
        let endless = ["ostiary serve", "--server", "--watch", "curl"]
        for name in [""] + Self.commands {
            let lines = try Self.examples(of: name).filter { line in
                !endless.contains { line.contains($0) }
            }
            let root = Invocation.projectRoot.path
            let script = """
                set -e
                cp -r '\(root)/Policies' '\(root)/examples' '\(root)/bundles' .
                PATH="\(Invocation.binary.deletingLastPathComponent().path):$PATH"
                \(lines.joined(separator: "\n"))
                """
            let run = try Invocation(
                ["-c", script], executable: URL(filePath: "/bin/bash"))
            #expect(run.status == 0, "\(name): \(run.errors)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionScriptsNameEveryCommand(_ shell: String) throws {
        let run = try Invocation(["--generate-completion-script", shell])
        #expect(run.status == 0)
        for name in ["eval", "check", "fmt", "test", "serve", "fail-on-lint"] {
            #expect(run.output.contains(name), "\(name)")
        }
    }

    @Test func theScriptForBashIsBash() throws {
        let script = try Invocation(["--generate-completion-script", "bash"]).output
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-n", "-c", script]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
