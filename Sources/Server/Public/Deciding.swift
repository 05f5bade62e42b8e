import Decisions
import Identity
import RegoMachine
import Storage

extension PublicFront {
    func decide(_ loaded: Loaded, _ arrival: Arrival) async -> Verdict {
        await decide(loaded.request.operation.area, loaded.input)
    }

    /// The first decision. Who is kept out by a node that has not heard of the others for too long
    /// is asked about again once it knows.
    func decided(_ found: Loaded, _ arrival: Arrival) async throws(Fault) -> (Loaded, Verdict) {
        let verdict = await decide(found, arrival)
        guard !verdict.isAllowed, found.request.maintenance == .unknown else {
            return (found, verdict)
        }
        var loaded = found
        let rows = try await read(.none, [MaintenanceRow.finding])[0]
        loaded.request.maintenance = try stored { () throws(StorageFailure) in
            try MaintenanceRow(rows).notice(now: found.request.time)
        }
        return (loaded, await decide(loaded, arrival))
    }

    /// Asked on the way of an operation.
    func answer(_ question: FurtherQuestion, _ loaded: Loaded) async -> FurtherDecision {
        let input = DecisionInput(
            request: loaded.request, method: loaded.method, subject: loaded.subject,
            tenant: loaded.tenant, resource: question.resource, question: question)
        let verdict = await decide(question.area, input)
        return FurtherDecision(
            verdict: verdict,
            record: DecisionRecord(
                id: Identifier(.decision, host).text, organization: question.owner, input,
                verdict),
            maintenance: maintenance(loaded, verdict))
    }

    private func decide(_ area: String, _ input: DecisionInput) async -> Verdict {
        let input = input.json.bytes
        let policy = deployment.policy
        let found: Verdict
        if let evaluator = RequestThreads.evaluator {
            found = policy.decide(area, input: input, evaluator)
        } else {
            let verdict = await pool.run { policy.decide(area, input: input, $0) }
            found =
                verdict
                ?? .failed(.error("too many decisions are waiting"), revision: policy.revision)
        }
        metrics.add(decision: area, found)
        return found
    }

    /// - Throws: `Fault.stepUpRequired` where the policy wants another sign-in than the one shown.
    func checkStepUp(_ verdict: Verdict) throws(Fault) {
        for case .stepUp(let assurance, let seconds) in verdict.obligations {
            var fault = Fault(.stepUpRequired)
            fault.stepUp = Fault.StepUp(assurance: assurance, maxAgeSeconds: seconds)
            throw fault
        }
    }

    /// The same before anything is done, with a record of the refusal.
    func checkStepUp(
        _ loaded: Loaded, _ verdict: Verdict, _ arrival: Arrival
    ) async throws(Fault) {
        do throws(Fault) { try checkStepUp(verdict) } catch {
            let record = DecisionRecord(
                id: arrival.decision ?? "", organization: loaded.tenant?.id, loaded.input, verdict)
            let details: JSON = ["code": .text(error.code.rawValue)]
            try await keep(record, entry(loaded, .denied, record.id, details: details))
            throw error
        }
    }

    /// Records a denial.
    /// - Returns: How it is answered: who may not even read is told of nothing.
    func denied(
        _ loaded: Loaded, _ verdict: Verdict, _ arrival: Arrival
    ) async throws(Fault) -> Fault {
        let fault = try await recorded(loaded, verdict, arrival)
        guard verdict.rule == PublicFront.issuerOnly else { return fault }
        var elsewhere = Fault(
            .forbidden, "this is done at \(options.issuer.text), at no organization's host")
        elsewhere.origin = options.issuer.text
        return elsewhere
    }

    /// The rule of `hosts.rego`.
    private static let issuerOnly = "issuer_only"

    private func recorded(
        _ loaded: Loaded, _ verdict: Verdict, _ arrival: Arrival
    ) async throws(Fault) -> Fault {
        let record = DecisionRecord(
            id: arrival.decision ?? "", organization: loaded.tenant?.id, loaded.input, verdict)
        if let fault = maintenance(loaded, verdict) {
            // That nobody gets in is in the record once, where it began.
            deployment.decisions.add(record)
            return fault
        }
        let isAnonymous = loaded.subject.kind == .anonymous
        let hook = loaded.request.operation.onDenial
        if isAnonymous, hook == nil {
            deployment.decisions.add(record)
            anonymousDenials.add(loaded.request, decision: record.id)
            return Fault(arrival.hasStaleSession ? .sessionExpired : .unauthenticated)
        }
        let entry = entry(loaded, .denied, record.id, details: ["rule": .text(verdict.rule)])
        let call = call(loaded, verdict, record.id)
        try await keep(record, entry) { try await hook?(call, $0) ?? [] }
        if verdict.isFailed { return Fault(.policyError) }
        if isAnonymous {
            // What the host has to agree with may be in what was sent, instead of a credential.
            let isElsewhere = verdict.mayRead && verdict.rule == ErrorCode.tenantMismatch.rawValue
            return Fault(isElsewhere ? .tenantMismatch : .invalidCredentials)
        }
        guard verdict.mayRead else { return Fault(.notFound) }
        return Fault(
            ErrorCode(rawValue: verdict.rule) ?? .forbidden,
            verdict.reasons.joined(separator: "; "))
    }

    /// How who is kept out by maintenance is answered, whoever it is; `nil`: it is not that.
    private func maintenance(_ loaded: Loaded, _ verdict: Verdict) -> Fault? {
        guard verdict.rule == ErrorCode.maintenance.rawValue else { return nil }
        return loaded.request.maintenance.fault(now: loaded.request.time)
    }

    /// - Parameter work: What else is done in the same transaction; it says what it has revoked.
    func keep(
        _ record: DecisionRecord, _ entry: AuditEntry,
        _ work: @escaping @Sendable (Transaction) async throws -> [Revocation] = { _ in [] }
    ) async throws(Fault) {
        let (database, audit) = (deployment.database, deployment.audit)
        let revoked = try await failing {
            try await database.transaction(in: record.scope) { transaction in
                try transaction.add(record.insertion)
                try audit.append(entry, in: transaction)
                return try await work(transaction)
            }
        }
        deployment.revocations.add(revoked)
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
