import ArgumentParser
import RegoSyntax

/// `ostiary parse`: the syntax tree of one file.
struct Parse: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Parse a file of Rego and print its tree.",
        discussion: """
              ostiary parse Policies/rbac/rbac.rego
              ostiary parse --format json --json-include locations,-comments \\
                Policies/rbac/rbac.rego
            """)

    @Argument(help: ArgumentHelp("The file; - is standard input.", valueName: "path"))
    var path: String

    @Option(name: [.customShort("f"), .long], help: "How the tree is printed.")
    var format = Check.Format.pretty

    @Option(
        help: ArgumentHelp(
            "Parts of JSON to have or, with a -, not to have: locations, comments.",
            valueName: "parts"))
    var jsonInclude = ""

    @Flag(help: "Read the source as OPA did before 1.0.")
    var v0Compatible = false

    @Flag(help: "Read the source as OPA does since 1.0, which is the default.")
    var v1Compatible = false

    func run() throws {
        let source = Source(name: path, bytes: try Standard.read(path))
        let options = ParserOptions(version: v0Compatible ? .v0 : .v1)
        switch Parser.module(source, options: options) {
        case .success(let module):
            let text =
                switch format {
                case .pretty: TreeText.module(module)
                case .json: TreeJSON.module(module, including: try parts()) + "\n"
                }
            Standard.output(Array(text.utf8))
        case .failure(let found):
            var sources = Sources()
            sources.query = source
            Standard.error(Problems(found.all, sources: sources).text + "\n")
            throw ExitCode(Status.usage)
        }
    }

    private func parts() throws -> TreeJSON.Parts {
        var parts: TreeJSON.Parts = .comments
        for word in jsonInclude.split(separator: ",") {
            let part: TreeJSON.Parts
            switch word.drop(while: { $0 == "-" }) {
            case "locations": part = .locations
            case "comments": part = .comments
            default: throw ValidationError("--json-include knows locations and comments")
            }
            if word.hasPrefix("-") { parts.remove(part) } else { parts.insert(part) }
        }
        return parts
    }
}
