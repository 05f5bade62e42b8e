import Testing

@testable import RegoSyntax

struct PrintingTests {
    private func json(_ text: String, including parts: TreeJSON.Parts = []) throws -> String {
        TreeJSON.module(
            try module("package t\n" + text), including: parts, isIndented: false)
    }

    private let package =
        #"{"package":{"path":[{"type":"var","value":"data"},{"type":"string","value":"t"}]}"#

    @Test func aConstantHasTheBodyTrue() throws {
        #expect(
            try json("p := 1") == package
                + #","rules":[{"body":[{"index":0,"terms":{"type":"boolean","value":true}}],"#
                + #""head":{"name":"p","value":{"type":"number","value":1},"assign":true,"#
                + #""ref":[{"type":"var","value":"p"}]}}]}"#)
    }

    @Test func operatorsAreCallsOfBuiltins() throws {
        #expect(
            try json("p if input.x > 1").contains(
                #""body":[{"index":0,"terms":[{"type":"ref","value":"#
                    + #"[{"type":"var","value":"gt"}]},{"type":"ref","value":"#
                    + #"[{"type":"var","value":"input"},{"type":"string","value":"x"}]},"#
                    + #"{"type":"number","value":1}]}]"#))
    }

    @Test func negationAndModifiersBelongToTheExpression() throws {
        #expect(
            try json("p if not x with input as {}").contains(
                #"{"index":0,"negated":true,"terms":{"type":"var","value":"x"},"with":[{"target":"#
                    + #"{"type":"ref","value":[{"type":"var","value":"input"}]},"value":"#
                    + #"{"type":"object","value":[]}}]}"#))
    }

    @Test func setsAndObjectsAreInOrder() throws {
        #expect(
            try json("p := {2, 1}").contains(
                #"[{"type":"number","value":1},{"type":"number","value":2}]"#))
    }

    @Test func locationsAndCommentsAreAnExtra() throws {
        let text = try json("p := .5 # <é>", including: [.locations, .comments])
        #expect(
            text.contains(
                #""location":{"file":"test.rego","row":2,"col":6},"type":"number","value":0.5"#))
        #expect(
            text.contains(
                #""comments":[{"Text":"IDzDqT4=","Location":{"file":"test.rego","row":2,"col":9}}]"#
            ))
    }

    @Test func theTreeIsALineForEachNode() throws {
        #expect(
            TreeText.module(try module("package t\nimport data.x as y\nf(a) if not a == \"b\""))
                == """
                module
                 package
                  ref
                   data
                   "t"
                 import
                  ref
                   data
                   "x"
                  y
                 rule
                  head
                   ref
                    f
                   args
                    a
                   true
                  body
                   expr negated index=0
                    ref
                     equal
                    a
                    "b"

                """)
    }

    @Test func aDiagnosticShowsItsLine() {
        let source = Source(
            name: "a.rego", text: "package a\n\np if {\n\tx := \"é\" || y\n}\n")
        guard case .failure(let refusal) = Parser.module(source) else {
            Issue.record("`||` was read")
            return
        }
        #expect(
            Diagnostic.rendered(refusal.all) { _ in source } == """
                1 error occurred: a.rego:4: rego_parse_error: unexpected or token
                \tx := "é" || y
                \t          ^
                \thint: for alternatives write several rules, or `or` after \
                `import future.keywords.or`
                """)
    }

    @Test(arguments: [
        ("package a\np if {\n", "\tp if {\n\t      ^"), ("", ""),
        ("package a\nallow input.x\n", "\tallow input.x\n\t^^^^^"),
        ("package a\n  \tp := `x\ny", "\tp := `x\n\t     ^^"),
    ]) func theLineIsTheOneWhereTheFaultIs(_ text: String, _ expected: String) {
        let source = Source(name: "a.rego", text: text)
        guard case .failure(let refusal) = Parser.module(source) else { return }
        let lines = refusal.all[0].rendered(source: source).split(separator: "\n")
        #expect(
            lines.dropFirst().filter { !$0.hasPrefix("\thint") }.joined(separator: "\n")
                == expected)
    }

    @Test(arguments: [
        ("deafult p := 1", "did you mean `default`?"),
        ("q := 'x'", "strings stand between double quotes"),
        ("q if { a && b }", "separate conditions by newlines or `;`"),
        ("q if !x", "write `not` to negate"),
        ("allow input.x", "write `allow if …`"),
        ("q : 1", "did you mean `:=`?"),
        ("import dta.x", "did you mean `data`?"),
        ("q if { evry x in xs }", "did you mean `every`?"),
    ]) func hintsSayWhatWasMeant(_ text: String, _ hint: String) {
        let source = Source(name: "", text: "package a\n" + text)
        guard case .failure(let refusal) = Parser.module(source) else {
            Issue.record("\(text) was read")
            return
        }
        let hints = refusal.all.map { $0.hint ?? "" }
        #expect(hints.contains { $0.hasPrefix(hint) })
    }
}
