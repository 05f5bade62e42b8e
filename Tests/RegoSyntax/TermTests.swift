import Testing

@testable import RegoSyntax

struct TermTests {
    @Test(arguments: [
        ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\u{08}\u{0C}\n\r\t"),
        ("\"\\u00e9\\uD83D\\uDE00\"", "é😀"), ("\"\\uD83Dx\"", "\u{FFFD}x"),
        ("\"\\uDE00\"", "\u{FFFD}"), ("`a\\n\n\"b\"`", "a\\n\n\"b\""), ("\"\"", ""), ("``", ""),
        ("\"é😀\"", "é😀"), ("\"{x}\"", "{x}"),
    ]) func stringsAreDecoded(_ literal: String, _ expected: String) throws {
        guard case .string(let text) = try term(literal).kind else {
            Issue.record("\(literal) is no string")
            return
        }
        #expect(text == expected)
    }

    @Test(arguments: [
        "0", "-0", "1.50", "1e3", "1E+3", "0.1", "0e5", "-5", ".5", "-.5", "1e30000",
        "99999999999999999999999999",
    ]) func numbersKeepTheirText(_ literal: String) throws {
        guard case .number(let text) = try term(literal).kind else {
            Issue.record("\(literal) is no number")
            return
        }
        #expect(text == literal)
    }

    @Test func aMinusBeforeANameIsACall() throws {
        guard case .call(let call) = try term("-x.y").kind else {
            Issue.record("not a call")
            return
        }
        #expect(call.name == ["minus"])
        #expect(call.arguments.count == 2)
    }

    @Test(arguments: [
        ("a + b * c", "a + (b * c)"), ("a * b + c", "(a * b) + c"), ("a - b - c", "(a - b) - c"),
        ("(a - b) * c", "(a - b) * c"), ("a | b & c", "a | (b & c)"),
        ("a & b + c", "a & (b + c)"), ("a == b | c", "a == (b | c)"),
        ("a < b == c", "(a < b) == c"), ("a in b == c", "a in (b == c)"),
        ("a in b in c", "(a in b) in c"), ("k, v in m", "k, v in m"),
        ("[a, b in c]", "[a, b in c]"), ("f((k, v in m))", "f(k, v in m)"),
        ("x[k, v in m]", "x[k, v in m]"), ("a % b / c", "(a % b) / c"), ("-a + b", "-a + b"),
        ("a -1", "a - 1"), ("a != b", "a != b"), ("a >= b\n+ c", "a >= (b + c)"),
    ]) func operatorsBindAsInOPA(_ text: String, _ expected: String) throws {
        #expect(RegoText.term(try term(text)) == expected)
    }

    @Test(arguments: [
        ("{}", "{}"), ("set()", "set()"), ("[]", "[]"), ("{1, 2,}", "{1, 2}"),
        ("[1, 2,]", "[1, 2]"), ("[, 1]", "[1]"), ("{, 1}", "{1}"), ("{1: 2,}", "{1: 2}"),
        ("{\"b\": 1, \"a\": 2}", "{\"a\": 2, \"b\": 1}"), ("{3, 1, 2, 1}", "{1, 2, 3}"),
        ("{x | y}", "{x | y}"), ("[x | y; z]", "[x | y; z]"), ("{a: b | c}", "{a: b | c}"),
        ("{a + 1: b | c}", "{a + 1: b | c}"), ("[a | b, c]", "[a | b, c]"),
        ("{a | b, c}", "{c, a | b}"), ("{(a | b)}", "{a | b}"), ("[(a | b) | c]", "[a | b | c]"),
        ("[x | some i, j; y[i][j]]", "[x | some i, j; y[i][j]]"),
        ("{a: b | c, d}", ""), ("[[x | y] | z]", "[[x | y] | z]"),
    ]) func compositesAreToldApart(_ text: String, _ expected: String) throws {
        if expected.isEmpty {
            _ = try refusal(ofTerm: text)
        } else {
            #expect(RegoText.term(try term(text)) == expected)
        }
    }

    @Test(arguments: [
        ("x.y[z].w", "x.y[z].w"), ("x[\"y\"]", "x.y"), ("x[\"a b\"]", "x[\"a b\"]"),
        ("f(x)[0].y", "f(x)[0].y"), ("[1][0]", "[1][0]"), ("{\"a\": 1}.a", "{\"a\": 1}.a"),
        ("{x | y}[z]", "{x | y}[z]"), ("data.foo.if", "data.foo.if"),
        ("input.in.not", "input.in.not"), ("io.jwt.decode(x)", "io.jwt.decode(x)"),
        ("data[\"a b\"].f(x)", "data[\"a b\"].f(x)"), ("x[_]", "x[_]"),
    ]) func referencesAreRead(_ text: String, _ expected: String) throws {
        #expect(RegoText.term(try term(text)) == expected)
    }

    @Test func wildcardsAreNumberedInTheOrderOfTheText() throws {
        guard case .array(let terms) = try term("[_, x, _]").kind else {
            Issue.record("no array")
            return
        }
        #expect(terms.compactMap(\.name) == ["$0", "x", "$1"])
    }

    @Test func templatesAreTextAndExpressions() throws {
        #expect(
            RegoText.term(try term("$\"a {x.y + 1} \\{b} {\"c\"}\\n\""))
                == "$\"a {x.y + 1} \\{b} {\"c\"}\\n\"")
        #expect(RegoText.term(try term("$`a\n{x}\\n`")) == "$\"a\\n{x}\\\\n\"")
        #expect(RegoText.term(try term("$\"{ {y | y := x}}\"")) == "$\"{{y | y := x}}\"")
        #expect(RegoText.term(try term("$\"{$\"{x}\"}\"")) == "$\"{$\"{x}\"}\"")
        #expect(RegoText.term(try term("$\"\"")) == "$\"\"")
    }

    @Test func spansCoverWhatIsWritten() throws {
        let call = try term("  f(x,\n y)[0]")
        #expect(call.span == Span(start: 2, end: 13, row: 1, column: 3))
        guard case .array(let terms) = try term("[\"é😀\", x]").kind else { return }
        #expect(terms[1].span == Span(start: 11, end: 12, row: 1, column: 8))
    }
}

extension Term {
    fileprivate var name: String? {
        if case .variable(let name) = kind { name } else { nil }
    }
}
