import ArgumentParser
import Bundles
import Rego
import RegoMachine
import RegoSyntax

/// The flags that say what a policy is made of, alike in all commands.
struct PolicyFlags: ParsableArguments {
    @Option(
        name: [.customShort("d"), .long],
        help: ArgumentHelp(
            "A policy or data file, or a folder of them; again for more.",
            discussion: "prefix.of:path puts a document at data.prefix.of.", valueName: "path"))
    var data: [String] = []

    @Option(
        name: [.customShort("b"), .long],
        help: ArgumentHelp(
            "A bundle: a .tar.gz or a folder, as `ostiary build` packs it.", valueName: "path"))
    var bundle: [String] = []

    @OptionGroup var language: LanguageFlags
    @OptionGroup var schemas: SchemaFlags

    @Flag(
        name: [.customShort("S"), .long],
        help: "Refuse unused variables and imports, too.")
    var strict = false

    /// Reads all that is named.
    func load() throws(Problems) -> LoadedPolicy {
        try language.load(files: data, bundles: bundle)
    }

    /// - Parameter sources: Where diagnostics find their lines.
    func compile(
        _ loaded: LoadedPolicy, sources: Sources, shortcuts: Shortcuts = .all,
        marks: Marks = .none
    ) throws(Problems) -> Policy {
        var options = CompileOptions()
        options.shortcuts = shortcuts
        options.marks = marks
        options.strict = strict
        options.capabilities = try language.allowed()
        options.schemas = try schemas.read()
        let policy: Policy
        do throws(CompileFailure) {
            policy = try Policy(
                modules: loaded.modules, plans: loaded.plans, options: options)
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
        let conflicts = policy.conflicts(with: loaded.data)
        guard conflicts.isEmpty else { throw Problems(conflicts, sources: sources) }
        return policy
    }
}

/// Which Rego sources are written in, and which files are passed by.
struct LanguageFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Pass by files and folders of this name.", valueName: "glob"))
    var ignore: [String] = []

    @Flag(help: "Read sources as OPA did before 1.0.")
    var v0Compatible = false

    @Flag(help: "Read sources as OPA does since 1.0, which is the default.")
    var v1Compatible = false

    @Option(
        help: ArgumentHelp(
            "What policies may use: a file, or the version of this build.", valueName: "file"))
    var capabilities: String?

    var version: LanguageVersion { v0Compatible ? .v0 : .v1 }

    /// What `--capabilities` says; all that there is where it is not given.
    func allowed() throws(Problems) -> LanguageCapabilities {
        guard let capabilities, capabilities != Capabilities.version else {
            return LanguageCapabilities()
        }
        let text: [UInt8]
        do throws(Problems) {
            text = try Standard.read(capabilities)
        } catch {
            throw Problems(
                clause: "no capabilities version or file found at \(capabilities)"
                    + " (this build has \(Capabilities.version) alone)")
        }
        do throws(LanguageCapabilities.Mistake) {
            return try LanguageCapabilities(json: text)
        } catch {
            throw Problems(clause: "\(capabilities): \(error.clause)")
        }
    }

    /// - Parameter verification: How bundles must be signed; `nil`: they are taken as they are, as
    ///   OPA's `eval` does, since who evaluates on the command line has the file in hand.
    func load(
        files: [String], bundles: [String], verification: VerificationFlags? = nil
    ) throws(Problems) -> LoadedPolicy {
        var loader = PolicyLoader()
        loader.ignore = ignore
        loader.version = version
        loader.capabilities = try allowed()
        loader.verification = try verification?.verification()
        loader.skipsVerification = verification?.skipVerify ?? true
        do throws(LoadFailure) {
            let plain = try loader.load(files)
            guard !bundles.isEmpty else { return plain }
            loader.isBundle = true
            return try Self.joined(plain, try loader.load(bundles))
        } catch {
            throw Problems(error)
        }
    }

    private static func joined(
        _ plain: LoadedPolicy, _ bundled: LoadedPolicy
    ) throws(LoadFailure) -> LoadedPolicy {
        guard case .success(let data) = plain.data.merging(bundled.data) else {
            throw LoadFailure([.file("files and bundles give values to one path of data")])
        }
        return LoadedPolicy(
            modules: plain.modules + bundled.modules, plans: bundled.plans, data: data,
            bundles: bundled.bundles)
    }
}

/// What values are, for the type checker.
struct SchemaFlags: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A JSON Schema of input, or a folder of schemas.",
            discussion: "Annotations name those of a folder, such as input: schema.request.",
            valueName: "path"))
    var schema: String?

    func read() throws(Problems) -> SchemaSet {
        guard let schema else { return SchemaSet() }
        do throws(LoadFailure) {
            return try PolicyLoader().schemas(schema)
        } catch {
            throw Problems(error)
        }
    }
}
