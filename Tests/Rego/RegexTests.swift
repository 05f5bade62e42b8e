import Testing

@testable import Rego
@testable import RegoMachine

private let call = JSONCalls(rows: Builtin.regex)

private func error(_ mistake: String, _ part: String) -> BuiltinError {
    .failed("error parsing regexp: \(mistake): `\(part)`")
}

@Suite struct RegexTests {
    @Test(
        "a bad pattern is named in Go's words",
        arguments: [
            ("$^[[[", "missing closing ]", "[[["),
            ("(a", "missing closing )", "(a"),
            ("a)", "unexpected )", "a)"),
            ("x{2,1}", "invalid repeat count", "{2,1}"),
            ("x{1001}", "invalid repeat count", "{1001}"),
            ("a**", "invalid nested repetition operator", "**"),
            ("*a", "missing argument to repetition operator", "*"),
            ("(?=a)", "invalid or unsupported Perl syntax", "(?="),
            ("(?<=a)", "invalid or unsupported Perl syntax", "(?<"),
            ("[b-a]", "invalid character class range", "b-a"),
            (#"\8"#, "invalid escape sequence", #"\8"#),
        ])
    func badPattern(_ pattern: String, _ mistake: String, _ part: String) throws {
        #expect(throws: error(mistake, part)) {
            try call("regex.match", quoted(pattern), quoted("x"))
        }
        #expect(try call("regex.is_valid", quoted(pattern)) == "false")
    }

    @Test func whatRE2TakesAndGoRefusesIsRefused() {
        #expect(throws: error("invalid escape sequence", #"\C"#)) {
            try call("regex.match", quoted(#"a\C"#), quoted("ab"))
        }
        #expect(throws: error("invalid named capture", "(?P<é>")) {
            try call("regex.match", quoted("(?P<é>a)"), quoted("a"))
        }
    }

    @Test func whatGoTakesAndRE2RefusesIsTaken() throws {
        #expect(
            try call("regex.replace", quoted("ab"), quoted("(?<x>a)"), quoted("${x}${x}"))
                == quoted("aab"))
        #expect(try call("regex.match", quoted("[(?<a>]"), quoted("?")) == "true")
        #expect(try call("regex.match", quoted(#"\(?<a>"#), quoted("<a>")) == "true")
        #expect(try call("regex.match", quoted(#"\Q(?<a>\E"#), quoted("(?<a>")) == "true")
    }

    @Test func aPatternBeyondItsBoundIsRefused() {
        let pattern = String(repeating: "a", count: Pattern.patternBytesMax + 1)
        #expect(throws: BuiltinError.self) {
            try call("regex.match", quoted(pattern), quoted("a"))
        }
        #expect(throws: BuiltinError.self) {
            try call("regex.match", quoted(#"((\pL{10}){10}){10}(\pL{1000})"#), quoted("a"))
        }
    }

    @Test func patternsThatExplodeElsewhereAreLinear() throws {
        let text = String(repeating: "a", count: 100_000) + "!"
        #expect(try call("regex.match", quoted("^(a+)+$"), quoted(text)) == "false")
        #expect(try call("regex.match", quoted("^(a|aa)+$"), quoted(text)) == "false")
    }

    @Test func matchesCostSteps() {
        var poor = call
        poor.limits.steps = 1_000
        let text = String(repeating: "a", count: 100_000)
        #expect(throws: BuiltinError.limit(.steps)) {
            try poor("regex.find_n", quoted("a"), quoted(text), "-1")
        }
    }

    @Test func isValidIsFalseForWhatIsNoText() throws {
        #expect(try call("regex.is_valid", "10") == "false")
    }

    @Test func findTakesNoFraction() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 3, message: "must be integer number but got floating-point number")
        ) { try call("regex.find_n", quoted("a"), quoted("a"), "1.5") }
    }

    @Test(arguments: [
        ("a.", "paranormal", -1, #"["ar","an","al"]"#),
        ("a.", "paranormal", 2, #"["ar","an"]"#),
        ("a.", "paranormal", 0, "[]"),
        ("^a.", "abacad", -1, #"["ab"]"#),
        ("", "né", -1, #"["","",""]"#),
        ("a*", "baac", -1, #"["","aa",""]"#),
    ])
    func find(_ pattern: String, _ text: String, _ limit: Int, _ found: String) throws {
        #expect(
            try call("regex.find_n", quoted(pattern), quoted(text), String(limit)) == found)
    }

    @Test func groupsThatTookNoPartAreEmpty() throws {
        #expect(
            try call(
                "regex.find_all_string_submatch_n", quoted("a(x)?b"), quoted("-ab-axb-"), "-1")
                == #"[["ab",""],["axb","x"]]"#)
    }

    @Test func manyGroupsAreFound() throws {
        let pattern = String(repeating: "(.)", count: 20)
        #expect(
            try call(
                "regex.find_all_string_submatch_n", quoted(pattern),
                quoted("abcdefghijklmnopqrst"), "-1"
            ).hasSuffix(#""s","t"]]"#))
    }

    @Test(arguments: [
        ("a", "banana", #"["b","n","n",""]"#),
        ("z+", "pizza", #"["pi","a"]"#),
        ("^[a-z ]+$", "foobar baz", #"["",""]"#),
        ("x", "", #"[""]"#),
        ("", "", "[]"),
        ("", "ab", #"["a","b"]"#),
        ("a*", "aaa", #"["",""]"#),
    ])
    func split(_ pattern: String, _ text: String, _ parts: String) throws {
        #expect(try call("regex.split", quoted(pattern), quoted(text)) == parts)
    }

    @Test(arguments: [
        ("-wy-wxxy-", "w(x*)y", "0", "-0-0-"),
        ("foo", "^[a-z]", "F", "Foo"),
        ("foo barx", "[a-z]{2}", "_", "_o __"),
        ("foo", "(foo)", "$1$1", "foofoo"),
        ("foo", "(foo)", "$1x", ""),
        ("foo", "(foo)", "${1}x", "foox"),
        ("foo", "o", "$$", "f$$"),
        ("foo", "f", "$", "$oo"),
        ("foo", "f", "${", "${oo"),
        ("foo", "(f)", "$01", "oo"),
        ("ab", "", "-", "-a-b-"),
        ("héé", "", "-", "-h-é-é-"),
        ("abc", "x*", "-", "-a-b-c-"),
        ("baaac", "a*", "x", "xbxcx"),
        ("ab", "(?P<n>a)|(?P<n>b)", "<$n>", "<a><b>"),
    ])
    func replace(_ text: String, _ pattern: String, _ with: String, _ result: String) throws {
        #expect(
            try call("regex.replace", quoted(text), quoted(pattern), quoted(with))
                == quoted(result))
    }

    @Test func templateDelimitersAreOneByte() {
        #expect(
            throws: BuiltinError.failed(
                "start delimiter has to be exactly one character long but is 2 long")
        ) {
            try call(
                "regex.template_match", quoted("a"), quoted("a"), quoted("<<"), quoted(">"))
        }
    }

    @Test func templateBracesMustPair() {
        #expect(throws: BuiltinError.failed(#"unbalanced braces in "a{b""#)) {
            try call(
                "regex.template_match", quoted("a{b"), quoted("a"), quoted("{"), quoted("}"))
        }
        #expect(throws: BuiltinError.self) {
            try call(
                "regex.template_match", quoted("{a)(b}"), quoted("ab"), quoted("{"), quoted("}"))
        }
    }

    @Test(arguments: [("urn:foo:bar:baz", "true"), ("urn:foo", "false"), ("urnxfoo:a", "false")])
    func template(_ text: String, _ result: String) throws {
        #expect(
            try call(
                "regex.template_match", quoted("urn:foo:{.*}"), quoted(text), quoted("{"),
                quoted("}")) == result)
    }
}
