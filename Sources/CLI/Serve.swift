import ArgumentParser
import Bundles
import Identity
import Logging
import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Server
import Storage

/// `ostiary serve`: decisions over HTTP.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve decisions, and identity decided by them.",
        discussion: """
            Two listeners. The decision listener (--addr) loads files and folders,
            and answers OPA's REST API until SIGTERM; the public one
            (--public-addr) answers the identity API, of which every operation
            is decided by the policies in the binary, or by those in a folder
            (--policies). Its tables are SQLite's in --data-dir, or PostgreSQL's.

              ostiary serve --decisions-only --watch examples/invoicing/policies
              ostiary serve --data-dir data examples/invoicing/policies
              curl localhost:8181/v1/data/invoicing/decision -d '{"input": {}}'
              curl localhost:8080/healthz

            The first start prints a link that makes the first administrator.

            With --watch, a change that does not compile is reported, and the
            last good policy goes on. There is no TLS here: let a proxy end it.
            """)

    @OptionGroup var flags: ServeFlags
    @OptionGroup var publicFlags: PublicFlags

    @Option(
        help: ArgumentHelp(
            "Options by name in YAML, where the command line does not say.",
            discussion: "Or OSTIARY_… variables, such as OSTIARY_PUBLIC_ADDR.",
            valueName: "file"))
    var config: String?

    func run() async throws {
        guard !publicFlags.decisionsOnly else { return try await flags.serve() }
        let options = try publicFlags.options()
        let host = try publicFlags.host()
        try flags.refuseOpenDecisions()
        let (deployment, setup) = try await ServedDeployment(flags: publicFlags).open()
        do {
            try await flags.serve(deployment, options, setup, host)
        } catch {
            await deployment.close()
            throw error
        }
        await deployment.close()
    }
}

/// What is served, and where.
struct ServeFlags: ParsableArguments {
    @Argument(help: ArgumentHelp("Policy and data files, or folders of them.", valueName: "path"))
    var paths: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Listen at host:port or unix://path; again for more.",
            discussion: "localhost:8181 where none is named.", valueName: "address"))
    var addr: [String] = []

    @Flag(name: .shortAndLong, help: "Load again what changes on disk.")
    var watch = false

    @Flag(name: .shortAndLong, help: "The paths are bundles.")
    var bundle = false

    @OptionGroup var language: LanguageFlags

    @OptionGroup var verification: VerificationFlags

    @Option(name: .shortAndLong, help: "The least that is logged.")
    var logLevel = Level.info

    @Option(help: "How log lines look.")
    var logFormat = LogFormat.json

    @Option(
        help: ArgumentHelp("What requests under way have to end.", valueName: "seconds"))
    var shutdownGracePeriod = 10

    enum Level: String, ExpressibleByArgument, CaseIterable {
        case debug, info, warn, error

        fileprivate var level: Logger.Level {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warn: .warning
            case .error: .error
            }
        }
    }

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
        case prettyJSON = "json-pretty"

        fileprivate var format: LogLines.Format {
            switch self {
            case .text: .text
            case .json: .json
            case .prettyJSON: .prettyJSON
            }
        }
    }

    /// The decision listener asks nobody who they are: beside identity it is for this machine.
    func refuseOpenDecisions() throws(Problems) {
        guard let address = addr.first(where: { !ServerOptions.isLocal($0) }) else { return }
        throw Problems(
            clause: "--addr \(address): decisions beyond this machine are asked for at the public"
                + " listener, with a credential; without one: --decisions-only")
    }

    /// - Parameter deployment: What the public listener works on; `nil`: there is none.
    /// - Parameter setup: To print, where nobody administers the installation yet.
    func serve(
        _ deployment: Deployment? = nil, _ publicOptions: PublicOptions = PublicOptions(),
        _ setup: SetupLinks.Offer = .none, _ host: RegoMachine.Host = .system
    ) async throws {
        var options = ServerOptions()
        options.publicListener = publicOptions
        if !addr.isEmpty { options.addresses = addr }
        options.paths = paths
        options.loader.isBundle = bundle
        options.loader.verification = try verification.verification()
        options.loader.skipsVerification = verification.skipVerify
        options.loader.ignore = language.ignore
        options.loader.version = language.version
        let capabilities = try language.allowed()
        options.loader.capabilities = capabilities
        options.compilation.capabilities = capabilities
        options.watchesFiles = watch
        options.shutdownGraceSeconds = shutdownGracePeriod
        let host = capabilities.limiting(host)
        let logger = LogLines.logger(level: logLevel.level, format: logFormat.format)
        do {
            try await Server.serve(options, deployment, host: host, logger: logger) { server in
                let first = Self.setup(setup, publicOptions.issuer)
                Standard.output(Array((first + Self.greeting(server)).utf8))
            }
        } catch let failure as ServerFailure {
            throw Problems(clause: failure.description)
        }
    }

    private static func setup(_ offer: SetupLinks.Offer, _ issuer: Issuer) -> String {
        switch offer {
        case .link(let link):
            """
            nobody administers this installation yet. Open, once and within a day:
              \(link.text(issuer: issuer.text))

            """
        case .elsewhere:
            """
            nobody administers this installation yet: a node that started just before has printed
            the link. `ostiary admin bootstrap` makes another one.

            """
        case .none: ""
        }
    }

    /// Where the server is, and one request that it answers.
    private static func greeting(_ server: RunningServer) -> String {
        let path = entrypoint(of: server.modules).map { "/\($0)" }.joined()
        let input = "-d '{\"input\": {}}'"
        let places = server.addresses.map { address in
            address.hasPrefix("unix://") ? address : "http://\(address)"
        }
        let target =
            server.addresses.first.map { address in
                address.hasPrefix("unix://")
                    ? "--unix-socket \(address.dropFirst("unix://".count)) http://localhost"
                    : address
            } ?? ""
        let pages = server.publicAddresses.map { "http://\($0)/docs" }
        let identity = pages.isEmpty ? "" : "identity on \(pages.joined(separator: " and "))\n"
        return """
            serving on \(places.joined(separator: " and "))
            \(identity)try: curl -s \(target)/v1/data\(path) \(input)

            """
    }

    /// The decision that the modules are there for: what a `# METADATA` block calls an entrypoint,
    /// otherwise the first package that is no test.
    private static func entrypoint(of modules: [Module]) -> [String] {
        for module in modules {
            for block in module.annotations {
                let lines = block.yaml.split(separator: "\n")
                guard lines.contains(where: { $0.filter { $0 != " " } == "entrypoint:true" }) else {
                    continue
                }
                guard case .rule(let index) = block.target else { return module.package }
                return module.package + [module.rules[index].head.name]
            }
        }
        let package = modules.first { !($0.package.last?.hasSuffix("_test") ?? true) }?.package
        return package ?? []
    }
}
