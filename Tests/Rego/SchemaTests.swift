import Testing

@testable import Rego
@testable import RegoMachine

private let call = JSONCalls(rows: Builtin.schemas)

@Suite struct SchemaTests {
    @Test(arguments: [
        (##"{"$ref":"#"}"##, "schema refers to itself too often (200 times at most)"),
        (
            #"{"$ref":"http://example.com/a"}"#,
            "remote reference loading disabled: http://example.com/a"
        ),
        (#"{"pattern":"("}"#, "Invalid regex pattern '('"),
        (##"{"$ref":"#/definitions/no"}"##, "Object has no key '#/definitions/no'"),
    ])
    func whatIsNoSchemaIsAnError(_ schema: String, _ message: String) {
        #expect(throws: BuiltinError.failed(message)) {
            try call("json.match_schema", "{}", schema)
        }
    }

    @Test(arguments: [
        (#"{"minimum":1,"exclusiveMinimum":true}"#, "\"1\"", "number_gt"),
        (#"{"minimum":1,"exclusiveMinimum":false}"#, "\"1\"", ""),
        (#"{"exclusiveMaximum":2}"#, "\"2.0\"", "number_lt"),
        (#"{"uniqueItems":true}"#, "\"[1,1.0]\"", "unique"),
        (#"{"uniqueItems":true}"#, "\"[1,2]\"", ""),
        (#"{"multipleOf":0.01}"#, "\"19.99\"", ""),
        (#"{"multipleOf":0.01}"#, "\"19.999\"", "multiple_of"),
        (#"{"items":[{}],"additionalItems":false}"#, "\"[1,2]\"", "array_no_additional_items"),
        (#"{"if":{"required":["a"]},"then":false}"#, #"{"a":1}"#, "condition_then"),
        (#"{"dependencies":{"a":{"dependencies":{"b":["c"]}}}}"#, #"{"a":1,"b":2}"#, "missing_dep"),
        (#"{"properties":{"d":{"format":"date"}}}"#, #"{"d":"2023-02-29"}"#, "format"),
        (#"{"properties":{"d":{"format":"ipv6"}}}"#, #"{"d":"::1"}"#, ""),
        (#"{"properties":{"d":{"format":"ipv6"}}}"#, #"{"d":"1::2::3"}"#, "format"),
        (##"{"properties":{"n":{"$ref":"#"}},"maxProperties":1}"##, #"{"n":{"n":{}}}"#, ""),
        (#"{"additionalProperties":false}"#, #"{"n":1}"#, "additional_property_not_allowed"),
    ])
    func documentsAreMeasured(_ schema: String, _ document: String, _ type: String) throws {
        let answer = try call("json.match_schema", document, schema)
        #expect(type.isEmpty ? answer == "[true,[]]" : answer.contains("\"type\":\"\(type)"))
    }
}
