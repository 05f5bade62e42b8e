public import ArgumentParser
public import Identity
import Outbound
import RegoMachine
import Server

/// What the public listener serves, and for whom.
struct PublicFlags: ParsableArguments {
    @Flag(help: "A pure decision point: no public listener, no database.")
    var decisionsOnly = false

    @Option(
        help: ArgumentHelp(
            "Where the public listener is; again for more.",
            discussion: "localhost:8080 where none is named.", valueName: "address"))
    var publicAddr: [String] = []

    @OptionGroup var installation: InstallationFlags

    @Option(
        help: ArgumentHelp(
            "Redis that the nodes share: redis://host:port or unix://path, noeviction.",
            discussion: "Without one, each node counts calls for itself.", valueName: "url"))
    var redis: String?

    @Flag(help: "Admit any number of calls: something in front limits them.")
    var noCallLimits = false

    @OptionGroup var mail: MailFlags

    @OptionGroup var retention: RetentionFlags

    @Option(
        help: ArgumentHelp(
            "The role that owns PostgreSQL's tables: migrates at the start.", valueName: "uri"))
    var databaseOwner: String?

    @Option(
        help: ArgumentHelp(
            "The origin by which clients know this installation.",
            discussion: "http://localhost:8080 where none is named.", valueName: "url"))
    var issuer: String?

    @Option(
        help: ArgumentHelp(
            "Labels of this domain are organizations; without it there is one.",
            valueName: "domain"))
    var baseDomain: String?

    @Option(
        help: ArgumentHelp(
            "Ask this name server about domains, not the system's: address and port.",
            valueName: "address"))
    var dnsServer: String?

    @Option(
        help: ArgumentHelp(
            "Decide by this folder instead of the policies in the binary.", valueName: "folder"))
    var policies: String?

    @Option(
        help: ArgumentHelp(
            "A proxy whose X-Forwarded-… count: an address or a range; again for more.",
            valueName: "range"))
    var trustedProxy: [String] = []

    @Option(
        help: ArgumentHelp(
            "Pages of this origin may call the API; again for more.", valueName: "origin"))
    var allowedOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            "What tokens are signed with: ES256, EdDSA or RS256.",
            discussion: "Another than before signs once its key has been published long enough.",
            valueName: "algorithm"))
    var signingAlgorithm = SigningAlgorithm.es256

    @OptionGroup var passwordFlags: PasswordFlags

    @OptionGroup var sessions: SessionFlags

    @Flag(help: "Refuse what is only good enough for development.")
    var production = false

    /// The world, in which domains' records are asked for where the options say.
    /// - Throws: `Problems` where that is no address.
    func host() throws(Problems) -> RegoMachine.Host {
        var host = RegoMachine.Host.system
        guard let dnsServer else { return host }
        guard let lookUp = TextLookUp(server: dnsServer) else {
            throw Problems(
                clause: "--dns-server \(dnsServer): no address and port such as 192.0.2.53:53")
        }
        host.lookUpText = lookUp.records
        return host
    }

    /// - Throws: `Problems` for what cannot be served.
    func options() throws(Problems) -> PublicOptions {
        var options = PublicOptions()
        if !publicAddr.isEmpty { options.addresses = publicAddr }
        if let issuer {
            guard let read = Issuer(issuer) else {
                throw Problems(
                    clause: "--issuer \(issuer): no origin such as https://id.example.com")
            }
            options.issuer = read
        }
        options.baseDomain = baseDomain
        for text in trustedProxy {
            guard let range = AddressRange(text) else {
                throw Problems(clause: "--trusted-proxy \(text): no address or range of them")
            }
            options.trustedProxies.append(range)
        }
        for origin in allowedOrigin {
            guard Issuer(origin) != nil else {
                throw Problems(clause: "--allowed-origin \(origin): no origin")
            }
            options.allowedOrigins.insert(origin)
        }
        options.isProduction = production
        options.limitsCalls = !noCallLimits
        if production { try checkProduction(options) }
        return options
    }

    private func checkProduction(_ options: PublicOptions) throws(Problems) {
        guard options.issuer.isSecure else {
            throw Problems(clause: "--production demands an https --issuer")
        }
        guard mail.smtp != nil else {
            throw Problems(clause: "--production demands an --smtp server: mails hold secrets")
        }
        let isLocal = options.addresses.allSatisfy { $0.hasPrefix("unix://") }
        guard isLocal || !options.trustedProxies.isEmpty else {
            throw Problems(
                clause: "--production demands a --trusted-proxy, where TLS ends, or unix:// sockets"
            )
        }
    }
}

extension SigningAlgorithm: ExpressibleByArgument {}
