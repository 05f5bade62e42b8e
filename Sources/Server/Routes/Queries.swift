import Decisions
import Rego
import RegoMachine
import RegoSyntax

/// `/v1/query`: a query that is not known before.
enum Queries {
    static func get(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        guard let query = call.parameters.last("q") else {
            throw .badRequest("missing parameter 'q'")
        }
        return try answer(call, turn, query, input: nil)
    }

    static func post(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        let request: Document
        do throws(JSONError) {
            request = try Document.parse(json: call.body)
        } catch {
            throw .badRequest(
                "error(s) occurred while decoding request: \(error.message) at byte \(error.offset)"
            )
        }
        let query = try request.withRoot { (root) throws(Refusal) -> String in
            guard root.kind == .object else {
                throw .badRequest("error(s) occurred while decoding request: not an object")
            }
            return root.entries.first { $0.key.string == "query" }?.value.string ?? ""
        }
        return try answer(call, turn, query, input: request.json(at: ["input"]))
    }

    private static func answer(
        _ call: Call, _ turn: Turn, _ query: String, input: [UInt8]?
    ) throws(Refusal) -> Answer {
        guard !query.isEmpty else { throw .badRequest("missing required 'query' value") }
        var timing = Timing(turn.front.host)
        let revision = turn.front.live.current
        let prepared = try prepare(query, revision.policy, turn.front.live.version)
        timing.mark("timer_rego_query_compile_ns")
        let rows = try rows(prepared, revision, turn, input)
        timing.mark("timer_rego_query_eval_ns")
        var text = JSONText()
        text.object { object in
            guard !rows.isEmpty else { return }
            object.member("result") { result in
                result.array(rows) { $0.append($1) }
            }
        }
        var body = text.bytes
        if call.wantsMetrics {
            body.insert(contentsOf: timing.member(isAlone: rows.isEmpty), at: 1)
        }
        return .json(body, isPretty: call.isPretty)
    }

    private static func prepare(
        _ query: String, _ policy: Policy, _ version: LanguageVersion
    ) throws(Refusal) -> PreparedQuery {
        do throws(CompileFailure) {
            return try policy.prepare(query: query, version: version)
        } catch {
            let stage = error.diagnostics.first?.code == .parse ? "parsing" : "compiling"
            throw .diagnostics("error(s) occurred while \(stage) query", error.diagnostics)
        }
    }

    private static func rows(
        _ query: PreparedQuery, _ revision: Revision, _ turn: Turn, _ input: [UInt8]?
    ) throws(Refusal) -> [ResultRow] {
        do throws(EvaluationFailure) {
            return try unsafe (input ?? []).lent { (bytes) throws(EvaluationFailure) in
                try unsafe turn.evaluator.results(
                    query, data: revision.data, input: input == nil ? .undefined : .json(bytes)
                ).rows
            }
        } catch {
            throw .evaluation(error)
        }
    }
}

extension JSONText {
    /// The bindings of a row, without those of wildcards, in the order of their names.
    fileprivate mutating func append(_ row: ResultRow) {
        let named = row.bindings.filter { !$0.name.hasPrefix("$") }.sorted { $0.name < $1.name }
        object { object in
            for (name, json) in named { object.member(name) { $0.raw(json) } }
        }
    }
}
