import Decisions
import Rego
import RegoMachine
import RegoSyntax

/// `POST /v0/data/…` and `POST /`: the body is the input, the answer is the bare result. Webhooks
/// of Kubernetes and the like have no other envelope.
enum BareDecisions {
    /// The decision of `POST /`.
    static let defaultPath = ["system", "main"]

    static func postDefault(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        try answer(call, turn, defaultPath)
    }

    static func post(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        try answer(call, turn, try call.readPath())
    }

    private static func answer(
        _ call: Call, _ turn: Turn, _ path: [String]
    ) throws(Refusal) -> Answer {
        let body = call.hasYAML ? try Documents.json(fromYAML: call.body) : call.body
        // Without a body, the input is null rather than undefined, as in OPA.
        let input = body.isEmpty ? Array("null".utf8) : body
        let revision = turn.front.live.current
        let query = try revision.query(at: path)
        var output: [UInt8] = []
        do throws(EvaluationFailure) {
            let outcome = try unsafe input.lent { (bytes) throws(EvaluationFailure) in
                try unsafe turn.evaluator.decide(
                    query, data: revision.data, input: .json(bytes), into: &output)
            }
            if outcome.isDefined { return .json(output, isPretty: call.isPretty) }
        } catch {
            throw refusal(error)
        }
        let state = revision.hasRule(at: path) ? "document undefined" : "document missing"
        throw Refusal(
            status: 404, code: .undefinedDocument,
            message: "\(state): \(ReferenceText.data(path))")
    }

    private static func refusal(_ failure: EvaluationFailure) -> Refusal {
        var refusal = Refusal.evaluation(failure)
        if failure.code == .input {
            refusal.message = "unexpected parse error for input: " + refusal.message
        }
        return refusal
    }
}

extension Revision {
    /// Whether some rule makes what stands at a path, or a part of it.
    fileprivate func hasRule(at path: [String]) -> Bool {
        modules.values.contains { module in
            module.rules.contains { rule in
                let place = module.package + [rule.head.name]
                return place.starts(with: path) || path.starts(with: place)
            }
        }
    }
}

/// Paths as Rego writes them: `data.a["b-c"][0]`.
enum ReferenceText {
    static func data(_ path: [String]) -> String {
        path.reduce("data") { text, element in
            if Int(element) != nil { return text + "[\(element)]" }
            let isName = element.utf8.enumerated().allSatisfy { position, byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): position > 0
                default: false
                }
            }
            return text + (isName && !element.isEmpty ? ".\(element)" : "[\"\(element)\"]")
        }
    }
}
