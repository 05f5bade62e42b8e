import Decisions
import HTTPTypes
import Rego
import RegoMachine

/// `GET` and `POST /v1/data/…`: the decision, or the document, at a path.
enum DataReads {
    static func post(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        let body = call.hasYAML ? try Documents.json(fromYAML: call.body) : call.body
        return try answer(call, turn) { query, data, options, output throws(EvaluationFailure) in
            try unsafe body.lent { (bytes) throws(EvaluationFailure) in
                try unsafe DataAnswer.write(
                    query, data, envelope: bytes, turn.evaluator, options: options, into: &output)
            }
        }
    }

    static func get(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        let input = call.parameters.last("input").map { Array($0.utf8) }
        return try answer(call, turn) { query, data, options, output throws(EvaluationFailure) in
            try unsafe (input ?? []).lent { (bytes) throws(EvaluationFailure) in
                try unsafe DataAnswer.write(
                    query, data, input: input == nil ? .undefined : .json(bytes), turn.evaluator,
                    options: options, into: &output)
            }
        }
    }

    private typealias Evaluation =
        (PreparedQuery, Document, EvaluationOptions, inout [UInt8]) throws(EvaluationFailure) ->
        Void

    private static func answer(
        _ call: Call, _ turn: Turn, _ evaluate: Evaluation
    ) throws(Refusal) -> Answer {
        var timing = Timing(turn.front.host)
        let path = try call.readPath()
        let revision = turn.front.live.current
        let isKnown = revision.preparedDecision(at: path) != nil
        let query = try revision.query(at: path)
        timing.mark("timer_rego_query_compile_ns")
        var options = EvaluationOptions()
        options.strictBuiltinErrors = call.isStrict
        var output: [UInt8] = []
        do throws(EvaluationFailure) {
            try evaluate(query, revision.data, options, &output)
        } catch {
            throw .evaluation(error, in: call.method == .post ? "body" : "parameter")
        }
        timing.mark("timer_rego_query_eval_ns")
        if call.wantsMetrics {
            timing.count("counter_server_query_cache_hit", isKnown ? 1 : 0)
            output.insert(contentsOf: timing.member(isAlone: output == emptyAnswer), at: 1)
        }
        output.removeLast()
        return .json(output, isPretty: call.isPretty)
    }

    private static let emptyAnswer = Array("{}\n".utf8)
}

extension Revision {
    func query(at path: [String]) throws(Refusal) -> PreparedQuery {
        do throws(CompileFailure) {
            return try decision(at: path)
        } catch {
            throw .diagnostics("error(s) occurred while compiling query", error.diagnostics)
        }
    }
}
