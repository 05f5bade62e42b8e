import Cryptography
import Decisions
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import Logging
import NIOCore
import Rego
import RegoMachine
import Storage

/// The front of the public listener. Every request takes the same way, which `answer` shows: its
/// limits, its tenant, its subject, one input, one decision, the operation, the record.
final class PublicFront: Sendable {
    let deployment: Deployment
    let operations: OperationTable
    let names: HostNames
    let options: PublicOptions
    let host: Host
    let pool: EvaluationPool
    let clock: DateClock
    let logger: Logger
    let metrics: Metrics
    let anonymousDenials: AnonymousDenials
    let limits = LimitTable()
    let limiter: CallLimiter
    let facilities: Facilities
    let forms: FormBinding
    let turnstile = Turnstile()
    let home = HomeOrganization()

    /// - Throws: `ServerFailure` where the operations are not whole.
    init(_ deployment: Deployment, _ options: PublicOptions, beside front: Front)
        throws(ServerFailure)
    {
        self.deployment = deployment
        self.options = options
        (host, pool, clock) = (front.host, front.pool, front.clock)
        (logger, metrics) = (front.logger, front.metrics)
        names = HostNames(
            issuer: options.issuer.host, baseDomain: options.baseDomain,
            takesLoopback: !options.isProduction)
        anonymousDenials = AnonymousDenials()
        let clock = front.host.monotonic
        limiter = CallLimiter(deployment.keys, nodes: deployment.nodes) {
            Int64(clock() / 1_000)
        }
        let usage = CallUsage(isEnforced: options.limitsCalls, limiter) {
            [limits, pool = front.pool, logger = front.logger] in
            await limits.limits(deployment.policy, pool, logger)
        }
        facilities = deployment.facilities(
            issuer: options.issuer.text, host: front.host, pool: front.pool, usage)
        forms = FormBinding(keys: deployment.sealingKeys, host: front.host)
        let node = Node(
            id: front.host.randomBytes(8).hexadecimal, startedAt: front.startedAt)
        let service = NodeFlow(deployment, node)
        let decisionPoint = DecisionPointFlow(front: front)
        operations = try OperationTable(
            (deployment.flows(service) + [decisionPoint]).flatMap(\.operations))
        service.description.publish(operations.operations, issuer: options.issuer)
    }

    /// - Parameter peer: The other end of the connection.
    func respond(
        _ request: Request, _ writer: consuming ResponseWriter, peer: SocketAddress?
    ) async throws {
        let started = host.monotonic()
        var arrival = Arrival(id: host.randomBytes(16).hexadecimal, time: host.now() / 1_000)
        arrival.address = ClientAddress(
            peer: peer, fields: request.headers, trusted: options.trustedProxies)
        var answer: PublicAnswer
        if let preflight = preflight(request) {
            answer = preflight
        } else {
            do throws(Fault) {
                let reply = try await self.answer(request, &arrival)
                answer = PublicAnswer(reply, arrival, forms)
            } catch {
                answer = PublicAnswer(
                    error, arrival, forms, place: request.head.path ?? "/")
            }
        }
        answer.complete(for: request.headers[.origin], arrival, options, clock)
        record(request, answer, arrival, nanoseconds: host.monotonic() - started)
        let response = answer.response(to: request)
        try await writer.write(response: response.head, body: response.body)
    }

    /// The whole way of a request.
    private func answer(_ request: Request, _ arrival: inout Arrival) async throws(Fault) -> Reply {
        let facts = try await known(request, &arrival)
        return try await turnstile.pass(facts.operation.turn?(facts)) { () throws(Fault) in
            try await answer(facts, request, &arrival)
        }
    }

    private func answer(
        _ facts: RequestFacts, _ request: Request, _ arrival: inout Arrival
    ) async throws(Fault) -> Reply {
        let found = try await load(facts)
        try await admitTenant(found, &arrival)
        let (loaded, verdict) = try await decided(found, arrival)
        guard verdict.isAllowed else { throw try await denied(loaded, verdict, arrival) }
        try await checkStepUp(loaded, verdict, arrival)
        let conditions = Conditions(request.headers)
        guard let work = try await prepared(loaded, verdict, arrival, conditions) else {
            return try await look(loaded, verdict, arrival, conditions)
        }
        let key = try idempotencyKey(request, loaded)
        let decided = Decided(loaded, verdict, arrival)
        let reply = try await change(decided, arrival, conditions, key, work)
        deployment.revocations.add(reply.revoked)
        reply.maintenance.map(deployment.maintenance.add)
        if let attempt = reply.attempt {
            try await failing { try await facilities.attempts.keep(attempt) }
        }
        await reply.afterwards?(deployment.database)
        if let decision = reply.decision { arrival.decision = decision }
        if let fault = reply.fault { throw fault }
        return reply
    }

    /// What a request asks for, and whose it is. Who gets no further draws on what an address has.
    private func known(
        _ request: Request, _ arrival: inout Arrival
    ) async throws(Fault) -> RequestFacts {
        do throws(Fault) {
            var facts = try await admitted(request, &arrival)
            do throws(Fault) {
                try await establish(&facts, request, &arrival)
            } catch {
                throw rejected(facts, error, &arrival)
            }
            return facts
        } catch {
            if arrival.rate == nil { try await admitAddress(&arrival) }
            throw error
        }
    }

    /// The facts about a request and what it concerns, from one moment.
    struct Loaded: Sendable {
        var request: RequestFacts
        let method: String
        let subject: Subject
        let tenant: Tenant?
        let resource: ResourceFacts
        let lookUps: LookUps
        /// What they found: what the facts were read from.
        let rows: [[Row]]

        /// Whose the record of a change is: an organization's own from its first row on.
        var owner: String? { request.operation.reach == .made ? request.made : tenant?.id }

        var input: DecisionInput {
            DecisionInput(
                request: request, method: method, subject: subject, tenant: tenant,
                resource: resource)
        }
    }
}

/// What is known of a request from its first byte on, also where it gets no further.
struct Arrival: Sendable {
    let id: String
    /// Microseconds since 1970.
    let time: Int64
    var address: ClientAddress?
    var operation: Operation?
    /// Of the decision on it.
    var decision: String?
    /// What is left of its limits.
    var rate: RateNotice?
    var cookies = KnownCookies()
    /// It came with the cookie of a session that is no more.
    var hasStaleSession = false
    /// What a form of ours was sent with.
    var typed: JSON?
    /// Methods that the path has, where the request's is none of them.
    var allowedMethods: [String] = []
    /// `Accept`, as it was sent.
    var accepts: String?

    /// Whether a page is what the client wants to see, where no operation says what it gets.
    var prefersPage: Bool { AcceptedTypes(accepts ?? "").prefersPage }

    init(id: String, time: Int64) {
        self.id = id
        self.time = time
    }
}
