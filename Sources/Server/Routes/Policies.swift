import Decisions
import RegoMachine
import RegoSyntax

/// `/v1/policies`: the modules, one by one.
enum Policies {
    static func list(_ call: Call, _ turn: Turn) -> Answer {
        let modules = turn.front.live.current.modules.sorted { $0.key < $1.key }
        var text = JSONText()
        text.object { object in
            object.member("result") { result in
                result.array(modules) { $0.append($1.value, id: $1.key) }
            }
        }
        return .json(text.bytes, isPretty: call.isPretty)
    }

    static func get(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        let id = try call.policyID()
        guard let module = turn.front.live.current.modules[id] else {
            throw Refusal(.noPolicy(id: id))
        }
        var text = JSONText()
        text.object { object in
            object.member("result") { $0.append(module, id: id) }
        }
        return .json(text.bytes, isPretty: call.isPretty)
    }

    static func put(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        var timing = Timing(turn.front.host)
        let id = try call.policyID()
        guard !id.isEmpty else { throw .badRequest("bad path: a policy needs an id") }
        do throws(WriteRefusal) {
            try turn.front.live.put(policy: id, text: call.body)
        } catch {
            throw Refusal(error)
        }
        timing.mark("timer_rego_module_compile_ns")
        return timing.answer(call)
    }

    static func delete(_ call: Call, _ turn: Turn) throws(Refusal) -> Answer {
        var timing = Timing(turn.front.host)
        let id = try call.policyID()
        do throws(WriteRefusal) {
            try turn.front.live.delete(policy: id)
        } catch {
            throw Refusal(error, code: .invalidOperation)
        }
        timing.mark("timer_rego_module_compile_ns")
        return timing.answer(call)
    }
}

extension Call {
    fileprivate func policyID() throws(Refusal) -> String {
        try writePath().joined(separator: "/")
    }
}

extension JSONText {
    fileprivate mutating func append(_ module: Module, id: String) {
        object { object in
            object.member("ast") { $0.raw(TreeJSON.module(module, isIndented: false)) }
            object.member("id", text: id)
            object.member("raw", text: String(decoding: module.source.bytes, as: UTF8.self))
        }
    }
}
