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
struct PublicFront: Sendable {
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
        limiter = CallLimiter(
            shared: deployment.keys, own: MemoryKeys { Int64(clock() / 1_000) })
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
                answer = PublicAnswer(try await self.answer(request, &arrival))
            } catch {
                answer = PublicAnswer(error, arrival)
            }
        }
        answer.complete(for: request, arrival, options, clock)
        record(request, answer, arrival, nanoseconds: host.monotonic() - started)
        let response = answer.response(to: request)
        try await writer.write(response: response.head, body: response.body)
    }

    /// The whole way of a request.
    private func answer(_ request: Request, _ arrival: inout Arrival) async throws(Fault) -> Reply {
        let facts = try await known(request, &arrival)
        let loaded = try await load(facts)
        try await admitTenant(loaded, &arrival)
        let verdict = await decide(loaded, arrival)
        guard verdict.isAllowed else { throw try await denied(loaded, verdict, arrival) }
        try checkStepUp(verdict)
        let conditions = Conditions(request.headers)
        if case .write(let work) = facts.operation.work {
            let idempotencyKey = try idempotencyKey(request, loaded)
            return try await change(loaded, arrival, conditions, idempotencyKey, work)
        }
        return try await look(loaded, verdict, arrival, conditions)
    }

    /// What a request asks for, and whose it is. Who gets no further draws on what an address has.
    private func known(
        _ request: Request, _ arrival: inout Arrival
    ) async throws(Fault) -> RequestFacts {
        do throws(Fault) {
            var facts = try await admitted(request, &arrival)
            do throws(Fault) {
                try await establish(&facts, request)
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
        let request: RequestFacts
        let method: String
        let subject: Subject
        let tenant: Tenant?
        let resource: ResourceFacts

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
    /// What a form of ours was sent with.
    var typed: JSON?
    /// Methods that the path has, where the request's is none of them.
    var allowedMethods: [String] = []

    init(id: String, time: Int64) {
        self.id = id
        self.time = time
    }
}

// MARK: Subject and facts

extension PublicFront {
    /// Tenant and credential: looked up together, and compared with everything else that names a
    /// tenant.
    private func establish(_ facts: inout RequestFacts, _ request: Request) async throws(Fault) {
        let named = names.tenant(of: facts.host)
        guard named != .unknown else { throw Fault(.unknownHost) }
        let key = try bearer(request)
        var statements: [Statement] = []
        if case .slug(let slug) = named { statements.append(Tenant.lookUp(slug: slug)) }
        if let key { statements.append(key.lookUp) }
        let rows = statements.isEmpty ? [] : try await read(.none, statements)
        var hostTenant: String?
        if case .slug = named {
            guard let row = rows[0].first else { throw Fault(.unknownTenant) }
            hostTenant = try stored { () throws(StorageFailure) in try row.text("id") }
        }
        if let key, let found = rows.last {
            let result = try stored { () throws(StorageFailure) in
                try key.credential(found, now: facts.time)
            }
            let credential = try result.get()
            deployment.keyUses.add(credential, address: facts.address, time: facts.time)
            facts.credential = credential
        }
        facts.tenant = try agreed(hostTenant, facts, request)
    }

    /// Records that a credential was no good. Nobody has decided then.
    private func rejected(
        _ facts: RequestFacts, _ fault: Fault, _ arrival: inout Arrival
    ) -> Fault {
        arrival.decision = nil
        switch fault.code {
        case .tokenInvalid, .sessionExpired, .tenantMismatch:
            anonymousDenials.add(facts, decision: nil)
        default: break
        }
        return fault
    }

    /// The tenant, where all that name one agree.
    private func agreed(
        _ hostTenant: String?, _ facts: RequestFacts, _ request: Request
    ) throws(Fault) -> String? {
        let path = facts.parameters["organization"]
        if let hostTenant, let path, path != hostTenant { throw Fault(.notFound) }
        if let hostTenant, let credential = facts.credential, credential.organization != hostTenant
        {
            throw Fault(.tenantMismatch)
        }
        let tenant = hostTenant ?? path ?? facts.credential?.organization
        if let claimed = request.headers[.tenantID], claimed != tenant {
            throw Fault(.tenantMismatch, "X-Tenant-ID names another organization")
        }
        return tenant
    }

    private func bearer(_ request: Request) throws(Fault) -> APIKey? {
        let given = request.headers[values: .authorization]
        guard let field = given.first else { return nil }
        guard given.count == 1, field.lowercased().hasPrefix("bearer "),
            let key = APIKey(String(field.dropFirst(7)))
        else { throw Fault(.tokenInvalid, "the credential is no API key") }
        return key
    }

    private func load(_ facts: RequestFacts) async throws(Fault) -> Loaded {
        let statements = subjectStatements(facts) + facts.operation.loader.statements(facts)
        let rows = statements.isEmpty ? [] : try await read(facts.scope, statements)
        return try stored { () throws(StorageFailure) in try loaded(facts, rows) }
    }

    /// None where nobody asks about no tenant: such operations do without a database.
    private func subjectStatements(_ facts: RequestFacts) -> [Statement] {
        guard facts.credential != nil || facts.tenant != nil else { return [] }
        return [
            SubjectQuery.statement(
                principal: facts.credential?.principal, tenant: facts.tenant, now: facts.time)
        ]
    }

    private func loaded(_ facts: RequestFacts, _ rows: [[Row]]) throws(StorageFailure) -> Loaded {
        let own = subjectStatements(facts).count
        let (subject, tenant) = try SubjectQuery.read(
            own == 0 ? [] : rows[0], credential: facts.credential)
        let resource = try facts.operation.loader.facts(Array(rows.dropFirst(own)), facts)
        return Loaded(
            request: facts, method: facts.operation.method.rawValue, subject: subject,
            tenant: tenant, resource: resource)
    }
}

// MARK: Decision

extension PublicFront {
    private func decide(_ loaded: Loaded, _ arrival: Arrival) async -> Verdict {
        let area = loaded.request.operation.area
        let input = loaded.input.json.bytes
        let policy = deployment.policy
        let verdict = await pool.run { policy.decide(area, input: input, $0) }
        let found =
            verdict
            ?? .failed(.error("too many decisions are waiting"), revision: policy.revision)
        metrics.add(decision: area, found)
        return found
    }

    private func checkStepUp(_ verdict: Verdict) throws(Fault) {
        // No credential that there is can show how long ago somebody signed in.
        let isDemanded = verdict.obligations.contains {
            if case .stepUp = $0 { true } else { false }
        }
        if isDemanded { throw Fault(.stepUpRequired) }
    }

    /// Records a denial.
    /// - Returns: How it is answered: who may not even read is told of nothing.
    private func denied(
        _ loaded: Loaded, _ verdict: Verdict, _ arrival: Arrival
    ) async throws(Fault) -> Fault {
        let record = DecisionRecord(
            id: arrival.decision ?? "", organization: loaded.tenant?.id, loaded.input, verdict)
        if loaded.subject.kind == .anonymous {
            deployment.decisions.add(record)
            anonymousDenials.add(loaded.request, decision: record.id)
            return Fault(.unauthenticated)
        }
        let entry = entry(loaded, .denied, record.id, details: ["rule": .text(verdict.rule)])
        try await keep(record, entry)
        if verdict.isFailed { return Fault(.policyError) }
        guard verdict.mayRead else { return Fault(.notFound) }
        return Fault(
            ErrorCode(rawValue: verdict.rule) ?? .forbidden,
            verdict.reasons.joined(separator: "; "))
    }

    private func keep(_ record: DecisionRecord, _ entry: AuditEntry) async throws(Fault) {
        let audit = deployment.audit
        try await transaction(record.scope) { transaction in
            try await transaction.execute(record.insertion)
            try await audit.append(entry, in: transaction)
        }
    }

    func entry(
        _ loaded: Loaded, _ outcome: AuditEntry.Outcome, _ decision: String?,
        organization: String? = nil, resource: String? = nil,
        details: JSON = [:]
    ) -> AuditEntry {
        AuditEntry(
            id: AuditEntry.newID(host), organization: organization ?? loaded.tenant?.id,
            occurredAt: loaded.request.time, actorKind: loaded.subject.actorKind,
            actor: loaded.subject.id, action: loaded.request.operation.action, outcome: outcome,
            resourceType: loaded.request.operation.loader.type,
            resource: resource ?? loaded.resource.id, decision: decision,
            request: loaded.request.id, address: loaded.request.address,
            details: String(decoding: details.bytes, as: UTF8.self))
    }
}

// MARK: Work

extension PublicFront {
    private func look(
        _ loaded: Loaded, _ verdict: Verdict, _ arrival: Arrival, _ conditions: Conditions
    ) async throws(Fault) -> Reply {
        let record = DecisionRecord(
            id: arrival.decision ?? "", organization: loaded.tenant?.id, loaded.input, verdict)
        if loaded.request.operation.traits.contains(.audited) {
            try await keep(record, entry(loaded, .allowed, record.id))
        } else if loaded.subject.kind != .anonymous {
            deployment.decisions.add(record)
        }
        guard loaded.resource.exists else { throw Fault(.notFound) }
        let call = call(loaded, verdict, record.id)
        if case .pass(let work) = loaded.request.operation.work { return await work(call) }
        guard case .read(let work) = loaded.request.operation.work else { throw Fault(.notFound) }
        let database = deployment.database
        var reply = try await failing { try await work(call, database) }
        reply.redact(verdict)
        if let version = reply.version, conditions.isKnown(version) {
            var unchanged = Reply(.none, status: 304)
            unchanged.version = version
            return unchanged
        }
        return reply
    }

    /// Decides again on what the transaction sees, then works, and writes the record with it.
    private func change(
        _ seen: Loaded, _ arrival: Arrival, _ conditions: Conditions, _ key: IdempotencyKey?,
        _ work: @escaping @Sendable (OperationCall, Transaction) async throws -> Reply
    ) async throws(Fault) -> Reply {
        let facts = seen.request
        let decision = arrival.decision ?? ""
        do {
            let change = try await deployment.database.transaction(in: facts.scope) {
                (transaction) -> Change in
                let rows = try await transaction.query(
                    subjectStatements(facts) + facts.operation.loader.statements(facts))
                let loaded = try loaded(facts, rows)
                let verdict = await decide(loaded, arrival)
                guard verdict.isAllowed else { throw Denial(loaded: loaded, verdict: verdict) }
                try checkStepUp(verdict)
                if let kept = try await key?.answer(in: transaction) {
                    // Nothing is done that the record does not have; the decision is a new one.
                    let repeated = DecisionRecord(
                        id: decision, organization: loaded.tenant?.id, loaded.input, verdict)
                    return Change(reply: kept, repeated: repeated)
                }
                guard loaded.resource.exists else { throw Fault(.notFound) }
                try conditions.check(loaded.resource.version)
                var reply = try await work(call(loaded, verdict, decision), transaction)
                try await write(
                    DecisionRecord(
                        id: decision, organization: loaded.owner, loaded.input, verdict),
                    entry(
                        loaded, .allowed, decision, organization: loaded.owner,
                        resource: reply.changed, details: reply.details), in: transaction)
                try await key?.keep(reply, in: transaction, now: facts.time)
                reply.redact(verdict)
                return Change(reply: reply, repeated: nil)
            }
            change.repeated.map(deployment.decisions.add)
            return change.reply
        } catch let denial as Denial {
            throw try await denied(denial.loaded, denial.verdict, arrival)
        } catch {
            throw fault(error)
        }
    }

    private func write(
        _ record: DecisionRecord, _ entry: AuditEntry, in transaction: Transaction
    ) async throws {
        try await transaction.execute(record.insertion)
        try await deployment.audit.append(entry, in: transaction)
    }

    private struct Change: Sendable {
        let reply: Reply
        /// The decision on a request that was answered before.
        let repeated: DecisionRecord?
    }

    /// The second decision was another one.
    private struct Denial: Error {
        let loaded: Loaded
        let verdict: Verdict
    }

    private func call(_ loaded: Loaded, _ verdict: Verdict, _ decision: String) -> OperationCall {
        OperationCall(
            request: loaded.request, subject: loaded.subject, tenant: loaded.tenant,
            resource: loaded.resource, verdict: verdict, decision: decision, host: host,
            cursors: Cursors(keys: deployment.sealingKeys), outbox: deployment.outbox)
    }

    private func idempotencyKey(
        _ request: Request, _ loaded: Loaded
    ) throws(Fault) -> IdempotencyKey? {
        guard loaded.request.operation.method == .post,
            !loaded.request.operation.traits.contains(.secret), let principal = loaded.subject.id,
            let key = request.headers[.idempotencyKey]
        else { return nil }
        return try IdempotencyKey(key, of: principal, loaded.request)
    }
}

// MARK: Stores

extension PublicFront {
    private func read(_ scope: Scope, _ statements: [Statement]) async throws(Fault) -> [[Row]] {
        do throws(StorageFailure) {
            return try await deployment.database.read(in: scope, statements)
        } catch {
            throw fault(error)
        }
    }

    func transaction(
        _ scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Void
    ) async throws(Fault) {
        try await failing { try await deployment.database.transaction(in: scope, body) }
    }

    private func stored<Result>(
        _ body: () throws(StorageFailure) -> Result
    ) throws(Fault) -> Result {
        do throws(StorageFailure) { return try body() } catch { throw fault(error) }
    }

    private func failing<Result>(_ body: () async throws -> Result) async throws(Fault) -> Result {
        do { return try await body() } catch { throw fault(error) }
    }

    /// How a failure of the world is answered; the log says what it was.
    private func fault(_ error: any Error) -> Fault {
        if let fault = error as? Fault { return fault }
        var fault = Fault(.storeUnavailable)
        switch error as? StorageFailure {
        case .unavailable(let seconds): fault.retryAfterSeconds = seconds
        case .timeout, .conflict, .commitUnknown: fault.retryAfterSeconds = 1
        case .constraint: return Fault(.conflict)
        case .invalid, .column, nil:
            // A mistake of ours, which coming again does not mend.
            fault.status = 500
            logger.error("an operation failed: \(error)")
        }
        return fault
    }
}
