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

    @Test func everyHelpHasAnExample() throws {
        let help = try Invocation(["--help"]).output
        let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").last)
        // A command stands two columns in; its description goes on further in.
        let names = list.split(separator: "\n").filter { line in
            line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.contains("See 'ostiary")
        }.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names.count > 8)
        for name in names {
            let text = try Invocation([name, "--help"]).output
            #expect(text.contains("  ostiary \(name)"), "\(name)")
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
