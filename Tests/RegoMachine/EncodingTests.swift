import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.encodings)

@Suite struct EncodingTests {
    @Test(arguments: [
        ("hex.decode", "fg", "encoding/hex: invalid byte: U+0067 'g'"),
        ("hex.decode", "abc", "encoding/hex: odd length hex string"),
        ("base64.decode", "QQ=", "illegal base64 data at input byte 3"),
        ("base64.decode", "QQ", "illegal base64 data at input byte 0"),
        ("base64.decode", "QUI?", "illegal base64 data at input byte 3"),
        ("base64.decode", "QQ==Q", "illegal base64 data at input byte 4"),
        ("base64url.decode", "QUJDR", "illegal base64url string: QUJDR"),
        ("urlquery.decode", "a%zz", "invalid URL escape \"%zz\""),
        ("urlquery.decode", "a%4", "invalid URL escape \"%4\""),
        ("urlquery.decode_object", "a=1;b=2", "invalid semicolon separator in query"),
    ])
    func malformedTextIsRefused(name: String, text: String, message: String) {
        #expect(throws: BuiltinError.failed(message)) { try call(name, .string(text)) }
    }

    @Test func queriesOfOtherThanTextAreRefused() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 1, message: "values must be string, array[string], or set[string]")
        ) { try call("urlquery.encode_object", ["a": [1]]) }
    }

    @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar", "\u{FFFF}ü"])
    func textSurvivesEveryEncoding(text: String) throws {
        for (encode, decode) in [
            ("base64.encode", "base64.decode"), ("base64url.encode", "base64url.decode"),
            ("base64url.encode_no_pad", "base64url.decode"), ("hex.encode", "hex.decode"),
            ("urlquery.encode", "urlquery.decode"),
        ] {
            #expect(try call(decode, call(encode, .string(text))) == .string(text))
        }
    }

    @Test func decodedBytesNeedNotBeText() throws {
        let again = try call.inQuery { call in
            try call("base64.encode", [call("base64url.decode", ["QQ"])])
        }
        #expect(again == "QQ==")
    }

    @Test func queriesAreOrderedByName() throws {
        #expect(
            try call("urlquery.encode_object", ["b": .set(["y", "x"]), "a": "1 2"])
                == "a=1+2&b=x&b=y")
        #expect(
            try call("urlquery.decode_object", "a=1&&b=%41&a=2&c")
                == ["a": ["1", "2"], "b": ["A"], "c": [""]])
    }
}
