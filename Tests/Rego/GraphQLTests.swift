import Testing

@testable import Rego
@testable import RegoMachine

private let call = JSONCalls(rows: Builtin.graphQL)

private let schema = """
    type Query { hero(id: ID, kind: Kind = CAT, at: Point): Hero node: Node }
    type Hero implements Node { id: ID! name: String friends: [Hero!] }
    type Rock implements Node { id: ID! weight: Int }
    interface Node { id: ID! }
    enum Kind { CAT DOG }
    input Point { x: Int! y: Int }
    """

private func isValid(_ query: String) throws -> String {
    try call("graphql.is_valid", quoted(query), quoted(schema))
}

@Suite struct GraphQLTests {
    @Test(arguments: [
        "{ hero { id name friends { id } } }",
        "{ node { id ... on Hero { name } ... on Rock { weight } } }",
        "query Q($id: ID) { hero(id: $id) { ...F } } fragment F on Hero { id }",
        "{ hero(at: {x: 1}) { __typename } __schema { types { name } } }",
        "{ hero(kind: DOG) @skip(if: true) { id } }",
        "{ hero { id } hero { name } }",
    ])
    func queriesThatKeepTheRulesAreValid(_ query: String) throws {
        #expect(try isValid(query) == "true")
    }

    @Test(arguments: [
        "{ hero }", "{ hero { id { x } } }", "{ villain { id } }", "{ hero(no: 1) { id } }",
        "{ hero(id: 1, id: 2) { id } }", "{ hero(kind: COW) { id } }",
        "{ hero(kind: \"CAT\") { id } }", "{ hero(at: {y: 1}) { id } }",
        "{ hero(at: {x: 1, z: 2}) { id } }", "{ hero(at: {x: \"1\"}) { id } }",
        "{ hero(id: $id) { id } }", "query Q($id: ID) { hero { id } }",
        "query Q($id: Hero) { hero(id: $id) { id } }",
        "query Q($x: Int) { hero(at: {x: $x}) { id } }",
        "{ hero @unknown { id } }", "{ hero @skip { id } }",
        "query @skip(if: true) { hero { id } }",
        "{ ...F }", "fragment F on Query { hero { id } }", "{ hero { ... on Rock { id } } }",
        "{ hero { ... on Kind { id } } }", "{ x: hero { id } x: node { id } }",
        "{ x: hero(id: 1) { id } x: hero(id: 2) { id } }",
        "{ node { ... on Hero { x: name } ... on Rock { x: weight } } }",
        "{ hero { id } } { hero { id } }", "mutation { hero { id } }",
        "query A { hero { id } } query A { hero { id } }",
    ])
    func queriesThatBreakOneAreNot(_ query: String) throws {
        #expect(try isValid(query) == "false")
    }

    @Test func fragmentsThatReachThemselvesAreRefused() throws {
        let query = """
            { hero { ...A } } fragment A on Hero { friends { ...B } } \
            fragment B on Hero { friends { ...A } }
            """
        #expect(try isValid(query) == "false")
        #expect(try isValid("{ hero { ...A } } fragment A on Hero { ...A }") == "false")
    }

    @Test func fragmentsThatDoubleEndTheEvaluation() throws {
        var query = "{ hero { ...F0 } } "
        for level in 0..<40 {
            query += "fragment F\(level) on Hero { a: friends { ...F\(level + 1) } "
            query += "b: friends { ...F\(level + 1) } } "
        }
        query += "fragment F40 on Hero { id }"
        var limits = Limits()
        limits.steps = 200_000
        #expect(throws: BuiltinError.limit(.steps)) {
            try JSONCalls(rows: Builtin.graphQL, limits: limits)(
                "graphql.is_valid", quoted(query), quoted(schema))
        }
    }

    @Test(arguments: [("{a", "}"), ("{a(b: [", "]"), ("query Q($a: [", "]")])
    func nestingIsBounded(_ open: String, _ close: String) throws {
        let unit = String(open.last == "a" ? "{a" : "[")
        let query = open + String(repeating: unit, count: 5_000)
        #expect(throws: BuiltinError.self) { try call("graphql.parse_query", quoted(query)) }
        #expect(try isValid(query + close) == "false")
    }

    @Test func blockStringsLoseTheirIndentation() throws {
        let text = "\"\"\"\n    one\n      two \\\"\"\" \n\n\"\"\" scalar S"
        let tree = try call("graphql.parse_schema", quoted(text))
        #expect(tree.contains(#""Description":"one\n  two \"\"\" ""#))
    }

    @Test(arguments: [
        ("type A { a: B }", "false"), ("type A { a: Int a: Int }", "false"),
        ("type A { a: Int @nowhere }", "false"), ("input A { a: A! }", "false"),
        ("input A { a: B! } input B { a: A! }", "false"), ("input A { a: [A!]! }", "true"),
        ("interface I { a: Int } type A implements I { b: Int }", "false"),
        ("directive @d(a: Int @d) on ARGUMENT_DEFINITION", "false"),
        ("type __A { a: Int }", "false"), ("type A { a: Int } type A { a: Int }", "false"),
    ])
    func schemasKeepTheirRules(_ schema: String, _ verdict: String) throws {
        #expect(try call("graphql.schema_is_valid", quoted(schema)) == verdict)
    }

    @Test func whatIsNoDocumentIsNotValid() throws {
        #expect(try call("graphql.schema_is_valid", "1") == "false")
        #expect(try call("graphql.schema_is_valid", #"{"Definitions": 1}"#) == "false")
        #expect(try call("graphql.is_valid", "null", quoted(schema)) == "false")
    }
}
