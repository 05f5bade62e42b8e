import Decisions
import Rego
import RegoMachine

/// `/health`: whether decisions are made; `/health/…`: what `data.system.health` says of it.
enum Health {
    static func get(_ call: Call, _ turn: Turn) -> Answer {
        .json(Array("{}".utf8))
    }

    static func decide(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        let path = try ["system", "health"] + call.readPath()
        let revision = turn.front.live.current
        let query = try revision.query(at: path)
        let input = Array(#"{"plugin_state":{},"plugins_ready":true}"#.utf8)
        let name = "health check (\(ReferenceText.data(path)))"
        var output: [UInt8] = []
        do throws(EvaluationFailure) {
            let outcome = try unsafe input.lent { (bytes) throws(EvaluationFailure) in
                try unsafe turn.evaluator.decide(
                    query, data: revision.data, input: .json(bytes), into: &output)
            }
            guard outcome.isDefined else { return unhealthy("\(name) was undefined") }
        } catch {
            return unhealthy(error.message)
        }
        guard output.elementsEqual("true".utf8) else {
            return unhealthy("\(name) returned unexpected value")
        }
        return get(call, turn)
    }

    private static func unhealthy(_ reason: String) -> Answer {
        var text = JSONText()
        text.object { $0.member("error", text: reason) }
        return .json(text.bytes, status: 500)
    }
}
