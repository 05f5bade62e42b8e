import Testing

@testable import RegoSyntax

struct RuleTests {
    /// A head as `name[path](arguments) kind`.
    private func shape(_ head: Rule.Head) -> String {
        var text = head.name
        for element in head.path { text += "[\(RegoText.term(element))]" }
        if let arguments = head.arguments {
            text += "(" + arguments.map(RegoText.term).joined(separator: ", ") + ")"
        }
        switch head.kind {
        case .contains(let key): text += " contains \(RegoText.term(key))"
        case .value(let value, let usesAssignment):
            guard let value else { return text }
            text += " \(usesAssignment ? ":=" : "=") \(RegoText.term(value))"
        }
        return text
    }

    @Test(arguments: [
        ("p := 1", "p := 1"), ("p = 1", "p = 1"), ("p if true", "p"),
        ("p := 1 if true", "p := 1"), ("p contains 1", "p contains 1"),
        ("p contains x if { x := 1 }", "p contains x"), ("p.q contains 1", "p[\"q\"] contains 1"),
        ("p[x] if x := 1", "p[x]"), ("p[x] := 2 if x := 1", "p[x] := 2"),
        ("p[\"x\"] := 2", "p[\"x\"] := 2"), ("p.q.r := 1", "p[\"q\"][\"r\"] := 1"),
        ("p.q if true", "p[\"q\"]"),
        ("p[x].q[y] := 1 if { x := 1; y := 2 }", "p[x][\"q\"][y] := 1"),
        ("f(x) := x", "f(x) := x"), ("f(x) if x", "f(x)"), ("f([x, _], 1) = x", "f([x, _], 1) = x"),
        ("a.f(x) := x", "a[\"f\"](x) := x"), ("f() := 1", "f := 1"), ("f(x)", "f(x)"),
        ("default p := false", "p := false"), ("default f(_) := 1", "f(_) := 1"),
        ("default p = 1", "p = 1"), ("if.x := 1", "if[\"x\"] := 1"),
        ("default.p := 1", "default[\"p\"] := 1"), ("p := x in [1]", "p := x in [1]"),
        ("p := {x | x := 1}", "p := {x | x := 1}"), ("package.x := 1", "package[\"x\"] := 1"),
    ]) func headsOfV1(_ text: String, _ expected: String) throws {
        #expect(shape(try rule(text).head) == expected)
    }

    @Test(arguments: [
        ("p { true }", "p"), ("p[x] { x := 1 }", "p contains x"), ("p[x]", "p contains x"),
        ("p.q { true }", "p contains \"q\""), ("p[x] = y { y := x }", "p[x] = y"),
        ("p[x][y] { x := 1 }", "p[x][y]"), ("p.q.r { true }", "p[\"q\"][\"r\"]"),
        ("p.q[x] { x := 1 }", "p[\"q\"][x]"), ("f(x) = y { y := x }", "f(x) = y"),
        ("f(x) { x }", "f(x)"), ("p = 1", "p = 1"), ("contains := 1", "contains := 1"),
        ("in { true }", "in"), ("if := 1", "if := 1"), ("p[1] := 2", "p[1] := 2"),
    ]) func headsOfV0(_ text: String, _ expected: String) throws {
        #expect(shape(try rule(text, .v0).head) == expected)
    }

    @Test func v0TakesTheKeywordsItImports() throws {
        let text = """
            import future.keywords.if
            import future.keywords.contains
            p[x] if x := 1
            q contains 1
            """
        let rules = try module("package test\n" + text, .v0).rules
        #expect(rules.map { shape($0.head) } == ["p[x]", "q contains 1"])
    }

    @Test func regoV1HoldsAV0ModuleToItsRules() {
        let text = "package test\nimport rego.v1\np { true }\nq[x] { x := 1 }"
        #expect(
            faults(text, .v0) == [
                "3:1 `if` keyword is required before rule body",
                "4:1 `if` keyword is required before rule body",
                "4:1 `contains` keyword is required for partial set rules",
            ])
    }

    @Test(arguments: [
        ("p if { a }", "a"), ("p if { a; b }", "a; b"), ("p if {\n a\n b\n}", "a; b"),
        ("p if {a} == x", "{a} == x"), ("p if {\"a\": b}", "{\"a\": b}"),
        ("p if {x | y}", "{x | y}"),
        ("p if a with input as 1", "a with input as 1"), ("p if { a := 1 }", "a := 1"),
        ("p if { {a} }", "{a}"), ("p if not a", "not a"), ("p if { not.x }", "not.x"),
        ("p if {a, b} == c", "{a, b} == c"), ("p if { x.with }", "x.with"),
        ("p if {} == x", "{} == x"), ("p if some x in xs", "some x in xs"),
        ("p if set()", "set()"),
    ]) func bodiesAreToldFromComposites(_ text: String, _ body: String) throws {
        #expect(RegoText.body(try rule(text).body) == body)
    }

    @Test func elseBranchesAreInOrder() throws {
        let rule = try rule("p := 1 if { a } else := 2 if b else := 3")
        #expect(rule.elses.count == 2)
        #expect(rule.elses.map { RegoText.body($0.body) } == ["b", ""])
        #expect(rule.elses.map { $0.value.map(RegoText.term) } == ["2", "3"])
    }

    @Test func chainedBodiesOfV0AreRulesWithOneHead() throws {
        let rules = try module("package test\nf(_, x) { a } { b }", .v0).rules
        #expect(rules.map { shape($0.head) } == ["f(_, x)", "f(_, x)"])
        #expect(rules.map { RegoText.body($0.body) } == ["a", "b"])
    }

    @Test func packagesAndImportsAreRead() throws {
        let module = try module(
            "package a[\"b c\"].if\nimport data.x.y as z\nimport input\nimport rego.v1")
        #expect(module.package == ["a", "b c", "if"])
        #expect(module.imports.map(\.path) == [["data", "x", "y"], ["input"], ["rego", "v1"]])
        #expect(module.imports.map(\.alias) == ["z", nil, nil])
    }

    @Test func metadataBelongsToWhatFollowsIt() throws {
        let text = """
            # METADATA
            # title: the package
            package test

            # a remark

            # METADATA
            # title: p
            # custom:
            #   x: 1
            p := 1

            #METADATA
            #title: q
            q := 1 # METADATA
            # METADATA
            """
        let module = try module(text)
        #expect(
            module.annotations.map(\.target) == [.package, .rule(0), .rule(1)])
        #expect(module.annotations[1].yaml == "title: p\ncustom:\n  x: 1\n")
        #expect(module.annotations[2].yaml == "title: q\n")
        #expect(module.comments.count == 11)
        #expect(module.comments[2].text == " a remark")
    }

    @Test func aByteOrderMarkAndCarriageReturnsArePassedOver() throws {
        let module = try module("\u{FEFF}package test\r\n# remark\r\np := 1\r\n")
        #expect(module.rules.count == 1)
        #expect(module.comments.map(\.text) == [" remark"])
    }
}
