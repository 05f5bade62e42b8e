import Decisions
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import Storage

extension PublicFront {
    /// What changes rows, after what takes long was done; `nil` where nothing is changed.
    func prepared(
        _ loaded: Loaded, _ verdict: Verdict, _ arrival: Arrival, _ conditions: Conditions
    ) async throws(Fault) -> Operation.Change? {
        switch loaded.request.operation.work {
        case .write(let work): return work
        case .prepared(let work):
            // What nothing can meet tells nothing of what would have been found out.
            if loaded.resource.exists, loaded.resource.version == nil { try conditions.check(nil) }
            let call = call(loaded, verdict, arrival.decision ?? "")
            return try await failing { try await work(call, deployment.database) }
        case .read, .pass: return nil
        }
    }

    func look(
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
        // What is said of a subject changes with more than its own version.
        if loaded.request.operation.traits.contains(.versioned), let version = reply.version,
            conditions.isKnown(version)
        {
            var unchanged = Reply(.none, status: 304)
            unchanged.version = version
            return unchanged
        }
        return reply
    }

    /// Decides again on what the transaction sees, then works, and writes the record with it.
    func change(
        _ seen: Decided, _ arrival: Arrival, _ conditions: Conditions, _ key: IdempotencyKey?,
        _ work: @escaping Operation.Change
    ) async throws(Fault) -> Reply {
        let facts = seen.loaded.request
        let decision = arrival.decision ?? ""
        do {
            let change = try await deployment.database.transaction(in: facts.scope) {
                [self] (transaction) -> Change in
                let rows = try await transaction.query(
                    seen.loaded.lookUps.statements(facts, always: true))
                let found = try await decideAgain(seen, on: rows, arrival)
                let (loaded, verdict) = (found.loaded, found.verdict)
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
                try write(
                    found.record,
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

    /// The second decision of a change. The same facts under the same policy are the same decision:
    /// it is asked for again where one of them has become another.
    private func decideAgain(
        _ seen: Decided, on rows: [[Row]], _ arrival: Arrival
    ) async throws(StorageFailure) -> Decided {
        if rows == seen.loaded.rows, seen.verdict.revision == deployment.policy.revision {
            return seen
        }
        let loaded = try loaded(seen.loaded.request, seen.loaded.lookUps, rows)
        return Decided(loaded, await decide(loaded, arrival), arrival)
    }

    func write(
        _ record: DecisionRecord, _ entry: AuditEntry, in transaction: Transaction
    ) throws(StorageFailure) {
        try transaction.add(record.insertion)
        try deployment.audit.append(entry, in: transaction)
    }

    /// A request with the decision on it.
    struct Decided: Sendable {
        let loaded: Loaded
        let verdict: Verdict
        /// For the store. Written out before the transaction, for which others wait.
        let record: DecisionRecord

        init(_ loaded: Loaded, _ verdict: Verdict, _ arrival: Arrival) {
            self.loaded = loaded
            self.verdict = verdict
            record = DecisionRecord(
                id: arrival.decision ?? "", organization: loaded.owner, loaded.input, verdict)
        }
    }

    struct Change: Sendable {
        let reply: Reply
        /// The decision on a request that was answered before.
        let repeated: DecisionRecord?
    }

    /// The second decision was another one.
    struct Denial: Error {
        let loaded: Loaded
        let verdict: Verdict
    }

    func call(_ loaded: Loaded, _ verdict: Verdict, _ decision: String) -> OperationCall {
        OperationCall(
            request: loaded.request, subject: loaded.subject, tenant: loaded.tenant,
            resource: loaded.resource, verdict: verdict, decision: decision,
            facilities: facilities, ask: { [self] in await answer($0, loaded) })
    }

    func idempotencyKey(
        _ request: Request, _ loaded: Loaded
    ) throws(Fault) -> IdempotencyKey? {
        guard loaded.request.operation.method == .post,
            !loaded.request.operation.traits.contains(.secret), let principal = loaded.subject.id,
            let key = request.headers[.idempotencyKey]
        else { return nil }
        return try IdempotencyKey(key, of: principal, loaded.request)
    }
}
