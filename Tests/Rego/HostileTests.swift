import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// Documents and policies that mean harm: a clear error each, and the next evaluation is answered.
/// The limits are the defaults unless a test says otherwise.
@Suite struct HostileTests {
    private let evaluator = Evaluator(host: .system)

    /// The answer's JSON, or the code of the failure.
    private func answer(
        _ module: String = "package a", _ query: String, input: [UInt8]? = nil,
        on evaluator: Evaluator
    ) throws -> String {
        let parsed = try Parser.module(Source(name: "a.rego", text: module)).get()
        let prepared = try Policy(modules: [parsed]).prepare(query: query)
        var output: [UInt8] = []
        do throws(EvaluationFailure) {
            let outcome = try decide(evaluator, prepared, input, &output)
            return outcome.isDefined ? String(decoding: output, as: UTF8.self) : "undefined"
        } catch { return "\(error.code.rawValue): \(error.message)" }
    }

    private func decide(
        _ evaluator: Evaluator, _ query: PreparedQuery, _ input: [UInt8]?,
        _ output: inout [UInt8]
    ) throws(EvaluationFailure) -> Outcome {
        guard let input else {
            return try unsafe evaluator.decide(
                query, data: .empty, input: .undefined, into: &output)
        }
        var written: [UInt8] = []
        let result = unsafe input.withUnsafeBytes { bytes in
            Result { () throws(EvaluationFailure) in
                try unsafe evaluator.decide(
                    query, data: .empty, input: .json(bytes), into: &written)
            }
        }
        output = written
        return try result.get()
    }

    private func expect(
        _ query: String, module: String = "package a", input: [UInt8]? = nil, fails: String
    ) throws {
        #expect(try answer(module, query, input: input, on: evaluator) == fails)
        #expect(try answer("package a", "1 + 1", on: evaluator) == "2", "the next is answered")
    }

    @Test func arraysNestedTooDeepAreRefused() throws {
        let nested = Array(repeating: UInt8(ascii: "["), count: 100_000)
        try expect("input", input: nested, fails: "invalid_input: nested too deeply at byte 1000")
    }

    @Test func twoHundredLevelsPass() throws {
        let text =
            String(repeating: "[", count: 200) + "1" + String(repeating: "]", count: 200)
        #expect(try answer("package a", "input", input: Array(text.utf8), on: evaluator) == text)
    }

    @Test func thirtyMegabytesPass() throws {
        let input = Array(("[" + String(repeating: "\"abcdefg\",", count: 3_000_000) + "1]").utf8)
        #expect(try answer("package a", "count(input)", input: input, on: evaluator) == "3000001")
    }

    @Test func aMillionItemsPass() throws {
        let query = "count([x | some x in numbers.range(1, 1000000)])"
        #expect(try answer("package a", query, on: evaluator) == "1000000")
    }

    @Test func aBillionItemsAreTooMany() throws {
        var limits = Limits()
        #if DEBUG
            limits.memoryBytes = 32 << 20
        #endif
        let query = "count([1 | some x in numbers.range(1, 1000); "
            + "some y in numbers.range(1, 1000); some z in numbers.range(1, 1000)])"
        let said = try answer("package a", query, on: Evaluator(host: .system, limits: limits))
        #expect(said == "eval_limit_error: evaluation takes too much memory")
    }

    @Test func aRangeIsRefusedBeforeItIsMade() throws {
        try expect(
            "count(numbers.range(1, 1000000000000))",
            fails: "eval_limit_error: evaluation takes too many steps")
    }

    @Test func aPatternThatExplodesElsewhereIsLinear() throws {
        let query = #"regex.match(`^(a+)+$`, concat("", [x | some i in numbers.range(1, 30000); "#
            + #"x := "a"; i > 0]) )"#
        #expect(try answer("package a", query, on: evaluator) == "true")
    }

    @Test func exponentsAreNotExpanded() throws {
        let input = Array("1e1000000000".utf8)
        let said = try answer("package a", "input + 1", input: input, on: evaluator)
        #expect(said == "eval_limit_error: a number has too many digits")
        #expect(try answer("package a", "input > 5", input: input, on: evaluator) == "true")
    }

    @Test func numbersOfAMillionDigitsAreRefused() throws {
        let input = Array(repeating: UInt8(ascii: "7"), count: 1_000_000)
        let said = try answer("package a", "input", input: input, on: evaluator)
        #expect(said.hasPrefix("invalid_input: number has too many digits"))
    }

    @Test func invalidUTF8IsRefused() throws {
        let said = try answer("package a", "input", input: [0x22, 0xC3, 0x28, 0x22], on: evaluator)
        #expect(said.hasPrefix("invalid_input: invalid UTF-8 in a string"))
    }

    @Test func walkingASharedTreeEnds() throws {
        let levels = (1...40).map { "x\($0) := [x\($0 - 1), x\($0 - 1)]" }
        let module = (["package a", "x0 := 1"] + levels).joined(separator: "\n")
        var limits = Limits()
        #if DEBUG
            limits.memoryBytes = 16 << 20
        #endif
        let said = try answer(
            module, "count([1 | walk(data.a.x40, _)])",
            on: Evaluator(host: .system, limits: limits))
        #expect(said == "eval_limit_error: evaluation takes too many steps")
    }

    /// Ten million iterations under 64 MB; a debug build makes 90,000 in 1 MB.
    @Test func aLoopGivesItsMemoryBack() throws {
        var limits = Limits()
        #if DEBUG
            let side = 300
            limits.memoryBytes = 1 << 20
        #else
            let side = 3163
            limits.memoryBytes = 64 << 20
        #endif
        let query = "count([1 | some x in numbers.range(1, \(side)); "
            + "some y in numbers.range(1, \(side)); sprintf(\"%d-%d\", [x, y]) == \"none\"])"
        let small = Evaluator(host: .system, limits: limits)
        #expect(try answer("package a", query, on: small) == "0")
    }

    @Test func aPlanThatCallsItselfEnds() throws {
        var plan = IRPolicy()
        let call = IRStatement.Kind.call("f", [.local(0), .local(1)], result: 3)
        plan.functions = [
            IRFunction(
                name: "f", parameters: [0, 1], result: 2,
                blocks: [IRBlock([IRStatement(call, .none), IRStatement(.returnLocal(3), .none)])],
                path: ["f"])
        ]
        plan.plans = [
            IRPlan(
                name: "query",
                blocks: [IRBlock([IRStatement(call, .none), IRStatement(.resultSetAdd(3), .none)])])
        ]
        let program = try Lowering.program(plan, plan: "query", builtins: [:])
        let machine = Machine(host: .system, limits: Limits())
        machine.begin()
        let failure = #expect(throws: Machine.Failure.self) {
            try machine.run(program, input: .null, data: .null)
        }
        #expect(failure?.error == .limit(.callDepth))
    }
}
