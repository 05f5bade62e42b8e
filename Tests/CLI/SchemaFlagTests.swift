import Testing

/// `-s`, and `schemas` of annotations: what they say of values is checked.
@Suite struct SchemaFlagTests {
    private static let schema = """
        {
          "type": "object",
          "properties": {
            "user": {"type": "object", "properties": {"name": {"type": "string"}}},
            "tags": {"type": "array", "items": {"$ref": "#/definitions/tag"}},
            "next": {"$ref": "#"},
            "any_of": {"anyOf": [{"type": "string"}, {"type": "null"}]}
          },
          "definitions": {"tag": {"properties": {"id": {"type": "integer"}}}}
        }
        """

    private static func said(_ policy: String, _ flag: String, _ files: [String: String]) throws
        -> String
    {
        let run = try Invocation(
            ["check", "-s", flag, "p.rego"],
            files: files.merging(["p.rego": policy]) { $1 })
        return run.status == 0 ? "fine" : run.errors
    }

    @Test(arguments: [
        ("input.user.nme", "undefined ref: input.user.nme"),
        ("input.usr", "undefined ref: input.usr"),
        ("input.tags[_].name", "undefined ref: input.tags[_].name"),
        ("input.next.user.age", "undefined ref: input.next.user.age"),
        ("input.user.name + 1", "plus: invalid argument(s)"),
        ("input.any_of + 1", "plus: invalid argument(s)"),
    ])
    func whatTheSchemaOfInputForbidsIsRefused(_ expression: String, _ message: String) throws {
        let said = try Self.said(
            "package a\n\np := \(expression)\n", "in.json", ["in.json": Self.schema])
        #expect(said.contains("p.rego:3: rego_type_error: \(message)"))
    }

    @Test(arguments: [
        "input.user.name", "input.tags[0].id + 1", "input.next.tags", "upper(input.any_of)",
        "input",
    ])
    func whatItAllowsIsFine(_ expression: String) throws {
        #expect(
            try Self.said("package a\n\np := \(expression)\n", "in.json", ["in.json": Self.schema])
                == "fine")
    }

    private static let folder = [
        "schemas/request.json": schema,
        "schemas/deep/acl-schema.json": #"{"properties": {"a": {"type": "null"}}}"#,
    ]

    private static func annotated(_ lines: [String], _ expression: String) -> String {
        (["# METADATA", "# scope: rule", "# schemas:"] + lines.map { "#   - \($0)" }).joined(
            separator: "\n") + "\np := \(expression)\n"
    }

    @Test(arguments: [
        ("input: schema.request", "input.usr", "undefined ref: input.usr"),
        ("input.x: schema.request", "input.x.usr", "undefined ref: input.x.usr"),
        (#"data.acl: schema.deep["acl-schema"]"#, "data.acl.b", "undefined ref: data.acl.b"),
        ("input: {type: boolean}", "input + 1", "plus: invalid argument(s)"),
        ("input: schema.none", "1", "undefined schema: schema.none"),
    ])
    func annotationsNameSchemasOfAFolder(
        _ line: String, _ expression: String, _ message: String
    ) throws {
        let policy = "package a\n\n" + Self.annotated([line], expression)
        #expect(try Self.said(policy, "schemas", Self.folder).contains(message))
        let other = "package a\n\nq := \(expression)\n"
        #expect(try Self.said(other, "schemas", Self.folder) == "fine", "it is the rule's own")
    }

    @Test func theCloserScopeWins() throws {
        let policy =
            "# METADATA\n# scope: package\n# schemas:\n#   - input: {type: string}\npackage a\n\n"
            + Self.annotated(["input: {type: number}"], "input + 1") + "\nq := input + 1\n"
        let said = try Self.said(policy, "schemas", Self.folder)
        #expect(said.contains("p.rego:13: rego_type_error: plus: invalid argument(s)"))
        #expect(said.contains("1 error occurred"))
    }

    @Test(arguments: ["[1]", #"{"type": "thing"}"#, #"{"$ref": "http://127.0.0.1:1/x.json"}"#, "{"])
    func whatIsNoSchemaIsRefused(_ text: String) throws {
        #expect(
            try Self.said("package a\n", "in.json", ["in.json": text]).contains("in.json"))
    }

    @Test func queriesAreCheckedToo() throws {
        let run = try Invocation(
            ["eval", "-s", "in.json", "input.usr"], files: ["in.json": Self.schema])
        #expect(run.status == 2)
        #expect(run.output.contains("undefined ref: input.usr"))
    }
}
