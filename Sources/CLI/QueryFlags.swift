import ArgumentParser
import Bundles
import Rego
import RegoMachine
import RegoSyntax

/// The flags that say what is asked, and about what.
struct QueryFlags: ParsableArguments {
    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp(
            "The input document, JSON or YAML; - is standard input.", valueName: "file"))
    var input: String?

    @Flag(name: [.customShort("I"), .long], help: "Read the input document from standard input.")
    var stdinInput = false

    @Flag(help: "Read the query from standard input.")
    var stdin = false

    @Option(
        name: .customLong("import"),
        help: ArgumentHelp("An import for the query, such as data.authz.", valueName: "path"))
    var imports: [String] = []

    @Option(help: ArgumentHelp("The package in which the query's names stand.", valueName: "path"))
    var package: String?

    func validate() throws {
        if stdin && stdinInput {
            throw ValidationError("specify --stdin or --stdin-input but not both")
        }
        if stdinInput && input != nil {
            throw ValidationError("specify --stdin-input or --input but not both")
        }
    }

    /// - Parameter argument: The query of the command line.
    func query(_ argument: String?) throws -> Source {
        switch (argument, stdin) {
        case (_?, true): throw ValidationError("specify query argument or --stdin but not both")
        case (nil, false): throw ValidationError("specify query argument or --stdin")
        case (let text?, false): return Source(name: "", text: text)
        case (nil, true): return Source(name: "", bytes: try Standard.read("-"))
        }
    }

    /// The input document as JSON; `nil`: it is undefined.
    func inputJSON() throws(Problems) -> [UInt8]? {
        try Self.inputJSON(stdinInput ? "-" : input)
    }

    /// - Parameter input: A file, JSON or YAML; `-`: standard input.
    static func inputJSON(_ input: String?) throws(Problems) -> [UInt8]? {
        guard let input else { return nil }
        guard input.hasSuffix(".yaml") || input.hasSuffix(".yml") else {
            return try Standard.read(input)
        }
        do throws(LoadFailure) {
            return try PolicyLoader().input(input)
        } catch {
            throw Problems(error)
        }
    }

    func prepare(
        _ query: Source, _ policy: Policy, version: LanguageVersion, sources: Sources
    ) throws(Problems) -> PreparedQuery {
        do throws(CompileFailure) {
            return try policy.prepare(
                query: String(decoding: query.bytes, as: UTF8.self), package: package,
                imports: imports, version: version)
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }

    func preparePartial(
        _ query: Source, _ policy: Policy, version: LanguageVersion, sources: Sources,
        options: PartialOptions
    ) throws(Problems) -> PreparedPartial {
        do throws(CompileFailure) {
            return try policy.preparePartial(
                query: String(decoding: query.bytes, as: UTF8.self), package: package,
                imports: imports, version: version, options: options)
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }
}
