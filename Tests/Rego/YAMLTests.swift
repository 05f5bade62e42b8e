import Testing

@testable import Rego
@testable import RegoMachine

private let call = JSONCalls(rows: Builtin.yamlTexts)

@Suite struct YAMLTests {
    @Test(arguments: [
        ("[1,2,3", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: *b", "yaml: unknown anchor 'b' referenced"),
        ("a: &a [*a]", "yaml: anchor 'a' value contains itself"),
        ("{[1]: 2}", "yaml: unsupported map key of type: array"),
        ("~: 2", "yaml: unsupported map key of type: null"),
        ("<<: 1", "yaml: map merge requires map or sequence of maps as the value"),
        (".inf", "yaml: unsupported value: .inf"),
        ("!!int x", "yaml: cannot decode `x` as a !!int"),
    ])
    func whatIsNoValueIsAnError(_ text: String, _ message: String) throws {
        #expect(throws: BuiltinError.failed(message)) { try call("yaml.unmarshal", quoted(text)) }
        #expect(try call("yaml.is_valid", quoted(text)) == "false")
    }

    @Test func nestingIsBounded() {
        let text = String(repeating: "[", count: 2_000) + String(repeating: "]", count: 2_000)
        #expect(throws: BuiltinError.failed("yaml: exceeded max depth of 1000")) {
            try call("yaml.unmarshal", quoted(text))
        }
    }

    @Test func aBillionLaughsAreNotLaughed() {
        var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1..<12 {
            let row = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(row)]\n"
        }
        #expect(throws: BuiltinError.failed("yaml: document contains excessive aliasing")) {
            try call("yaml.unmarshal", quoted(text))
        }
    }

    @Test func isValidIsFalseForWhatIsNoText() throws {
        #expect(try call("yaml.is_valid", "1") == "false")
    }

    @Test(arguments: [
        ("", "null"), ("~", "null"), ("yes", "true"), ("Off", "false"), ("\"yes\"", #""yes""#),
        ("0x1F", "31"), ("017", "15"), ("0o17", "15"), ("-0b11", "-3"), ("1_000", "1000"),
        ("08", "8"), (".5", "0.5"), ("+1.", "1"), ("1e5", "1e5"), ("-", "[null]"),
        ("12345678901234567890123", "12345678901234567890123"), ("0x", #""0x""#),
        ("1:30", #""1:30""#), ("2001-01-01", #""2001-01-01""#), ("!!str 1", #""1""#),
        ("! 1", #""1""#), ("!!binary aGk=", #""hi""#),
        ("{1: a, true: b}", #"{"1":"a","true":"b"}"#),
        ("a: 1\na: 2", #"{"a":2}"#), ("a\n---\nb", #""a""#), ("1 2", #""1 2""#),
        ("- 1\n- [x, {y: z}]", #"[1,["x",{"true":"z"}]]"#),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", #"{"a":{"b":1},"c":{"b":1,"d":2}}"#),
        ("a: &x [1]\nb: *x", #"{"a":[1],"b":[1]}"#), ("|\n a\n b\n", #""a\nb\n""#),
    ])
    func scalarsMeanWhatOPAReads(_ text: String, _ value: String) throws {
        #expect(try call("yaml.unmarshal", quoted(text)) == value)
    }

    @Test(arguments: [
        ("null", "null\n"), ("[]", "[]\n"), ("{}", "{}\n"), (#""yes""#, "\"yes\"\n"),
        (#""1""#, "\"1\"\n"), (#""""#, "\"\"\n"), (#""a: b""#, "'a: b'\n"),
        (#"{"l":["p",{"q":1}],"a":{"b":{}}}"#, "a:\n  b: {}\nl:\n- p\n- q: 1\n"),
        (#"{"0":"zero","~k/":1}"#, "~k/: 1\n\"0\": zero\n"),
        (#"{"a10":1,"a2":2,"B":3}"#, "B: 3\na2: 2\na10: 1\n"),
        (#""a\nb""#, "|-\n  a\n  b\n"), (#""2001-01-01""#, "\"2001-01-01\"\n"),
    ])
    func valuesAreWrittenInBlocks(_ value: String, _ text: String) throws {
        #expect(try call("yaml.marshal", value) == quoted(text))
    }
}
