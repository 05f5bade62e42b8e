import Decisions
import Storage

/// What comes of looking for a domain's record.
struct DomainVerification: Sendable {
    let finding: ChallengeLookUps.Finding
    let call: OperationCall

    /// Between two checks of a domain whose record was there.
    static let againSeconds: Int64 = 86_400

    func run(in transaction: Transaction) async throws -> Reply {
        guard let row = call.resource.rows.first?.first else { throw Fault(.notFound) }
        let domain = try DomainRow(row)
        let question = question(domain)
        let decision = await call.ask(question)
        try call.keep(decision, question, changed: domain.id, in: transaction)
        guard decision.verdict.isAllowed else {
            var reply = Reply.refusal(Fault(.conflict, refusal(domain)))
            reply.decision = decision.id
            return reply
        }
        do throws(StorageFailure) {
            try await transaction.execute(
                DomainVerification.success(domain.id, now: call.request.time))
        } catch {
            throw DomainFlow.fault(error)
        }
        let verified = try DomainRow(
            try await transaction.query(DomainRow.one(domain.id, in: domain.organization))[0])
        return .json(verified.json, version: verified.version)
    }

    private func question(_ domain: DomainRow) -> FurtherQuestion {
        var question = FurtherQuestion(
            "domain:prove", "domain",
            ResourceFacts(
                id: domain.id, exists: true, organization: domain.organization,
                attributes: [
                    "name": .text(domain.name),
                    "proof": ["is_shown": .boolean(finding == .shown)],
                ]))
        question.owner = domain.organization
        return question
    }

    private func refusal(_ domain: DomainRow) -> String {
        let place = "\(DomainName.challengeLabel).\(domain.name)"
        return switch finding {
        case .shown: "the record at \(place) does not suffice"
        case .missing: "no TXT record at \(place) holds the challenge"
        case .unknown(let reason): "nobody knows what is at \(place): \(reason)"
        }
    }

    /// The record was there.
    static func success(_ id: String, now: Int64) -> Statement {
        Statement(
            """
            UPDATE domains SET state = 'verified',
                verified_at = CASE WHEN state = 'verified' THEN verified_at ELSE $2 END,
                checked_at = $2, next_check_at = $3, misses = 0, missed_since = NULL,
                expires_at = NULL, version = version + 1, updated_at = $2
            WHERE id = $1
            """, [.text(id), .integer(now), .integer(now + againSeconds * 1_000_000)])
    }
}
