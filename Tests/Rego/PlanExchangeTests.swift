import Foundation
import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// Plans as bundles hold them: ours run again, and those that mean harm are refused by name of the
/// reason, or end with an error.
@Suite struct PlanExchangeTests {
    private static let module = """
        package authz

        default allow := false

        allow if input.user in data.admins
        reasons contains sprintf("%s is no admin", [input.user]) if not allow
        by.role[role] contains user if some user, role in data.roles
        """

    private static func plan(_ entrypoints: [[String]]) throws -> [UInt8] {
        let module = try Parser.module(Source(name: "authz.rego", text: module)).get()
        return try Policy(modules: [module]).plan(entrypoints: entrypoints)
    }

    private static func answer(_ plans: Plans, _ path: [String]) throws -> String {
        let policy = try Policy(modules: [], plans: plans)
        let data = try Document.parse(
            json: Array(#"{"admins":["ada"],"roles":{"ada":"boss","bob":"clerk"}}"#.utf8))
        var limits = Limits()
        limits.memoryBytes = 16 << 20
        limits.steps = 1_000_000
        let evaluator = Evaluator(host: .system, limits: limits)
        let query = try policy.prepare(path: path)
        var output: [UInt8] = []
        let input = Array(#"{"user":"bob"}"#.utf8)
        do throws(EvaluationFailure) {
            let outcome = try unsafe input.withUnsafeBytes { bytes in
                Result { () throws(EvaluationFailure) in
                    try unsafe evaluator.decide(
                        query, data: data, input: .json(bytes), into: &output)
                }
            }.get()
            return outcome.isDefined ? String(decoding: output, as: UTF8.self) : "undefined"
        } catch { return "\(error.code.rawValue): \(error.message)" }
    }

    @Test func decisionsAreTheSame() throws {
        var plans = Plans()
        try plans.add(
            json: Self.plan([["authz", "allow"], ["authz", "reasons"], ["authz", "by"]]))
        #expect(plans.entrypoints == ["authz/allow", "authz/by", "authz/reasons"])
        #expect(try Self.answer(plans, ["authz", "allow"]) == "false")
        #expect(try Self.answer(plans, ["authz", "reasons"]) == #"["bob is no admin"]"#)
        #expect(
            try Self.answer(plans, ["authz", "by"])
                == #"{"role":{"boss":["ada"],"clerk":["bob"]}}"#)
        #expect(throws: CompileFailure.self) { try Self.answer(plans, ["authz"]) }
    }

    @Test func equalPoliciesGiveEqualBytes() throws {
        #expect(try Self.plan([["authz", "allow"]]) == Self.plan([["authz", "allow"]]))
    }

    @Test func aPlanComesOnce() throws {
        var plans = Plans()
        try plans.add(json: Self.plan([["authz", "allow"]]))
        #expect(throws: PlanError("plan authz/allow: another bundle has it, too")) {
            try plans.add(json: Self.plan([["authz", "allow"]]))
        }
    }

    /// Statements of a function `f` with one operand, as locals 0, 1 and 2, and result 3; the plan
    /// calls it with a number.
    private static func text(_ statements: String, returns: String = "3") -> [UInt8] {
        let call = """
            {"type":"MakeNumberIntStmt","stmt":{"value":1,"target":2}},
            {"type":"CallStmt","stmt":{"func":"f","args":[{"type":"local","value":0},
            {"type":"local","value":1},{"type":"local","value":2}],"result":4}},
            {"type":"MakeObjectStmt","stmt":{"target":5}},
            {"type":"ObjectInsertStmt","stmt":{"key":{"type":"string_index","value":0},
            "value":{"type":"local","value":4},"object":5}},
            {"type":"ResultSetAddStmt","stmt":{"value":5}}
            """
        return Array(
            """
            {"static":{"strings":[{"value":"result"},{"value":"x"}]},
            "plans":{"plans":[{"name":"a/p","blocks":[{"stmts":[\(call)]}]}]},
            "funcs":{"funcs":[{"name":"f","params":[0,1,2],"return":3,
            "blocks":[{"stmts":[\(statements)]},
            {"stmts":[{"type":"ReturnLocalStmt","stmt":{"source":\(returns)}}]}]}]}}
            """.utf8)
    }

    private static func local(_ number: Int) -> String {
        #"{"type":"local","value":\#(number)}"#
    }

    private static let make = #"{"type":"MakeObjectStmt","stmt":{"target":3}}"#
    private static func insert(_ value: Int, into object: Int) -> String {
        #"{"type":"ObjectInsertStmt","stmt":{"key":{"type":"string_index","value":1},"#
            + #""value":\#(local(value)),"object":\#(object)}}"#
    }
    private static func assign(_ source: Int, to target: Int) -> String {
        #"{"type":"AssignVarStmt","stmt":{"source":\#(local(source)),"target":\#(target)}}"#
    }
    private static func call(_ name: String, _ arguments: [Int]) -> String {
        let list = arguments.map { local($0) }.joined(separator: ",")
        return #"{"type":"CallStmt","stmt":{"func":"\#(name)","args":[\#(list)],"result":6}}"#
    }

    private static let refused: [(statements: String, says: String)] = [
        (#"{"type":"JumpStmt","stmt":{}}"#, "unknown statement"),
        (#"{"type":"DotStmt","stmt":{"source":1,"key":2,"target":3}}"#, "an object is wanted"),
        (#"{"type":"MakeNullStmt","stmt":{"target":-1}}"#, "out of range"),
        (#"{"type":"MakeNullStmt","stmt":{"target":4294967296}}"#, "out of range"),
        (#"{"type":"MakeNullStmt","stmt":{"target":1}}"#, "it writes to parameter 1"),
        (#"{"type":"MakeNullStmt","stmt":{"target":2}}"#, "it writes to parameter 2"),
        (#"{"type":"MakeNumberRefStmt","stmt":{"Index":7,"target":3}}"#, "there is no string 7"),
        (#"{"type":"BreakStmt","stmt":{"index":1}}"#, "it leaves 1 blocks of 0"),
        (#"{"type":"ResultSetAddStmt","stmt":{"value":2}}"#, "a function adds no results"),
        (call("g", [0, 1]), "undefined function g"),
        (call("f", [0, 1]), "f has 3 parameters, not 2"),
        (call("f", [1, 0, 2]), "a call passes the locals 0 and 1 on"),
        (call("count", [0, 1]), "count takes 1 operands, not 2"),
        (make + "," + insert(3, into: 3), "a collection could be put into itself"),
        (
            make + "," + #"{"type":"MakeObjectStmt","stmt":{"target":4}},"# + insert(4, into: 3)
                + "," + insert(3, into: 4), "a collection could be put into itself"
        ),
        (
            make + "," + assign(3, to: 4) + "," + insert(4, into: 3),
            "a collection could be put into itself"
        ),
        (
            #"{"type":"SetAddStmt","stmt":{"value":\#(local(0)),"set":2}}"#,
            "it writes to parameter 2"
        ),
        (
            call("f", [0, 1, 2]) + "," + insert(2, into: 6),
            "local 6 is changed in place, and no collection of its own"
        ),
        (
            make + "," + call("count", [3]) + "," + insert(2, into: 3),
            "local 3 is changed after it was used"
        ),
    ]

    @Test func plansThatMeanHarmAreRefused() throws {
        for row in Self.refused {
            var plans = Plans()
            let error = #expect(throws: PlanError.self, "\(row.says)") {
                try plans.add(json: Self.text(row.statements))
            }
            #expect(error?.clause.contains(row.says) == true, "\(error?.clause ?? ""), \(row.says)")
            #expect(plans.isEmpty)
        }
    }

    @Test func whatIsNoPlanIsRefused() throws {
        let nested = String(repeating: #"{"stmts":[{"type":"NotStmt","stmt":{"block":"#, count: 900)
        for text in ["", "[]", "{}", #"{"static":{},"plans":[],"funcs":{}}"#, "{\"static\":"] {
            var plans = Plans()
            #expect(throws: PlanError.self) { try plans.add(json: Array(text.utf8)) }
        }
        var plans = Plans()
        #expect(throws: PlanError.self) { try plans.add(json: Array(nested.utf8)) }
    }

    @Test func recursionEnds() throws {
        var plans = Plans()
        try plans.add(json: Self.text(Self.call("f", [0, 1, 2]), returns: "6"))
        #expect(
            try Self.answer(plans, ["a", "p"])
                == "eval_limit_error: rules call each other too deeply")
    }

    /// Each function wraps its operand: a value of a million levels, were it made.
    @Test func whatGrowsWithoutEndIsRefused() throws {
        var plans = Plans()
        try plans.add(
            json: Self.text(
                Self.make + "," + Self.insert(2, into: 3) + "," + Self.call("f", [0, 1, 3]),
                returns: "6"))
        #expect(
            try Self.answer(plans, ["a", "p"]) == "eval_limit_error: a value is nested too deeply")
    }

    /// A register that no statement wrote to holds nothing of another function's.
    @Test func whatIsReadFirstIsUndefined() throws {
        var plans = Plans()
        try plans.add(json: Self.text(Self.assign(9, to: 3)))
        #expect(try Self.answer(plans, ["a", "p"]) == "undefined")
    }

    /// Found by `make fuzz`: what a loop wrote was gone with its iteration, and folding constants
    /// took any collection for the kind that a statement names.
    @Test func whatALoopWroteIsThereAfterIt() throws {
        let set = #"{"type":"MakeSetStmt","stmt":{"target":7}},"#
        let scan =
            #"{"type":"ScanStmt","stmt":{"source":0,"key":8,"value":9,"block":{"stmts":["#
            + #"{"type":"MakeArrayStmt","stmt":{"capacity":0,"target":7}},"#
            + #"{"type":"ArrayAppendStmt","stmt":{"value":\#(Self.local(8)),"array":7}}]}}},"#
        var plans = Plans()
        try plans.add(json: Self.text(set + scan + Self.assign(7, to: 3)))
        #expect(try Self.answer(plans, ["a", "p"]) == #"["user"]"#)
        var confused = Plans()
        try confused.add(
            json: Self.text(
                Self.make + #",{"type":"SetAddStmt","stmt":{"value":\#(Self.local(2)),"set":3}}"#))
        #expect(
            try Self.answer(confused, ["a", "p"]).contains("must be set but got object"))
    }

    /// Numbers changed at random: a reason or an answer, never a crash. The seed is fixed; as many
    /// rounds as `PLAN_MUTATIONS` says.
    @Test func mutatedPlansEnd() throws {
        let text = try Self.plan([["authz", "allow"], ["authz", "reasons"], ["authz", "by"]])
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let rounds = ProcessInfo.processInfo.environment["PLAN_MUTATIONS"].flatMap(Int.init) ?? 400
        var accepted = 0
        for _ in 0..<rounds {
            var mutated = text
            for _ in 0...random(3) {
                let digits = mutated.indices.filter { (48...57).contains(mutated[$0]) }
                mutated[digits[random(digits.count)]] = UInt8(48 + random(10))
            }
            var plans = Plans()
            guard (try? plans.add(json: mutated)) != nil else { continue }
            accepted += 1
            for name in plans.entrypoints {
                _ = try? Self.answer(plans, name.split(separator: "/").map(String.init))
            }
        }
        #expect(accepted > rounds / 20, "too few got as far as the machine")
    }
}
