import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// Few calls make values whose parts are shared: deeper than a stack, or larger, written out, than
/// any memory. Each is refused before something walks over it, and the next is answered.
@Suite struct SharedPartsTests {
    /// `<name>0` wraps its operand once, `<name>5` thirty-two times, `<name>20` a million times.
    private static func doubled(_ name: String, _ body: String) -> String {
        "\(name)0(x) := r if { r := \(body) }\n"
            + (1...20).map { "\(name)\($0)(x) := \(name)\($0 - 1)(\(name)\($0 - 1)(x))\n" }
            .joined()
    }

    private static let module =
        """
        package a

        entry.of.rule := input
        members[x][y] contains input if {
            some x in ["p", "q"]
            some y in ["r", "s"]
        }

        """
        + doubled("object", #"{"x": x}"#) + doubled("array", "[x]") + doubled("set", "{x}")
        + doubled("concat", "array.concat([x], [])")
        + doubled("union", #"object.union({"x": x}, {"y": 1})"#)
        + doubled("comprehension", "[y | y := x]") + doubled("pair", "[x, x]")
        + doubled("entry", "data.a.entry with input as x")
        + doubled("members", "data.a.members with input as x")

    private static func said(_ query: String, memoryBytes: Int? = nil) throws -> String {
        let module = try Parser.module(Source(name: "a.rego", text: module)).get()
        let policy = try Policy(modules: [module])
        var limits = Limits()
        if let memoryBytes { limits.memoryBytes = memoryBytes }
        let evaluator = Evaluator(host: .system, limits: limits)
        func answer(_ query: String) throws -> String {
            let prepared = try policy.prepare(query: query)
            var output: [UInt8] = []
            do throws(EvaluationFailure) {
                let outcome = try unsafe evaluator.decide(
                    prepared, data: .empty, input: .undefined, into: &output)
                return outcome.isDefined ? String(decoding: output, as: UTF8.self) : "undefined"
            } catch { return "\(error.code.rawValue): \(error.message)" }
        }
        let said = try answer(query)
        #expect(try answer("1 + 1") == "2", "the next is answered")
        return said
    }

    @Test(arguments: [
        "object", "array", "set", "concat", "union", "comprehension", "entry",
    ])
    func whatIsTooDeepIsRefused(_ name: String) throws {
        #expect(
            try Self.said("x := data.a.\(name)20(1)")
                == "eval_limit_error: a value is nested too deeply")
    }

    /// Six levels at each step stand for four: what a rule with keys takes in counts.
    @Test func theSetsOfARuleWithKeysCount() throws {
        #expect(
            try Self.said("count(data.a.members5(1)) > 0").hasPrefix("eval_limit_error: "))
    }

    @Test func aThousandLevelsPass() throws {
        let text = try Self.said("data.a.array9(data.a.array8(1))")
        let open = String(repeating: "[", count: 768)
        let close = String(repeating: "]", count: 768)
        #expect(text == open + "1" + close)
        #expect(try Self.said("data.a.array9(1) == data.a.array9(1)") == "true")
        #expect(try Self.said("count({data.a.set9(1), data.a.set9(1), data.a.set9(2)})") == "2")
    }

    @Test(arguments: [
        "data.a.pair6(1) == data.a.pair6(1)", "data.a.pair6(1) != data.a.pair6(1)",
        "data.a.pair6(1) < data.a.pair6(2)", "{data.a.pair6(1), data.a.pair6(1)}",
        "{data.a.pair6(1): 1}", "data.a.pair6(1) in [1, data.a.pair6(1)]",
        "{data.a.pair6(1)} | {data.a.pair6(1)}", "sort([data.a.pair6(1), data.a.pair6(1)])",
    ])
    func whatTakesTooLongToCompareIsRefused(_ query: String) throws {
        #expect(try Self.said(query) == "eval_limit_error: evaluation takes too many steps")
    }

    @Test func whatIsTooMuchToWriteIsRefused() throws {
        let said = try Self.said("data.a.pair6(1)", memoryBytes: 16 << 20)
        #expect(said == "eval_limit_error: evaluation takes too much memory")
    }
}
