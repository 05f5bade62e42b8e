import Testing

@testable import RegoSyntax

struct ExpressionTests {
    @Test(arguments: [
        ("x := 1; y = x", "x := 1; y = x"), ("x := 1\ny = x", "x := 1; y = x"),
        ("x\n\n# comment\ny", "x; y"), ("not x.y", "not x.y"),
        ("not x with input as 1", "not x with input as 1"),
        (
            "x == 1 with input.a as 2 with data.b as {}",
            "x == 1 with input.a as 2 with data.b as {}"
        ),
        ("some x, y", "some x, y"), ("some x in xs", "some x in xs"),
        ("some k, v in m", "some k, v in m"), ("some [a, _] in xs", "some [a, _] in xs"),
        ("every x in xs { x > 1; x < 3 }", "every x in xs { x > 1; x < 3 }"),
        ("every k, v in xs { k }", "every k, v in xs { k }"),
        ("not.x == 1", "not.x == 1"), ("some[\"x\"]", "some.x"), ("x := not.y", ""),
        ("x = y in z", "x = (y in z)"), ("x := a, b in c", "x := (a, b in c)"),
        ("a\n[1]", "a; [1]"), ("f (1)", "f; 1"), ("a[0]\n[1][0]", "a[0]; [1][0]"),
        ("", ""),
    ]) func expressionsAreRead(_ text: String, _ expected: String) throws {
        guard !expected.isEmpty || text.isEmpty else {
            #expect(throws: Diagnostics.self) { try query(text) }
            return
        }
        #expect(try reprinted(text) == expected)
    }

    @Test(arguments: [
        ("a or b and c", "a or { b and c }"), ("a and b or c", "{ a and b } or c"),
        ("a and b and c", "{ a and b } and c"), ("not a and b", "not a and b"),
        ("not a or not b", "not a or not b"), ("(a or b) and c", "{ a or b } and c"),
        ("a and (b or c)", "a and { b or c }"), ("{a; b} or c", "{ a; b } or c"),
        ("a or {b; c}", "a or { b; c }"), ("a or b with input as 1", "a or b with input as 1"),
        ("(a with input as 1) or b", "{ a with input as 1 } or b"),
        ("not (a or b)", "not { a or b }"), ("not {a; b}", "not { a; b }"),
        ("not {a} and b", "not a and b"), ("(a == b)", "a == b"), ("({a})", "{a}"),
        ("{a | b}", "{a | b}"), ("x := {a} | {b}", "x := ({a} | {b})"), ("((a or b))", "a or b"),
        ("or(a, b) == c", "or(a, b) == c"), ("a and (b == c)", "a and b == c"),
        ("x == 1 or y == 2", "x == 1 or y == 2"),
    ]) func logicBindsNotThenAndThenOr(_ text: String, _ expected: String) throws {
        #expect(try reprinted(text, keywords: [.not, .and, .or]) == expected)
    }

    @Test(arguments: [
        ("a with input as 1 or b", "`with` modifier is not allowed on operand of `or`"),
        ("{1, 2} == x or b", "operand of `or` cannot begin with `{`"),
        ("a or {1: 2}", "operand of `or` cannot begin with `{`"),
        ("{} or a", "found empty body"), ("a or {}", "found empty body"),
        ("a or ()", "empty parenthesized group"),
        ("{a | b} or c", "ambiguous `{ ... | ... }` operand"),
        ("a or print(1)", "operand of `or` cannot consist only of calls to `print`"),
        ("a or", "unexpected eof token"),
        ("(a or b", "expected ) to close parenthesized group"),
        ("not {1: 2}", "`{...}` in an operand position must contain expression(s), got: object"),
    ]) func operandsThatCannotBeAreRefused(_ text: String, _ message: String) {
        let source = Source(name: "", text: text)
        let options = ParserOptions(keywords: [.not, .and, .or])
        guard case .failure(let refusal) = Parser.query(source, options: options) else {
            Issue.record("\(text) is a query")
            return
        }
        #expect(refusal.all[0].message.hasPrefix(message))
    }

    @Test func notIsScopedOnlyUnderItsImport() throws {
        func isScoped(_ expression: Expression) -> Bool? {
            guard case .not(_, let scoped) = expression.kind else { return nil }
            return scoped
        }
        #expect(isScoped(try query("not x")[0]) == false)
        #expect(isScoped(try query("not x", keywords: .not)[0]) == true)
    }

    @Test func andAndOrAreNamesUnlessImported() throws {
        #expect(try reprinted("and\nor := and(a, b)") == "and; or := and(a, b)")
    }
}
