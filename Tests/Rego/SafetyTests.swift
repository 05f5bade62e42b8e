import Rego
import RegoSyntax
import Testing

@Suite struct Safety {
    @Test(arguments: [
        ("p if x == 1", ["3:6 var x is unsafe"]),
        ("p if not q[x]\nq := {1}", ["3:6 var x is unsafe"]),
        ("p if count(x) == 1", ["3:6 var x is unsafe"]),
        ("p := x if true", ["3:6 var x is unsafe"]),
        ("p[x] := 1 if true", ["3:3 var x is unsafe"]),
        ("p if [y | y = x] == []", ["3:11 var x is unsafe", "3:11 var y is unsafe"]),
        ("p := [y | true]", ["3:6 var y is unsafe"]),
        ("p if every k, v in input { v == k; x == v }", ["3:36 var x is unsafe"]),
        ("p if 1 > _", ["3:6 var _ is unsafe"]),
        ("p if input.a with input as x", ["3:6 var x is unsafe"]),
        ("p := 1 if input.a else := x if true", ["3:27 var x is unsafe"]),
        ("f(x) := y if x == y", ["3:14 var y is unsafe"]),
        ("p if { x := y; y = 7 }\nq if x = y", ["4:6 var x is unsafe", "4:6 var y is unsafe"]),
    ])
    func namesWhatNothingBinds(_ text: String, _ mistakes: [String]) throws {
        #expect(try Compiling().mistakes("package a\n\n\(text)\n") == mistakes)
    }

    @Test func namesTheRootAndNotWhatFollowsFromIt() throws {
        let text = """
            package a
            p if {
                first := users[0]
                title := first.title
                upper(title) == "X"
            }
            """
        #expect(try Compiling().mistakes(text) == ["3:5 var users is unsafe"])
    }

    @Test func readsTheRightSideOfAnAssignmentBeforeAnythingBindsIt() throws {
        // OPA 1.19 refuses it: the left side is new, the right side is only read.
        let text = "package a\np if { x := y; x = 7 }"
        #expect(try Compiling().mistakes(text) == ["2:8 var y is unsafe"])
    }

    @Test(arguments: [
        "p if { x == 1; x = 1 }",
        "p if { count(y) == 1; y = input.xs[i] }",
        "p if { not input.xs[i] == 2; i = 1 }",
        "p if { [x, y] = [1, x] }",
        "p if { {\"a\": x} = input.o; x > 1 }",
        "p if { walk(input, [path, v]); count(path) > v }",
        "p contains x if some x in [y | y = input.ys[_]]",
        "p if { xs = [y | y = input.ys[i]]; i = 1 }",
        "p if every x in input.xs { x > y; y = input.ys[x] }",
        "f(x, [y, z]) := x if y == z",
        "p[k] := v if { v := input[k] }",
    ])
    func bringsBodiesIntoOrder(_ text: String) throws {
        #expect(try Compiling().mistakes("package a\n\(text)") == [])
    }

    @Test func movesOnlyWhatMustMove() throws {
        let text = "package a\np if { input.a == 1; x > 1; input.b; x = input.x }"
        let policy = try Compiling().policy([text])
        let columns = policy.rules[0].branches[0].body.map(\.span.span.column)
        #expect(columns == [8, 29, 38, 22])
    }

    @Test func printShowsOnlyWhatStandsBeforeIt() throws {
        let text = "package a\np if { print(x); x = 1 }"
        #expect(try Compiling(printEnabled: true).mistakes(text) == ["2:14 var x is undeclared"])
        #expect(try Compiling().mistakes(text) == [])
    }

    @Test func templatesShowOnlyWhatTheBodyBinds() throws {
        let text = "package a\np := $\"{x} {input.y}\""
        #expect(try Compiling().mistakes(text) == ["2:9 var x is undeclared"])
    }
}
