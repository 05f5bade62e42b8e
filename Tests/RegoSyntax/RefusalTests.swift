import Testing

@testable import RegoSyntax

/// What is no Rego, in OPA's words and at OPA's places.
struct RefusalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var fault: String
        var version = LanguageVersion.v1
        var testDescription: String { text }

        init(_ text: String, _ fault: String, _ version: LanguageVersion = .v1) {
            self.text = text
            self.fault = fault
            self.version = version
        }
    }

    static let files: [Row] = [
        Row("", "0:0 empty module"),
        Row("# only a comment", "0:0 empty module"),
        Row("p := 1", "1:1 package expected"),
        Row("pakage test", "1:1 package expected"),
        Row("package", "1:7 unexpected eof token"),
        Row("package foo.", "1:12 unexpected eof token: expected identifier"),
        Row("package \"foo\"", "1:9 unexpected string token"),
        Row("package a[x]", "1:11 unexpected var token: expecting string"),
        Row("package a\npackage b", "2:1 unexpected package"),
        Row("package a\nimport \"data.x\"", "2:8 unexpected string token"),
        Row("package a\nimport data.x as \"y\"", "2:18 unexpected string token: expected var"),
        Row(
            "package a\nimport lib.x",
            "2:8 unexpected import path, must begin with one of: {data, future, input, rego}, "
                + "got: lib (hint: if this is unexpected, try updating OPA)"),
        Row(
            "package a\nimport data.if",
            "2:8 unexpected import path, must not end with a keyword, got: if "
                + "(hint: import a different path or use an alias)"),
        Row("package a\nimport rego.v2", "2:1 invalid import `rego.v2`, must be `rego.v1`"),
        Row("package a\nimport future", "2:1 invalid import, must be `future.keywords`"),
        Row(
            "package a\nimport future.keywords.xor",
            "2:1 unexpected keyword, must be one of [and contains every if in not or]"),
        Row(
            "package a\nimport rego.v1 as r", "2:1 `rego` imports cannot be aliased", .v0),
    ]

    @Test(arguments: files) func aFileSaysWhereItsPackageAndImportsAreWrong(_ row: Row) {
        #expect(faults(row.text, row.version).first == row.fault)
    }

    static let rules: [Row] = [
        Row("p", "1 var cannot be used for rule name"),
        Row("p.q.r", "1 rule must have value assignment and/or body declaration"),
        Row("1", "1 number cannot be used for rule name"),
        Row("\"p\" := 1", "1 string cannot be used for rule name"),
        Row("[p] := 1", "1 array cannot be used for rule name"),
        Row("input", "1 refs cannot be used for rule head"),
        Row("p == 1", "1 rule name conflicts with built-in function"),
        Row("p + 1", "1 rule name conflicts with built-in function"),
        Row("p+1", "2 unexpected plus token"),
        Row("f()", "1 rule argument list must take at least one argument"),
        Row("not p", "1 negated expressions cannot be used for rule head"),
        Row("some x", "1 'some' declarations cannot be used for rule head"),
        Row(
            "p := 1 with input as 2",
            "1 expressions using with keyword cannot be used for rule head"),
        Row("p := 1; q := 2", "1 multiple expressions cannot be used for rule head"),
        Row("p { true }", "1 `if` keyword is required before rule body"),
        Row("f(x) { x }", "1 `if` keyword is required before function body"),
        Row("p[x] if", "7 unexpected eof token"),
        Row("p[x]", "1 `contains` keyword is required for partial set rules"),
        Row("p { }", "5 found empty body", .v0),
        Row("p if { a b }", "10 unexpected identifier token: expected \\n or ; or }"),
        Row("p if { a; }", "11 unexpected } token"),
        Row("if := 1", "1 unexpected if keyword"),
        Row("else := 1", "1 unexpected else keyword"),
        Row("p := 1 if", "9 unexpected eof token"),
        Row(
            "f(x) contains 1 if true",
            "6 unexpected contains keyword: the contains keyword can only be used with "
                + "multi-value rule definitions (e.g., f contains <VALUE> { ... })"),
        Row(
            "p[x] := 1 if { q[x] } else := 2",
            "23 else keyword cannot be used on rules with variables in head"),
        Row(
            "p contains 1 if { q } else := 2",
            "23 else keyword cannot be used on multi-value rules"),
        Row(
            "p if { q } else contains 1",
            "17 unexpected contains keyword: expected else value term or rule body"),
        Row("p if { q } else := 1 if", "23 unexpected eof token: rule body expected"),
        Row("default p := x", "1 illegal default rule (value cannot contain var)"),
        Row("default p := input.x", "1 illegal default rule (value cannot contain ref)"),
        Row("default p := [f(1)]", "1 illegal default rule (value cannot contain call)"),
        Row("default p contains 1", "1 illegal default rule (must have a value)"),
        Row("default f(1) := 1", "1 illegal default rule (arguments cannot contain number)"),
        Row("default f(x, x) := 1", "1 illegal default rule (arguments cannot be repeated x)"),
        Row("default p := 1 if true", "16 unexpected if keyword"),
    ]

    @Test(arguments: rules) func aRuleSaysWhatIsWrongWithIt(_ row: Row) {
        // The rows count from below the package.
        #expect(faults("package test\n" + row.text, row.version).first == "2:" + row.fault)
    }

    static let terms: [Row] = [
        Row("", "unexpected eof token"),
        Row("1 2", "unexpected number token: expected one term"),
        Row("(1", "non-terminated expression"),
        Row("[1", "unexpected eof token: expected \",\" or \"]\""),
        Row("[1 2]", "unexpected number token: expected \",\" or \"]\""),
        Row("[1 | ]", "found empty body"),
        Row("{1 2}", "unexpected number token: non-terminated set"),
        Row("{1: 2 3}", "unexpected number token: non-terminated object"),
        Row("{1: 2, 3}", "unexpected } token: expected \":\""),
        Row("{1: 2, 3: 4 5}", "unexpected number token: expected \",\" or \"}\""),
        Row("f(1", "unexpected eof token: expected \",\" or \")\""),
        Row("x[1", "unexpected eof token: expected ["),
        Row("x. y", "unexpected whitespace token: expected identifier"),
        Row("x.1", "unexpected number token: expected identifier"),
        Row("\"x\".y", "illegal ref (head cannot be string)"),
        Row("null.y", "illegal ref (head cannot be null)"),
        Row("(x.y).z", "illegal ref (head cannot be ref)"),
        Row("-\"x\"", "unexpected string token: expected number"),
        Row("1.", "expected fraction"),
        Row("1e", "expected exponent"),
        Row("0x10", "illegal number format"),
        Row("1_000", "illegal number format"),
        Row("01", "unexpected number token: expected number without leading zero"),
        Row("1e40000", "number too big"),
        Row("1e-40000", "number too big"),
        Row("1e99999999999999999999", "number too big"),
        Row("\"a", "non-terminated string"),
        Row("`a", "non-terminated string"),
        Row("$\"a", "non-terminated string"),
        Row("$`a", "non-terminated string"),
        Row("\"\\d\"", "illegal escape sequence"),
        Row("\"\\u12\"", "illegal string literal: \"\\u12\""),
        Row("\"\\n\t\"", "illegal string literal: \"\\n\t\""),
        Row("'x'", "illegal token"),
        Row("é", "illegal token"),
        Row("!x", "illegal ! character"),
        Row("$x", "illegal $ character"),
        Row("\"\u{0}\"", "illegal null character"),
        Row("\"\u{FEFF}\"", "illegal byte-order mark"),
        Row("$\"{x\"", "non-terminated string"),
        Row("$\"{x y}\"", "expected } to end template string expression"),
        Row("$\"{not x}\"", "unexpected negation ('not') in template-string expression"),
        Row("$\"{x := 1}\"", "unexpected assignment (':=') in template-string expression"),
        Row("$\"{x = 1}\"", "unexpected unification ('=') in template-string expression"),
        Row("$\"{some x}\"", "unexpected 'some' in template-string expression"),
    ]

    @Test(arguments: terms) func aTermSaysWhatIsWrongWithIt(_ row: Row) throws {
        #expect(try refusal(ofTerm: row.text) == row.fault)
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x23, 0xFF, 0x0A, 0x31],
    ]) func bytesThatAreNotUTF8AreRefused(_ bytes: [Int]) {
        let source = Source(name: "", bytes: bytes.map { UInt8($0) })
        guard case .failure(let refusal) = Parser.term(source) else {
            Issue.record("\(bytes) is text")
            return
        }
        #expect(refusal.all[0].message == "illegal utf-8 character")
    }

    static let expressions: [Row] = [
        Row("x[", "unexpected eof token"),
        Row("x;", "unexpected eof token"),
        Row("not not x", "unexpected not keyword"),
        Row("not some x in y", "unexpected some keyword: illegal negation of 'some'"),
        Row("some f(x)", "unexpected eof token: expected `x in xs` or `x, y in xs` expression"),
        Row("some 1", "unexpected number token: expected var"),
        Row("some x, y in [1 2]", "unexpected number token: expected \",\" or \"]\""),
        Row("every x { x }", "unexpected { token: expected `x[, y] in xs { ... }` expression"),
        Row("every x in xs", "unexpected eof token: missing body"),
        Row("every [x] in xs { x }", "unexpected { token: expected value to be a variable"),
        Row("x with 1 as 2", "unexpected number token: expected ident"),
        Row("x with f(1) as 2", "unexpected as keyword: expected with target path"),
        Row("x with input 2", "unexpected number token: expected as keyword"),
    ]

    @Test(arguments: expressions) func anExpressionSaysWhatIsWrongWithIt(_ row: Row) {
        guard case .failure(let refusal) = Parser.query(Source(name: "", text: row.text)) else {
            Issue.record("\(row.text) is a query")
            return
        }
        #expect(refusal.all[0].message == row.fault)
    }

    @Test func everyFaultyRuleOfAFileIsReportedOnce() {
        let text = """
            package test
            p if {
            \tx := 'a'
            \ty := 'b'
            }
            q := 1
            allow input.x == 1
            r := [1 2]
            s contains x { some x in [1] }
            """
        #expect(
            faults(text) == [
                "3:7 illegal token", "7:1 var cannot be used for rule name",
                "8:9 unexpected number token: expected \",\" or \"]\"",
                "9:1 `if` keyword is required before rule body",
            ])
    }

    @Test func aSourceOfTooManyBytesIsRefusedUnread() {
        let source = Source(name: "big", text: "package a")
        guard
            case .failure(let refusal) = Parser.module(
                source, options: ParserOptions(sourceBytesMax: 8))
        else {
            Issue.record("nine bytes were read")
            return
        }
        #expect(refusal.all[0].message == "source has more than 8 bytes")
    }

    @Test func keywordsThatCapabilitiesLackAreRefused() {
        let source = Source(name: "", text: "package a\nimport future.keywords.or")
        guard
            case .failure(let refusal) = Parser.module(
                source, options: ParserOptions(allowedKeywords: [.not]))
        else {
            Issue.record("`or` was switched on")
            return
        }
        #expect(
            refusal.all[0].message
                == "unexpected keyword, must be one of [contains every if in not]")
    }
}
