import Rego
import RegoSyntax
import Testing

/// What lints find in modules, as `code row:column`; `file` stands before it but for the first.
private func findings(_ texts: String...) throws -> [String] {
    let modules = try texts.enumerated().map { index, text in
        let source = Source(name: "\(index).rego", text: text)
        return try Parser.module(source, options: ParserOptions(version: .v1)).get()
    }
    return try Policy(modules: modules).lintFindings().map {
        let place = "\($0.code) \($0.span.row):\($0.span.column)"
        return $0.file == "0.rego" ? place : "\($0.file) \(place)"
    }
}

private func codes(_ body: String) throws -> [String] {
    try findings("package a\n\n" + body + "\n").map { String($0.prefix { $0 != " " }) }
}

@Suite struct LintTests {
    @Test(arguments: Lint.all.map(\.code))
    func everyLintFindsItsExampleOnceAndNothingInsteadOfIt(_ code: String) throws {
        let lint = try #require(Lint.named(code))
        let found = try findings(lint.example)
        #expect(found.count { $0.hasPrefix(code + " ") } == 1, "\(found)")
        #expect(try findings(lint.instead) == [])
    }

    @Test func codesAreEachOnce() {
        #expect(Set(Lint.all.map(\.code)).count == Lint.all.count)
    }

    // MARK: Names

    @Test(arguments: [
        "_p := 1", "p := 1\n\nf(_) := 2", "p := f(1)\n\nf(x) := x\n\ng(x) := f(x)",
        "p := 1\n\n# METADATA\n# entrypoint: true\nq := 2\n\ntest_q if q == 2",
    ])
    func whatNothingReadsIsFound(_ body: String) throws {
        #expect(try codes(body) == ["unused-rule"])
    }

    @Test(arguments: [
        "p := 1", "p := data.a._r[input.x]\n\n_r.q := 2", "f(_) := 1\n\ng(_) := 2",
        "p := _q\n\n_q := 2", "p := 1\n\nf(_) := 2\n\ntest_f if f(1) == 2",
        "p if f(1) == 2 with f as g\n\nf(_) := 1\n\ng(_) := 2",
        "# METADATA\n# entrypoint: true\np := q\n\nq := 2\n\ntest_p if p == 2",
    ])
    func whatMayBeReadIsNot(_ body: String) throws {
        #expect(try codes(body) == [])
    }

    @Test func functionsOfLibrariesMayBeReadElsewhere() throws {
        let library = "package lib\n\np := 1\n\nf(_) := 2\n\n_g(_) := 3\n"
        let reader = "package a\n\nimport data.lib\n\nq := lib.p\n"
        #expect(try findings(library, reader) == ["unused-rule 7:1"])
        let test = "package a\n\nimport data.lib\n\ntest_q if lib.p == 1\n"
        #expect(try findings(library, test) == ["unused-rule 5:1", "unused-rule 7:1"])
    }

    @Test func rulesOfTheServersOwnAreRead() throws {
        let module = "package system.authz\n\ndefault allow := false\n\n_x := 1\n"
        let other = "package a\n\n# METADATA\n# entrypoint: true\np := 1\n\ntest_p if p == 1\n"
        #expect(try findings(module, other) == [])
    }

    @Test(arguments: ["p := users.x", "p := upper(users.x)", "p := users", "p := {users: 1}"])
    func importsThatAreMentionedAreUsed(_ body: String) throws {
        #expect(try codes("import data.b.users\n\n" + body) == [])
    }

    // MARK: Conditions

    @Test(arguments: [
        "true", "1", "\"x\"", "[1, {\"a\": 2}]", "false", "1 == 1", "1 < 2", "\"a\" == \"b\"",
        "input.x == input.x", "count(input.x) >= 0", "count(input.x) < 0", "not false",
        "every x in input.x { x; true }", "count([1 | true]) == 1",
    ])
    func conditionsWithOneOutcomeAreFound(_ body: String) throws {
        #expect(try codes("p if { \(body) }") == ["constant-condition"])
    }

    @Test(arguments: [
        "input.x", "input.x == 1", "input.x[_] == input.x[_]", "count(input.x) > 0",
        "x := 1; x == input.y", "[input.x]", "$\"{1} {input.x}\" == input.y", "x = 1; x == input.z",
        "1.0 == 1", "f(input.x) == f(input.x)",
    ])
    func conditionsThatDependAreNot(_ body: String) throws {
        let rest = body.hasPrefix("f(") ? "\n\nf(x) := x" : ""
        #expect(try codes("p if { \(body) }\(rest)") == [])
    }

    @Test func bodiesOfTrueAreNotInModulesOfV0() throws {
        let source = Source(name: "0.rego", text: "package a\n\np = 1 { true }\n")
        let module = try Parser.module(source, options: ParserOptions(version: .v0)).get()
        #expect(try Policy(modules: [module]).lintFindings() == [])
    }

    @Test(arguments: [
        "p := 1 if input.x else := 2 if input.x", "p := 1 if { input.x; input.y }"
            + " else := 2 if input.y else := 3 if { input.x; input.y }",
        "p := 1 if true else := 2", "p := 1 if input.x else := 2 if true else := 3",
    ])
    func branchesThatAreNeverTriedAreFound(_ body: String) throws {
        #expect(try codes(body).contains("unreachable-else"))
    }

    @Test(arguments: [
        "p := 1 if input.x else := 2", "p := 1 if input.x else := 2 if not input.x",
        "p := input.y if input.x else := 2 if input.x",
        "p := [f(input.x)] if input.x else := 2 if input.x\n\nf(1) := 2",
    ])
    func branchesThatMayBeTriedAreNot(_ body: String) throws {
        #expect(try codes(body) == [])
    }

    // MARK: Types

    @Test(arguments: [
        "count(input.x) == \"1\"", "\"1\" > 2", "upper(input.x) != 1", "x := 1; x == \"a\"",
        "q == \"x\"", "some x in [1, 2]; x == \"a\"", "{1} == [1]", "s := {input.x}; s == {}",
    ])
    func comparisonsOfTwoTypesAreFound(_ body: String) throws {
        #expect(try codes("p if { \(body) }\n\nq := 1") == ["mismatched-types"])
    }

    @Test(arguments: [
        "input.x == \"1\"", "data.b.c == 1", "count(input.x) == 1", "q == 2",
        "q == \"x\" with q as \"x\"", "some x in [1, \"a\"]; x == \"a\"", "r == \"x\"",
        "{1} == {2}",
    ])
    func comparisonsThatMayHoldAreNot(_ body: String) throws {
        let others = "q := 1\n\nr := 1 if input.x\n\nr := \"x\" if input.y"
        let found = try codes("p if { \(body) }\n\n" + others)
        #expect(!found.contains("mismatched-types"))
    }

    // MARK: Shadows

    @Test(arguments: [
        "count := 1", "p if { some sum in [1]; sum > input.x }", "p := max if max := input.x",
        "p := f(1)\n\nf(upper) := upper",
    ])
    func builtinsThatAreHiddenAreFound(_ body: String) throws {
        #expect(try codes(body) == ["shadowed-builtin"])
    }

    @Test(arguments: [
        "total := 1", "object := input.x", "and := 1", "p.count := 1", "all := [1]",
        "p := x if { time := input.x; x := time }", "p := input.count",
    ])
    func namesThatHideNoBuiltinAreNot(_ body: String) throws {
        #expect(try codes(body) == [])
    }

    // MARK: Decisions

    @Test(arguments: [
        "allow if input.x", "allow := true if input.x\n\nallow := false if input.y",
        "deny if input.x", "allow if input.x else := false if input.y",
        "# METADATA\n# entrypoint: true\nverdict := {\"a\": 1} if input.x\n\ntest_v if verdict",
    ])
    func decisionsWithoutDefaultAreFound(_ body: String) throws {
        #expect(try codes(body) == ["missing-default"])
    }

    @Test(arguments: [
        "default allow := false\n\nallow if input.x", "deny contains 1 if input.x",
        "allow := true", "allow(x) if x == 1", "allow[x] := 1 if some x in input.y",
        "allow if input.x else := false", "allowed := {\"a\": 1} if input.x", "is_ok if input.x",
    ])
    func decisionsWithAValueAreNot(_ body: String) throws {
        #expect(try codes(body) == [])
    }

    @Test func aDefaultInAnotherModuleCounts() throws {
        let one = "package a\n\nallow if input.x\n"
        #expect(try findings(one, "package a\n\ndefault allow := false\n") == [])
    }

    @Test func entrypointsAreTestedThroughOthers() throws {
        let one = "package a\n\n# METADATA\n# entrypoint: true\np := 1\n\nq := p\n"
        let test = "package a_test\n\nimport data.a\n\ntest_q if a.q == 1\n"
        #expect(try findings(one, test) == [])
        #expect(try findings(one).contains("untested-entrypoint 5:1"))
    }

    @Test(arguments: [
        ("lower(input.m)", true), ("input.m", false), ("split(input.m, \"/\")[0]", true),
    ])
    func computedComparisonsAreFoundFromThreeRulesOn(_ left: String, _ isFound: Bool) throws {
        let rules = ["a", "b", "c"].map { "p := 1 if \(left) == \"\($0)\"" }
        let found = try codes(rules.joined(separator: "\n\n"))
        #expect(found == (isFound ? ["unindexed-rules"] : []))
        #expect(try codes(rules.prefix(2).joined(separator: "\n\n")) == [])
    }

    // MARK: Silence

    @Test(arguments: [
        "import data.b # ostiary ignore: unused-import",
        "# ostiary ignore: unused-import\nimport data.b",
        "# ostiary ignore: missing-default, unused-import\n# why\nimport data.b",
        "#ostiary ignore: unused-import\nimport data.b",
    ])
    func commentsSilenceALint(_ text: String) throws {
        #expect(try codes(text + "\n\np := 1") == [])
    }

    @Test(arguments: [
        "import data.b # ostiary ignore: unused-rule",
        "# ostiary ignore: unused-import\n\nimport data.b",
        "# ostiary ignored: unused-import\nimport data.b", "import data.b # ignore: unused-import",
    ])
    func othersDoNot(_ text: String) throws {
        #expect(try codes(text + "\n\np := 1") == ["unused-import"])
    }
}
