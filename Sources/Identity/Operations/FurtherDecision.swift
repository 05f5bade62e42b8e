public import Decisions
import Storage

/// Something that is asked of the policy while an operation is at work: whether a session comes of
/// what somebody has shown.
public struct FurtherQuestion: Sendable {
    public let action: String
    public let resourceType: String
    public let resource: ResourceFacts
    /// The organization whose records of it are; `nil`: nobody's.
    public var owner: String?

    init(_ action: String, _ resourceType: String, _ resource: ResourceFacts) {
        self.action = action
        self.resourceType = resourceType
        self.resource = resource
    }

    /// Whose policy decides: the action up to its colon.
    public var area: String { String(action.prefix { $0 != ":" }) }
}

/// The answer to such a question, which is kept like that to a request.
public struct FurtherDecision: Sendable {
    public let verdict: Verdict
    public let record: DecisionRecord
    /// How who is kept out by maintenance is told so; `nil`: that is not why, or they are let in.
    let maintenance: Fault?

    public init(verdict: Verdict, record: DecisionRecord, maintenance: Fault?) {
        self.verdict = verdict
        self.record = record
        self.maintenance = maintenance
    }

    var id: String { record.id }
}

extension OperationCall {
    /// Keeps a further decision and what came of it.
    /// - Parameter actor: Whose doing it is; `nil`: the subject's.
    /// - Parameter changed: The id of what was made or changed.
    func keep(
        _ decision: FurtherDecision, _ question: FurtherQuestion, actor: String? = nil,
        changed: String?, details: JSON = [:], in transaction: Transaction
    ) throws {
        try transaction.add(decision.record.insertion)
        try facilities.audit.append(
            AuditEntry(
                id: AuditEntry.newID(host), organization: question.owner, occurredAt: request.time,
                actorKind: actor == nil ? subject.actorKind : .account,
                actor: actor ?? subject.id, action: question.action,
                outcome: decision.verdict.isAllowed ? .allowed : .denied,
                resourceType: question.resourceType, resource: changed, decision: decision.id,
                request: request.id, address: request.address,
                details: String(decoding: details.bytes, as: UTF8.self)),
            in: transaction)
    }
}
