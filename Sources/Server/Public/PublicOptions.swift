public import Cryptography
public import Decisions
public import Identity
import RegoMachine
public import Storage

/// What the public listener serves, and for whom.
public struct PublicOptions: Sendable {
    /// As `ServerOptions.addresses`.
    public var addresses = ["localhost:8080"]
    /// The URL by which clients know this deployment, without a path: `https://id.example.com`.
    public var issuer = Issuer.development
    /// Whose labels are organizations: `example.com`; `nil`: one organization alone.
    public var baseDomain: String?
    /// The proxies whose `X-Forwarded-…` count.
    public var trustedProxies: [AddressRange] = []
    /// Pages of other origins that may call the API with a credential of their own.
    public var allowedOrigins: Set<String> = []
    public var isProduction = false
    /// Off where something in front limits them.
    public var limitsCalls = true
    public var bodyBytes = 1 << 20

    public init() {}
}

/// An origin: scheme, host and port, as browsers write it.
public struct Issuer: Sendable, Hashable {
    public let text: String
    public let host: String
    public let isSecure: Bool

    public static let development = Issuer(text: "http://localhost:8080", host: "localhost")

    private init(text: String, host: String) {
        self.text = text
        self.host = host
        isSecure = text.hasPrefix("https://")
    }

    /// - Returns: `nil`: the text is no origin in lower case, or one with a path, a query, a user.
    public init?(_ text: String) {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
        let authority = text.dropFirst(scheme.count)
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789.-:[]")
        guard !authority.isEmpty, authority.allSatisfy(allowed.contains) else { return nil }
        self.init(text: text, host: HostNames.name(String(authority)))
    }
}

/// What the public front works on: the tables, the keys, the policy, and what is under way.
public struct Deployment: Sendable {
    public let database: any Database
    public let policy: SystemPolicy
    public let audit: AuditLog
    public let sealingKeys: SealingKeys
    public let passwords: Passwords
    public let signingKeys: SigningKeys
    public let outbox: Outbox
    /// Shared by the nodes, or of this one alone.
    public let keys: any ExpiringKeys
    public let nodes: LiveNodes
    public let decisions: DecisionBuffer
    public let lifetimes: SessionLifetimes
    public let revocations: Revocations
    public let activity: SessionActivity
    /// Known by the same looks as what was revoked.
    var maintenance: MaintenanceWatch { revocations.maintenance }
    /// When keys were used.
    public let keyUses = KeyUses()
    /// Done beside the requests.
    public let jobs: [Job]

    public init(
        database: any Database, policy: SystemPolicy, audit: AuditLog, sealingKeys: SealingKeys,
        passwords: Passwords, signingKeys: SigningKeys, outbox: Outbox, keys: any ExpiringKeys,
        nodes: LiveNodes, lifetimes: SessionLifetimes, revocations: Revocations, jobs: [Job]
    ) {
        self.database = database
        self.policy = policy
        self.audit = audit
        self.sealingKeys = sealingKeys
        self.passwords = passwords
        self.signingKeys = signingKeys
        self.outbox = outbox
        self.keys = keys
        self.nodes = nodes
        self.jobs = jobs
        self.lifetimes = lifetimes
        self.revocations = revocations
        activity = SessionActivity(lifetimes)
        decisions = DecisionBuffer()
    }

    func facilities(
        issuer: String, host: Host, pool: EvaluationPool, _ callUsage: CallUsage
    ) -> Facilities {
        Facilities(
            host: host, issuer: issuer, cursors: Cursors(keys: sealingKeys), outbox: outbox,
            audit: audit, passwords: passwords, attempts: Attempts(keys: keys, host: host),
            accessTokens: AccessTokens(issuer: issuer, keys: signingKeys, host: host),
            refreshTokens: RefreshTokens(keys: sealingKeys, host: host, lifetimes: lifetimes),
            codes: ShortCodes(keys: MessageKeys(keys: sealingKeys), host: host),
            lifetimes: lifetimes, challenges: ChallengeLookUps(host), callUsage: callUsage,
            entitlements: { [policy] tier in
                let path = ["ostiary", "entitlements", "by_tier"]
                let found = await pool.run { policy.document(at: path, $0) }
                return found?.json.flatMap { try? JSON(reading: $0) }?[tier]
            })
    }

    /// Lets go of both stores.
    public func close() async {
        await keys.close()
        await database.close()
    }

    /// The areas that a policy must decide: those of every operation that is served.
    public static var areas: [String] {
        let flows = FlowTable.flows(decisions: DecisionBuffer())
        let areas =
            flows.flatMap(\.operations).map(\.area) + [NodeFlow.area, DecisionPointFlow.area]
        return Set(areas).sorted()
    }

    /// Every operation that is served.
    package var operations: [Operation] {
        flows(NodeFlow(self, Node(id: "", startedAt: (0, 0)))).flatMap(\.operations)
    }

    func flows(_ node: NodeFlow) -> [any Flow] { FlowTable.flows(decisions: decisions) + [node] }
}
