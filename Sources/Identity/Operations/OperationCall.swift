public import Decisions
public import RegoMachine
public import Storage

/// What is known of a request before anything is looked up. All of it is established by the
/// server but `parameters`, `query` and `body`, which the client chose.
public struct RequestFacts: Sendable {
    private let arrived: Arrived
    /// The organization that the request is about, if any.
    public var tenant: String?
    public var credential: Credential?
    /// The organization that the host belongs to; `nil`: the host is the installation's own.
    public var hostOrganization: String?
    /// The trusted program that has named the tenant; `nil`: none has.
    public var assertion: TenantAssertion?
    /// Hosts that are the installation's own: the issuer's, and the one whose labels are
    /// organizations.
    public var ownNames: [String] = []
    public var maintenance = MaintenanceNotice.unknown
    /// Whose calls are counted together: the client's address, of IPv6 its first 64 bits.
    public var network = ""

    public init(
        id: String, operation: Operation, parameters: [String: String], query: [String: String],
        body: JSON?, passed: PassedRequest?, host: String, address: String, userAgent: String?,
        cookies: KnownCookies, lifetimes: SessionLifetimes, time: Int64, made: String
    ) {
        arrived = Arrived(
            id: id, operation: operation, parameters: parameters, query: query, body: body,
            passed: passed, host: host, address: address, userAgent: userAgent, cookies: cookies,
            lifetimes: lifetimes, time: time, made: made)
    }

    public var id: String { arrived.id }
    public var operation: Operation { _read { yield arrived.operation } }
    public var parameters: [String: String] { arrived.parameters }
    public var query: [String: String] { arrived.query }
    public var body: JSON? { arrived.body }
    /// The request as it came, where the operation hands it on.
    public var passed: PassedRequest? { arrived.passed }
    /// As the tenant was told from it: without port, in lower case.
    public var host: String { arrived.host }
    /// The client's, as text.
    public var address: String { arrived.address }
    public var userAgent: String? { arrived.userAgent }
    public var cookies: KnownCookies { arrived.cookies }
    public var lifetimes: SessionLifetimes { arrived.lifetimes }
    /// Microseconds since 1970.
    public var time: Int64 { arrived.time }
    /// The id of what `Reach.made` makes.
    public var made: String { arrived.made }

    /// Whose rows it may touch.
    public var scope: Scope {
        switch operation.reach {
        case .tenant: tenant.map { .organization($0) } ?? .none
        case .made: .organization(made)
        case .everywhere: .system
        }
    }

    /// The host, where it is an organization's.
    public var site: String? { hostOrganization == nil ? nil : host }

    /// A parameter of the path. The router has matched it.
    public subscript(_ parameter: String) -> String { parameters[parameter] ?? "" }
}

/// What a request came with, which every copy of its facts shares: they are handed on often.
private final class Arrived: Sendable {
    let id: String
    let operation: Operation
    let parameters: [String: String]
    let query: [String: String]
    let body: JSON?
    let passed: PassedRequest?
    let host: String
    let address: String
    let userAgent: String?
    let cookies: KnownCookies
    let lifetimes: SessionLifetimes
    let time: Int64
    let made: String

    init(
        id: String, operation: Operation, parameters: [String: String], query: [String: String],
        body: JSON?, passed: PassedRequest?, host: String, address: String, userAgent: String?,
        cookies: KnownCookies, lifetimes: SessionLifetimes, time: Int64, made: String
    ) {
        self.id = id
        self.operation = operation
        self.parameters = parameters
        self.query = query
        self.body = body
        self.passed = passed
        self.host = host
        self.address = address
        self.userAgent = userAgent
        self.cookies = cookies
        self.lifetimes = lifetimes
        self.time = time
        self.made = made
    }
}

/// What of a request is handed on unread.
public struct PassedRequest: Sendable {
    /// As the client wrote it: GET and HEAD are two.
    public let method: String
    /// Path and query, as they were sent.
    public let target: String
    public let fields: [(name: String, value: String)]
    public let body: [UInt8]

    public init(
        method: String, target: String, fields: [(name: String, value: String)], body: [UInt8]
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }
}

/// A call that was decided, as an operation's work sees it.
public struct OperationCall: Sendable {
    public let request: RequestFacts
    public let subject: Subject
    public let tenant: Tenant?
    public let resource: ResourceFacts
    public let verdict: Verdict
    /// Of the decision on it.
    public let decision: String
    public let facilities: Facilities
    /// Asks the policy something else on the way.
    let ask: @Sendable (FurtherQuestion) async -> FurtherDecision

    public init(
        request: RequestFacts, subject: Subject, tenant: Tenant?, resource: ResourceFacts,
        verdict: Verdict, decision: String, facilities: Facilities,
        ask: @escaping @Sendable (FurtherQuestion) async -> FurtherDecision
    ) {
        self.request = request
        self.subject = subject
        self.tenant = tenant
        self.resource = resource
        self.verdict = verdict
        self.decision = decision
        self.facilities = facilities
        self.ask = ask
    }

    public var host: Host { facilities.host }
    var cursors: Cursors { facilities.cursors }
    var outbox: Outbox { facilities.outbox }

    /// Whether the policy lets the subject see its own alone.
    public var isRestrictedToOwn: Bool { verdict.isRestrictedToOwn }

    /// A field of the body, which was checked against its shape.
    func text(_ field: String) -> String? { request.body?[field]?.text }
}
