import Rego
import RegoSyntax
import Testing

@Suite struct Names {
    @Test(arguments: [
        ("p if { x := 1; x := 2 }", ["2:16 var x assigned above"]),
        ("p if { x = 1; x := 2 }", ["2:15 var x referenced above"]),
        ("p if { some x; some x; x = 1 }", ["2:16 var x declared above"]),
        ("f(x) if { x := 1 }", ["2:11 arg x redeclared"]),
        ("p if { some x; input.a }", ["2:8 declared var x unused"]),
        ("p if { count := 1; count(input) == count }", ["2:20 called function count shadowed"]),
        ("p if not x := 1", ["2:6 cannot assign vars inside negated expression"]),
        ("p if { input.x := 1 }", ["2:8 cannot assign to ref"]),
        ("f(input) := 1", ["2:1 args must not shadow input (use a different variable name)"]),
        (
            "p if data := 1",
            ["2:6 variables must not shadow data (use a different variable name)"]
        ),
        ("p := nope(1)", ["2:6 undefined function nope"]),
        ("p := data.b.f(1)", ["2:6 undefined function data.b.f"]),
        ("p := count(1, 2)", ["2:6 count: arity mismatch"]),
        ("f(x) := x\np := f(1, 2)", ["3:6 function data.a.f has arity 1, got 2 arguments"]),
        ("f(x, y) := x\np := f(1)", ["3:6 function data.a.f has arity 2, got 1 argument"]),
        ("p := any([true])", ["2:6 deprecated built-in function calls in expression: any"]),
        ("p := print(1)", ["2:6 print(...) used as value"]),
        (
            "p if input with nope as 1",
            ["2:17 with keyword target must reference existing input, data, or a function"]
        ),
        (
            "p if input with walk as 1",
            ["2:17 with keyword replacing built-in function: target must not be a relation"]
        ),
        (
            "q := {}\np if input with data.a.q.x as 1",
            ["3:17 with keyword cannot partially replace virtual document(s)"]
        ),
    ])
    func areRefused(_ text: String, _ mistakes: [String]) throws {
        #expect(try Compiling().mistakes("package a\n\(text)") == mistakes)
    }

    @Test(arguments: [
        ("total := 1\np if totl > 1", "did you mean `total`?"),
        ("p := conut([])", "did you mean `count`?"),
        ("p := count()", "function count has arity 1, got 0 arguments"),
    ])
    func oneSlipAwayAreHintedAt(_ text: String, _ hint: String) {
        #expect(Compiling().hints("package a\n\(text)") == [hint])
    }

    @Test func importsOfOneNameAreRefused() throws {
        let text = "package a\nimport data.x\nimport input.x\np if x"
        #expect(try Compiling().mistakes(text) == ["3:1 import must not shadow import data.x"])
        #expect(try Compiling(version: .v0).mistakes("package a\np { any([true]) }") == [])
    }

    @Test(arguments: [
        ("import data.x\np := 1", ["2:1 import data.x unused"]),
        ("p if { x := input.y }", ["2:8 assigned var x unused"]),
        (
            "f(x, y) := x",
            ["2:1 unused argument y. (hint: use _ (wildcard variable) instead)"]
        ),
    ])
    func strictModeRefusesWhatNobodyUses(_ text: String, _ mistakes: [String]) throws {
        #expect(try Compiling(strict: true).mistakes("package a\n\(text)") == mistakes)
        #expect(try Compiling().mistakes("package a\n\(text)") == [])
    }

    @Test func ofRulesAndImportsBecomePaths() throws {
        let text = """
            package a
            import data.b.c as d
            import input.user
            q := 1
            p if { d.e == q; user.name }
            """
        let body = try Compiling().policy([text]).rules[1].branches[0].body
        guard case .term(.call(.builtin("equal"), let operands, _)) = body[0].kind,
            case .reference(.data, let first) = operands[0],
            case .reference(.data, let second) = operands[1],
            case .term(.reference(.input, let third)) = body[1].kind
        else {
            Issue.record("\(body)")
            return
        }
        #expect(first.map(\.text) == ["b", "c", "e"])
        #expect(second.map(\.text) == ["a", "q"])
        #expect(third.map(\.text) == ["user", "name"])
    }

    @Test func ofLocalsHideThoseOfRulesInTheirBodyAlone() throws {
        let text = "package a\nx := 1\np if { x := 2; x == 2 }\nq if x == 1"
        let rules = try Compiling().policy([text]).rules
        #expect(rules[1].locals.names.compactMap { $0 } == ["x"])
        #expect(rules[2].locals.names.compactMap { $0 } == [])
    }

    @Test func declaredInSiblingsAreDifferentLocals() throws {
        let text = "package a\np := [[x | x = 1], [x | x = 2]]"
        let names = try Compiling().policy([text]).rules[0].locals.names
        #expect(names.compactMap { $0 } == ["x", "x"])
    }
}

extension ResolvedTerm {
    /// The text of a constant string.
    var text: String? { if case .string(let text) = self { text } else { nil } }
}
