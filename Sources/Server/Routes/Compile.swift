import Decisions
import Rego
import RegoMachine
import RegoSyntax

/// `POST /v1/compile`: what is left of a query when all is evaluated that is known.
enum Compile {
    static func post(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        let request = try CompileRequest(call.body)
        var timing = Timing(turn.front.host)
        let revision = turn.front.live.current
        let prepared = try prepare(request, revision.policy, turn.front.live.version)
        timing.mark("timer_rego_query_compile_ns")
        let residual = try residual(of: prepared, request.input, revision, turn, call)
        timing.mark("timer_rego_partial_eval_ns")
        var text = JSONText()
        text.object { object in
            object.member("result") { $0.append(residual) }
        }
        var body = text.bytes
        if call.wantsMetrics { body.insert(contentsOf: timing.member(isAlone: false), at: 1) }
        return .json(body, isPretty: call.isPretty)
    }

    private static func prepare(
        _ request: CompileRequest, _ policy: Policy, _ version: LanguageVersion
    ) throws(Refusal) -> PreparedPartial {
        do throws(CompileFailure) {
            return try policy.preparePartial(
                query: request.query, version: version, options: request.options)
        } catch {
            let stage = error.diagnostics.first?.code == .parse ? "parsing" : "compiling"
            throw .diagnostics("error(s) occurred while \(stage) query", error.diagnostics)
        }
    }

    private static func residual(
        of prepared: PreparedPartial, _ input: [UInt8]?, _ revision: Revision, _ turn: Turn,
        _ call: Call
    ) throws(Refusal) -> Residual {
        var options = EvaluationOptions()
        options.strictBuiltinErrors = call.isStrict
        do throws(EvaluationFailure) {
            return try unsafe (input ?? []).lent { (bytes) throws(EvaluationFailure) in
                try unsafe turn.evaluator.residual(
                    of: prepared, data: revision.data,
                    input: input == nil ? .undefined : .json(bytes), options: options)
            }
        } catch {
            throw .evaluation(error)
        }
    }
}

/// The body of such a request.
private struct CompileRequest {
    var query = ""
    var input: [UInt8]?
    var options = PartialOptions()

    init(_ body: [UInt8]) throws(Refusal) {
        let document: Document
        do throws(JSONError) {
            document = try Document.parse(json: body)
        } catch {
            throw Self.undecodable("\(error.message) at byte \(error.offset)")
        }
        input = document.json(at: ["input"])
        (query, options) = try document.withRoot {
            (root) throws(Refusal) -> (String, PartialOptions) in
            guard root.kind == .object else { throw Self.undecodable("not an object") }
            return (try Self.text("query", of: root) ?? "", try Self.options(root))
        }
        guard !query.isEmpty else { throw .badRequest("missing required 'query' value") }
    }

    private static func undecodable(_ reason: String) -> Refusal {
        .badRequest("error(s) occurred while decoding request: \(reason)")
    }

    private static func options(_ root: Value) throws(Refusal) -> PartialOptions {
        var options = PartialOptions()
        if let unknowns = try texts("unknowns", of: root) { options.unknowns = unknowns }
        guard let member = member("options", of: root) else { return options }
        guard member.kind == .object else { throw undecodable("options: not an object") }
        options.disableInlining = try texts("disableInlining", of: member) ?? []
        // The first is how OPA spells it.
        for name in ["nondeterminsticBuiltins", "nondeterministicBuiltins"] {
            guard let flag = Self.member(name, of: member) else { continue }
            guard flag.kind == .boolean else { throw undecodable("\(name): not a boolean") }
            options.nondeterministicBuiltins = flag.isTrue
        }
        return options
    }

    /// `nil` where it is not there, or `null`.
    private static func member(_ name: String, of object: Value) -> Value? {
        let found = object.entries.first { $0.key.string == name }?.value
        return found?.kind == .null ? nil : found
    }

    private static func text(_ name: String, of object: Value) throws(Refusal) -> String? {
        guard let found = member(name, of: object) else { return nil }
        guard let text = found.string else { throw undecodable("\(name): not a string") }
        return text
    }

    private static func texts(_ name: String, of object: Value) throws(Refusal) -> [String]? {
        guard let found = member(name, of: object) else { return nil }
        guard found.kind == .array, found.elements.allSatisfy({ $0.string != nil }) else {
            throw undecodable("\(name): not an array of strings")
        }
        return found.elements.compactMap(\.string)
    }
}

extension JSONText {
    fileprivate mutating func append(_ residual: Residual) {
        object { object in
            if !residual.queries.isEmpty {
                object.member("queries") { queries in
                    queries.array(residual.queries) { text, query in
                        text.raw(TreeJSON.body(query.body, of: query.source))
                    }
                }
            }
            if !residual.support.isEmpty {
                object.member("support") { support in
                    support.array(residual.support) { text, module in
                        text.raw(TreeJSON.module(module, isIndented: false))
                    }
                }
            }
        }
    }
}
