import ArgumentParser
import Bundles
import Rego
import RegoMachine
import RegoSyntax

/// `ostiary build`: files and folders into a bundle.
struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pack policies and data into a bundle.",
        discussion: """
              ostiary build examples/invoicing/policies examples/invoicing/data
              ostiary build -b Policies/rbac --ignore '*_test.rego' \\
                -r 2026-11-25 -o rbac.tar.gz
              ostiary build -t plan -e invoicing/decision examples/invoicing/policies
              openssl ecparam -genkey -name prime256v1 -noout -out private.pem
              ostiary build --signing-key private.pem --signing-alg ES256 \\
                examples/invoicing/policies

            Targets: rego packs the sources; plan compiles the entrypoints, and the
            bundle holds no sources; wasm runs the `opa` on your PATH, for at most
            30 seconds and 1 GiB, and keeps what it made in the cache folder
            ($XDG_CACHE_HOME or ~/.cache, ostiary/wasm) by what it was made from.

            The same sources make the same bytes, whenever and wherever.
            --prune-unused leaves out the rules that no entrypoint needs, those of
            annotations included, and the modules without others.
            """)

    @Argument(help: ArgumentHelp("Policy and data files, or folders of them.", valueName: "path"))
    var paths: [String]

    @OptionGroup var language: LanguageFlags

    @Flag(name: .shortAndLong, help: "The paths are bundles.")
    var bundle = false

    @Option(name: .shortAndLong, help: "What the policies become.")
    var target = Target.rego

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A decision that will be asked for: authz/allow.", valueName: "path"))
    var entrypoint: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("The bundle's revision.", valueName: "text"))
    var revision = ""

    @Option(name: .shortAndLong, help: ArgumentHelp("The bundle.", valueName: "file"))
    var output = "bundle.tar.gz"

    @Flag(help: "Leave out rules that no entrypoint needs.")
    var pruneUnused = false

    @Option(
        name: [.customShort("O"), .long],
        help: ArgumentHelp("Only 0: this build does not optimize bundles.", valueName: "level"))
    var optimize = 0

    @Flag(help: "Print the bundle as base 64 instead of writing a file.")
    var base64 = false

    @Option(help: ArgumentHelp("How long opa may run for wasm.", valueName: "time"))
    var opaTimeout = TimeSpan(nanoseconds: 30_000_000_000)

    @OptionGroup var signing: SigningFlags
    @OptionGroup var verification: VerificationFlags

    enum Target: String, ExpressibleByArgument, CaseIterable {
        case rego, plan, wasm
    }

    func validate() throws {
        if paths.isEmpty { throw ValidationError("specify at least one path") }
        if !(0...2).contains(optimize) {
            throw ValidationError("invalid optimization level: it is 0, 1 or 2")
        }
        if let bad = entrypoint.first(where: { $0.hasPrefix("-") || $0.isEmpty }) {
            throw ValidationError("`\(bad)` is no entrypoint: write authz/allow")
        }
    }

    func run() throws {
        guard optimize == 0 else {
            Standard.error(
                "error: `--optimize \(optimize)` is not supported:"
                    + " this build has no partial evaluator\n")
            throw ExitCode(Status.usage)
        }
        let made = LargeStack.run { Result { () throws(Problems) in try bytes() } }
        do throws(Problems) {
            let bytes = try made.get()
            if base64 {
                Standard.output(Base64.standard.encode(bytes, padded: true) + [0x0A])
            } else {
                try Standard.write(bytes, to: output)
            }
        } catch {
            Standard.error(error.text + "\n")
            throw ExitCode(Status.usage)
        }
    }

    private func bytes() throws(Problems) -> [UInt8] {
        var loaded = try load()
        let sources = Sources(modules: loaded.modules)
        var policy = try compile(loaded, sources)
        let entrypoints = try entrypoints(of: policy)
        if pruneUnused {
            guard !entrypoints.isEmpty else {
                throw Problems(clause: "--prune-unused needs an entrypoint to keep")
            }
            loaded = loaded.pruned(to: entrypoints, by: policy)
            policy = try compile(loaded, Sources(modules: loaded.modules))
        }
        var builder = BundleBuilder()
        builder.revision = revision
        builder.version = language.version
        do {
            switch target {
            case .rego: return try packed(try builder.sources(loaded))
            case .plan:
                guard !entrypoints.isEmpty else {
                    throw Problems(clause: "plan compilation requires at least one entrypoint")
                }
                let plan = try policy.plan(entrypoints: entrypoints)
                return try packed(builder.planned(loaded, plan: plan))
            case .wasm:
                guard !entrypoints.isEmpty else {
                    throw Problems(clause: "wasm compilation requires at least one entrypoint")
                }
                let archive = try Archive(entries: try builder.sources(loaded)).packed()
                let made = try OPACompiler(
                    entrypoints: entrypoints.map { $0.joined(separator: "/") },
                    isV0: language.version == .v0, nanosecondsMax: opaTimeout.nanoseconds
                ).compiled(archive)
                return try packed(try Archive(reading: made).entries)
            }
        } catch let problems as Problems {
            throw problems
        } catch let failure as CompileFailure {
            throw Problems(failure.diagnostics, sources: sources)
        } catch let failure as BundleBuilder.Failure {
            throw Problems(clause: failure.clause)
        } catch let failure as Archive.Failure {
            throw Problems(clause: failure.clause)
        } catch {
            throw Problems(clause: "\(error)")
        }
    }

    private func load() throws(Problems) -> LoadedPolicy {
        var loader = PolicyLoader()
        loader.ignore = language.ignore
        loader.version = language.version
        loader.capabilities = try language.allowed()
        loader.isBundle = bundle
        loader.verification = try verification.verification()
        loader.skipsVerification = verification.skipVerify
        do throws(LoadFailure) {
            return try loader.load(paths)
        } catch {
            throw Problems(error)
        }
    }

    private func compile(
        _ loaded: LoadedPolicy, _ sources: Sources
    ) throws(Problems) -> Policy {
        var options = CompileOptions()
        options.capabilities = try language.allowed()
        do throws(CompileFailure) {
            let policy = try Policy(
                modules: loaded.modules, plans: loaded.plans, options: options)
            let conflicts = policy.conflicts(with: loaded.data)
            if !conflicts.isEmpty { throw CompileFailure(conflicts) }
            return policy
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }

    /// Those of the flags, and for plans those of annotations.
    private func entrypoints(of policy: Policy) throws(Problems) -> [[String]] {
        var found = entrypoint.map { $0.split(separator: "/").map(String.init) }
        for path in found where !policy.hasDocument(at: path) {
            throw Problems(
                clause: "undefined entrypoint data.\(path.joined(separator: "."))")
        }
        if target != .rego || pruneUnused {
            for path in policy.annotatedEntrypoints where !found.contains(path) {
                found.append(path)
            }
        }
        return found
    }

    private func packed(_ entries: [Archive.Entry]) throws -> [UInt8] {
        var entries = entries
        if let signer = try signing.signer(algorithm: verification.signingAlg) {
            do throws(BundleKey.Failure) {
                entries.removeAll { $0.path == ".signatures.json" }
                entries.append(
                    Archive.Entry(
                        path: ".signatures.json", bytes: try signer.signatures(of: entries)))
            } catch {
                throw Problems(clause: error.clause)
            }
        }
        return try Archive(entries: entries).packed()
    }
}
