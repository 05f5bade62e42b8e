import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// What is left of queries: one line a query, then the support modules.
@Suite struct PartialTests {
    struct Question {
        var module = ""
        var query: String
        var input: String?
        var data = "{}"
        var options = PartialOptions()
    }

    static func residual(of question: Question) throws -> Residual {
        let modules = try question.module.isEmpty
            ? [] : [Parser.module(Source(name: "test.rego", text: question.module)).get()]
        let policy = try Policy(modules: modules)
        let prepared = try policy.preparePartial(
            query: question.query, options: question.options)
        let evaluator = Evaluator(host: .system)
        let data = try Document.parse(json: Array(question.data.utf8))
        guard let input = question.input else {
            return try unsafe evaluator.residual(of: prepared, data: data, input: .undefined)
        }
        return try unsafe Array(input.utf8).withUnsafeBytes { bytes in
            try unsafe evaluator.residual(of: prepared, data: data, input: .json(bytes))
        }
    }

    static func text(_ residual: Residual) -> String {
        (residual.queries.map(\.text)
            + residual.support.map { String(decoding: $0.source.bytes, as: UTF8.self) })
            .joined(separator: "\n")
    }

    private func said(_ question: Question) throws -> String {
        Self.text(try Self.residual(of: question))
    }

    @Test func whatIsKnownIsEvaluated() throws {
        #expect(try said(Question(query: "x := 1 + 1; input.y == x")) == "input.y = 2; x = 2")
        #expect(try said(Question(query: "1 == 2; input.x")) == "")
        let queries = try Self.residual(of: Question(query: "1 == 1")).queries
        #expect(queries.map(\.text) == [""])
    }

    /// OPA documentation, "REST API", Compile API.
    @Test func aKnownInputIsComparedWithUnknownReports() throws {
        var question = Question(query: "data.example.allow == true")
        question.module = """
            package example
            allow if input.subject.clearance_level >= data.reports[_].clearance_level
            """
        question.input = #"{"subject": {"clearance_level": 4}}"#
        question.options.unknowns = ["data.reports"]
        #expect(try said(question) == "4 >= data.reports[_].clearance_level")
    }

    private static let rbac = """
        package rbac.authz
        default allow := false
        allow if {
            some role in data.user_roles[input.user]
            some permission in data.role_permissions[role]
            permission == {"action": input.action, "object": input.object}
        }
        """

    private static let rbacData = """
        {"user_roles": {"alice": ["engineering", "web"], "bob": ["hr"]},
         "role_permissions": {
            "engineering": [{"action": "read", "object": "server123"}],
            "web": [{"action": "read", "object": "server123"},
                    {"action": "write", "object": "server123"}],
            "hr": [{"action": "read", "object": "database456"}]}}
        """

    /// OPA documentation, "Role-based access control".
    @Test func rolesBecomeOneQueryEach() throws {
        let question = Question(
            module: Self.rbac, query: "data.rbac.authz.allow == true", data: Self.rbacData)
        #expect(
            try said(question) == """
                input.user = "alice"; input.action = "read"; input.object = "server123"
                input.user = "alice"; input.action = "write"; input.object = "server123"
                input.user = "bob"; input.action = "read"; input.object = "database456"
                """)
    }

    @Test(arguments: [
        // A value is what a body is left with, in the place of its variables.
        ("p if { x := input.a; y := x.b; y > 1 }", "data.t.p", "input.a.b > 1"),
        ("p if { x := input.a; input.b }", "data.t.p", "_ = input.a; input.b"),
        ("f(x) := x.name\np if f(input.u) == \"a\"", "data.t.p", "input.u.name = \"a\""),
        ("f(\"a\") := 1\nf(\"b\") := 1", "data.t.f(input.x) == 1",
            "input.x = \"a\"\ninput.x = \"b\""),
        ("p contains x if some x in input.xs", "data.t.p[\"a\"]", "input.xs[_] = \"a\""),
        ("p if \"a\" in input.xs", "data.t.p", "\"a\" in input.xs"),
        ("p if input.a\np if 1 == 1", "data.t.p", ""),
        ("p if { input.a; 1 == 2 }", "data.t.p", nil),
        ("p := 1 if 1 == 2 else := 2", "input.x == data.t.p", "input.x = 2"),
        ("p if not input.a", "not data.t.p", "not data.partial.__not1__\n"
            + "package partial\n\n__not1__ if {\n\tnot input.a\n}\n"),
        ("p if f(input.user) with input.user as \"bob\"\nf(_) if input.user == \"bob\"", "data.t.p",
            ""),
        ("p if input.b == 1 with input.a as 1", "data.t.p", "input.b = 1 with input.a as 1"),
        ("u := input.t.users[input.id]\np if u.name == \"a\"", "data.t.p",
            "input.t.users[input.id].name = \"a\""),
        ("rs := {\"a\": [1], \"b\": [2]}[input.u]\np if 2 in rs", "data.t.p", "input.u = \"b\""),
        ("u := {\"n\": x} if x := input.a.b\np if u.n == 1", "data.t.p", "input.a.b = 1"),
        ("p if input.x == 1", "data.t.p with input as {\"x\": 1}", ""),
        ("p if time.now_ns() > 0; q := 1", "data.t.q == 1", ""),
    ] as [(String, String, String?)])
    func rulesAreExpandedWhereThatLosesNothing(
        _ rules: String, _ query: String, _ left: String?
    ) throws {
        let module = "package t\n" + rules.replacing("; q := 1", with: "\nq := 1")
        let residual = try Self.residual(of: Question(module: module, query: query))
        #expect(residual.queries.isEmpty == (left == nil))
        #expect(Self.text(residual).contains(left ?? ""), "\(Self.text(residual))")
    }

    @Test(arguments: [
        // Two values could conflict; one could be the default; an array says how often.
        ("p := 1 if input.a\np := 2 if input.b", "x = data.t.p"),
        ("default p := 1\np := 2 if input.a", "x = data.t.p"),
        ("p := 1 if input.a else := 2", "x = data.t.p"),
        ("p if input.xs[_] == 1", "x = [1 | data.t.p]"),
        ("p contains input.a", "x = data.t.p"), ("p[input.a] := input.b", "x = data.t.p.k"),
        ("f(x) := 1 if x > input.a\nf(x) := 2 if x < input.a", "x = data.t.f(3)"),
        ("p := input.a", "x = data.t"),
        ("p := {\"a\": 1, \"b\": 2}[input.xs[_]]", "x = data.t.p"),
        ("p := {\"a\": 1, \"b\": 2}[y] if some y in s\ns contains input.a\ns contains input.b",
            "x = data.t.p"),
    ])
    func otherRulesStayRules(_ rules: String, _ query: String) throws {
        let residual = try Self.residual(
            of: Question(module: "package t\n" + rules, query: query))
        #expect(residual.queries.count == 1)
        #expect(residual.queries[0].text.contains("data.partial.t"))
        #expect(residual.support.map(\.package) == [["partial", "t"]])
    }

    @Test func whatIsNamedIsNotExpanded() throws {
        var question = Question(
            module: "package t\np if q\nq if input.a", query: "data.t.p")
        question.options.disableInlining = ["data.t.q"]
        #expect(
            try said(question)
                == "data.partial.t.q\npackage partial.t\n\nq if {\n\tinput.a\n}\n")
        question.options.disableInlining = []
        question.options.shallowInlining = true
        #expect(try said(question).hasPrefix("data.partial.t.p\n"))
    }

    @Test func whatAnswersDifferentlyEachTimeIsLeftUnlessAskedFor() throws {
        var question = Question(query: "time.now_ns() > 0")
        #expect(try said(question) == "time.now_ns() > 0")
        question.options.nondeterministicBuiltins = true
        #expect(try said(question) == "")
    }

    /// A variable of the query keeps its name, and a rule's of the same name has another.
    @Test func variablesDoNotMeet() throws {
        let question = Question(
            module: "package t\np if { some x in input.xs; x > 1; x < 9 }",
            query: "x = input.y; data.t.p")
        #expect(
            try said(question) == "x = input.y; input.xs[__local1__] > 1; input.xs[__local1__] < 9")
    }

    @Test(arguments: ["inputs", "x.y", "1", "input; data", "["])
    func whatIsNoReferenceIsRefused(_ unknown: String) throws {
        var question = Question(query: "input.x")
        question.options.unknowns = [unknown]
        #expect(throws: CompileFailure.self) { try Self.residual(of: question) }
    }

    /// What doubles with each rule, each disjunction or each row ends with an error, and soon.
    @Test(arguments: [
        (
            "p if {\n" + (0..<40).map { "q(input.a\($0))\n" }.joined()
                + "}\nq(x) if x == 1\nq(x) if x == 2",
            "data.t.p", "partial evaluation gives too many queries"
        ),
        (
            "p if { numbers.range(1, 300)[_] == input.a; numbers.range(1, 300)[_] == input.b }",
            "data.t.p", "partial evaluation gives too many queries"
        ),
        (
            (0..<300).map { "p\($0) if p\($0 + 1)\n" }.joined() + "p300 if input.a", "data.t.p0",
            "rules call each other too deeply"
        ),
        (
            "p0 if input.a\n"
                + (1..<60).map { "p\($0) := 1 if p\($0 - 1)\np\($0) := 2 if not p\($0 - 1)\n" }
                .joined(), "x = data.t.p59", "partial evaluation takes too many steps"
        ),
    ])
    func limitsEndWhatGrowsWithoutBound(
        _ rules: String, _ query: String, _ message: String
    ) throws {
        var question = Question(module: "package t\n" + rules, query: query)
        question.options.limits.steps = 20_000
        question.options.limits.queries = 1_000
        let failure = #expect(throws: EvaluationFailure.self) {
            try Self.residual(of: question)
        }
        #expect(failure?.code == .limit)
        #expect(failure?.message == message)
    }

    /// What is known has a type; what that makes wrong was undefined in the whole.
    @Test(arguments: [
        ("x := data.t.v; startswith(x, input.s)", nil),
        ("not startswith(data.t.v, input.s)", "__local1__ = input.s; true"),
        ("x = [y | y = startswith(data.t.v, input.s)]", "x = []"),
    ] as [(String, String?)])
    func whatHasNoTypeNeverHolds(_ query: String, _ left: String?) throws {
        let residual = try Self.residual(
            of: Question(module: "package t\nv := 1 if 2 > 1\nv := \"x\" if 1 > 2", query: query))
        #expect(residual.queries.map(\.text) == (left.map { [$0] } ?? []))
    }

    @Test func aSupportRuleWithoutATypeIsThereAndHasNoValue() throws {
        let module = """
            package t
            v := 1 if 2 > 1
            v := "x" if 1 > 2
            p := x if { input.a; x := startswith(v, input.b) } else := 2 if input.c
            s contains x if x := startswith(v, input.b)
            """
        #expect(
            try said(Question(module: module, query: "x = data.t.p; y = data.t.s")) == """
                x = data.partial.t.p; y = data.partial.t.s
                package partial.t

                p := null if {
                \tfalse
                } else := 2 if {
                \tinput.c
                }

                s contains null if {
                \tfalse
                }

                """)
    }

    @Test func whatIsKnownAndFailsIsToldAsByAWholeEvaluation() throws {
        let failure = #expect(throws: EvaluationFailure.self) {
            try Self.residual(
                of: Question(
                    module: "package t\np := 1\np := 2 if 1 == 1", query: "input.x == data.t.p"))
        }
        #expect(failure?.code == .conflict)
    }
}
