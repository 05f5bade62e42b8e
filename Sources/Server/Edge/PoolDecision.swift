import Decisions
import HTTPTypes
import Rego
import RegoMachine

/// A plain decision that an event loop may not make: it is planned for the first time, may wait,
/// took too many steps, or its answer is to be compressed. Runs on `EvaluationPool`.
struct PoolDecision: Sendable {
    let live: LivePolicy
    let path: [String]
    let body: [UInt8]
    let takesGzip: Bool

    func answer(_ evaluator: Evaluator) -> Answer {
        do throws(Refusal) {
            return try decided(evaluator)
        } catch {
            return compressed(error.answer)
        }
    }

    private func decided(_ evaluator: Evaluator) throws(Refusal) -> Answer {
        let revision = live.current
        let query = try revision.query(at: path)
        var output: [UInt8] = []
        do throws(EvaluationFailure) {
            try unsafe body.lent { (bytes) throws(EvaluationFailure) in
                try unsafe DataAnswer.write(
                    query, revision.data, envelope: bytes, evaluator, options: .init(),
                    into: &output)
            }
        } catch {
            throw .evaluation(error)
        }
        return compressed(Answer(status: 200, contentType: .json, body: output))
    }

    private func compressed(_ answer: Answer) -> Answer {
        guard takesGzip, answer.body.count >= Compression.answerBytesMin,
            let body = Compression.compressed(answer.body)
        else { return answer }
        var answer = answer
        answer.body = body
        answer.fields.append((.contentEncoding, "gzip"))
        return answer
    }
}
