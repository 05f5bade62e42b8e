import ArgumentParser
import Glibc
import RegoSyntax

/// `ostiary fmt`: lays out files of Rego.
struct Format: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Format files of Rego.",
        discussion: """
              ostiary fmt Policies/rbac/rbac.rego
              ostiary fmt --write examples/invoicing/policies
              ostiary fmt --fail --list Policies
            """)

    @Argument(
        help: ArgumentHelp(
            "Files, or folders of them; none or - is standard input.",
            valueName: "path"))
    var paths: [String] = []

    @Flag(name: [.customShort("w"), .long], help: "Write the result to the file it came from.")
    var write = false

    @Flag(name: [.customShort("l"), .long], help: "Only name the files that would change.")
    var list = false

    @Flag(name: [.customShort("d"), .long], help: "Only show what would change.")
    var diff = false

    @Flag(help: "Exit with 1 if anything would change.")
    var fail = false

    @Flag(
        name: [.customLong("v0-v1"), .customLong("rego-v1")],
        help: "Make modules good for both OPA 0.x and OPA 1.x.")
    var both = false

    @Option(
        help: ArgumentHelp("Check that the result is Rego again.", valueName: "true or false"))
    var checkResult = true

    @Flag(help: "Leave out imports that only v0 needs.")
    var dropV0Imports = false

    @Flag(help: "Read and write Rego as OPA did before 1.0.")
    var v0Compatible = false

    @Flag(help: "Read and write Rego as OPA does since 1.0, which is the default.")
    var v1Compatible = false

    func run() throws {
        var changed = false
        for path in try FormatFiles.listed(paths) {
            let source = Source(name: path, bytes: try Standard.read(path))
            let formatted = try self.formatted(source)
            let changes = formatted != source.bytes
            changed = changed || changes
            try report(source, formatted, changes: changes)
        }
        if fail, changed { throw ExitCode(Status.usage) }
    }

    private var target: FormatTarget {
        if both { return .v0AndV1 }
        return v0Compatible && !v1Compatible ? .v0 : .v1
    }

    private func formatted(_ source: Source) throws -> [UInt8] {
        let version: LanguageVersion = target == .v1 ? .v1 : .v0
        let bytes: [UInt8]
        switch Formatter.formatted(
            source, target: target, version: version, dropsV0Imports: dropV0Imports)
        {
        case .success(let text): bytes = text
        case .failure(let found): throw refusal(found, source)
        }
        guard checkResult else { return bytes }
        let result = Source(name: source.name, bytes: bytes)
        if case .failure(let found) = Parser.module(
            result, options: ParserOptions(version: version))
        {
            throw refusal(found, result)
        }
        return bytes
    }

    private func refusal(_ found: Diagnostics, _ source: Source) -> any Error {
        var sources = Sources()
        sources.query = source
        Standard.error(Problems(found.all, sources: sources).text + "\n")
        return ExitCode(Status.usage)
    }

    private func report(_ source: Source, _ formatted: [UInt8], changes: Bool) throws {
        if list || diff {
            guard changes else { return }
            if list { Standard.output(Array((source.name + "\n").utf8)) }
            if diff {
                let text = LineDifference(source.bytes, formatted).text(of: source.name)
                Standard.output(Array(text.utf8))
            }
        }
        if write, source.name != "-" {
            if changes { try FormatFiles.replace(source.name, by: formatted) }
        } else if !list, !diff, !fail {
            Standard.output(formatted)
        }
    }
}
