import ArgumentParser
import Bundles
import Logging
import Outbound
import Rego
import RegoSyntax
import Server

/// `ostiary serve`: decisions over HTTP.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve decisions over HTTP, as OPA does.",
        discussion: """
            Loads files and folders, and answers OPA's REST API until SIGTERM:

              ostiary serve examples/invoicing/policies examples/invoicing/data
              ostiary serve --watch --addr localhost:8282 examples/invoicing/policies
              curl localhost:8181/v1/data/invoicing/decision -d '{"input": {}}'

            With --watch, a change that does not compile is reported, and the
            last good policy goes on. There is no TLS here: let a proxy end it.
            """)

    @OptionGroup var flags: ServeFlags

    func run() async throws {
        try await flags.serve()
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

    func serve() async throws {
        var options = ServerOptions()
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
        let host = capabilities.limiting(.system)
        let logger = LogLines.logger(level: logLevel.level, format: logFormat.format)
        do {
            try await Server.serve(options, host: host, logger: logger) { server in
                Standard.output(Array(Self.greeting(server).utf8))
            }
        } catch let failure as ServerFailure {
            throw Problems(clause: failure.description)
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
        return """
            serving on \(places.joined(separator: " and "))
            try: curl -s \(target)/v1/data\(path) \(input)

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
