import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.globs)

@Suite struct GlobTests {
    @Test(arguments: [
        ("[", "unexpected end of input"), ("[]", "could not parse range"),
        ("[a", "unexpected end of input"), ("[a-", "unexpected end of input"),
        ("[a-bc]", "expected close range character"), ("[!]", "could not parse range"),
        ("[b-a]", "hi character 'a' should be greater than lo 'b'"),
    ])
    func malformedGlobsSayWhy(pattern: String, message: String) {
        #expect(throws: BuiltinError.failed(message)) {
            try call("glob.match", .string(pattern), [], "a")
        }
    }

    @Test func delimitersAreSingleScalars() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 2, message: "must be array of runes but got array containing string")
        ) { try call("glob.match", "*", ["ab"], "a") }
    }

    @Test func hardPatternsTakeBoundedSteps() throws {
        let pattern = String(repeating: "{a,a*}", count: 30) + "b"
        let text = String(repeating: "a", count: 60)
        #expect(try call("glob.match", .string(pattern), nil, .string(text)) == false)
        let deep = String(repeating: "{", count: 200)
        #expect(throws: BuiltinError.limit(.nesting)) {
            try call("glob.match", .string(deep), nil, "a")
        }
    }

    @Test(arguments: [
        ("*.github.com", "api.github.com", true), ("*.github.com", "a.b.github.com", false),
        ("api.**.com", "api.cdn.github.com", true), ("**", "", true), ("", "", true),
        ("", "a", false), ("?at", "at", false), ("[abc]at", "bat", true),
        ("[!a-c]at", "bat", false),
        ("[ab-]", "-", true), ("[\\]]", "]", true), ("{cat,bat,[fr]at}", "rat", true),
        ("{a,{b,c}d}e", "cde", true), ("{a,b", "b", true), ("{a,}b", "b", true),
        ("a}", "a}", true), ("a,b", "a,b", true), ("\\*", "*", true), ("\\*", "a", false),
        ("a\\", "a", true), ("?", "ü", true), ("a?", "a.", false), ("a[.]", "a.", true),
        ("***", "a.b", true), ("*a*b*", "xaybz", true),
    ])
    func globsMatchWholeTexts(pattern: String, text: String, expected: Bool) throws {
        for _ in 0..<2 {
            #expect(
                try call("glob.match", .string(pattern), [], .string(text)) == .boolean(expected))
        }
    }

    @Test func delimitersAreAsked() throws {
        #expect(try call("glob.match", "*:b", [":"], "a.a:b") == true)
        #expect(try call("glob.match", "*", [":", "/"], "a/b") == false)
        #expect(try call("glob.match", "*", nil, "a.b") == true)
        let answers = try call.inQuery { call in
            .array([
                try call("glob.match", ["*", ["."], "a.b"]),
                try call("glob.match", ["*", nil, "a.b"]),
                try call("glob.match", ["*", [], "a.b"]),
            ])
        }
        #expect(answers == [false, true, false])
    }

    @Test func quotedTextMatchesItself() throws {
        let text: Term = "*?[a]{b,c}\\"
        let quoted = try call("glob.quote_meta", text)
        #expect(try call("glob.match", quoted, nil, text) == true)
    }

    @Test(arguments: [
        ("pqrs]", "pos:5, set-close ']' with no preceding '['"),
        ("*", "pos:1, flag '*' must be preceded by a non-flag"),
        ("[a", "pos:2, found [ without matching ]"),
        ("a\\", "pos:1, input ends with a \\ (escape) character"),
        ("[-a]", "pos:2, range character '-' must be preceded by a Unicode character"),
    ])
    func malformedExpressionsSayWhere(text: String, reason: String) {
        #expect(
            throws: BuiltinError.failed("input:\(text), \(reason): the input provided is invalid")
        ) { try call("regex.globs_match", .string(text), "a") }
    }

    @Test(arguments: [
        ("a.a.[0-9]+z", ".b.b2359825792*594823z", true), ("[a-z]+", "[0-9]*", false),
        ("b.*", "bar", true), ("a*", "b*", false), ("ab*", "a*", true), ("a+", "a", true),
        ("a+b", "ab+", true), ("[a-cx-z]", "[d-w]", false), ("\\.", ".", true), ("", "", false),
    ])
    func expressionsMeetWhereOneTextFitsBoth(left: String, right: String, expected: Bool) throws {
        #expect(
            try call("regex.globs_match", .string(left), .string(right)) == .boolean(expected))
        #expect(
            try call("regex.globs_match", .string(right), .string(left)) == .boolean(expected))
    }
}
