import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.documents + Builtin.jsonTexts)

@Suite struct DocumentTests {
    @Test func pathsOfNumbersAreRefused() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 2,
                message: "must be one of {set, array} containing string paths or array of path"
                    + " segments but got number")
        ) { try call("json.remove", [:], [7]) }
    }

    @Test func unknownOptionsAreNamed() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 2, message: "object contained unknown key \"colour\"")
        ) { try call("json.marshal_with_options", 1, ["colour": true]) }
    }

    @Test func textAfterTheDocumentIsRefused() throws {
        #expect(try call("json.is_valid", "{} {}") == false)
        #expect(throws: BuiltinError.self) { try call("json.unmarshal", "{} {}") }
    }

    @Test(
        arguments: [
            ["op": "add", "path": "/x/y", "value": 1],
            ["op": "add", "path": "/list/4", "value": 1],
            ["op": "add", "path": "/list/01", "value": 1], ["op": "remove", "path": "/x"],
            ["op": "remove", "path": "/list/-"], ["op": "replace", "path": "/x", "value": 1],
            ["op": "test", "path": "/list/0", "value": 2],
            ["op": "move", "from": "/x", "path": "/y"],
            ["op": "move", "from": "/list", "path": "/list/0"], ["op": "leap", "path": ""],
            ["op": "add", "path": "/z"], ["path": "/z", "value": 1], ["op": "add", "path": 1], 7,
            ["op": "add", "path": ["set", "c"], "value": "d"],
        ] as [Term])
    func patchesThatDoNotFitAreUndefined(operation: Term) throws {
        let document: Term = ["list": [1, 2, 3], "set": .set(["a"])]
        #expect(try call("json.patch", document, [operation]) == .undefined)
    }

    @Test func aPatchThatFailsHalfWayChangesNothing() throws {
        let half: Term = [
            ["op": "add", "path": "/list/0", "value": 9], ["op": "remove", "path": "/none"],
        ]
        #expect(try call("json.patch", ["list": [1, 2]], half) == .undefined)
    }

    @Test func copiesIntoThemselvesAreBounded() throws {
        var few = call
        few.limits.steps = 100_000
        let operations = (0..<40).map { number -> Term in
            ["op": "copy", "from": "", "path": .string("/\(number)")]
        }
        #expect(throws: BuiltinError.limit(.steps)) {
            try few("json.patch", [:], .array(operations))
        }
        var path: [Term] = []
        let deeper = (0..<12).map { number -> Term in
            defer { path += path + ["a"] }
            return ["op": "copy", "from": "", "path": .array(path + ["a"])]
        }
        #expect(throws: BuiltinError.limit(.nesting)) {
            try call("json.patch", [:], .array(deeper))
        }
    }

    @Test(
        arguments: [
            (["op": "add", "path": "/a~1b", "value": 1], ["a/b": 1, "list": [1, 2]]),
            (["op": "add", "path": "/list/-", "value": 3], ["list": [1, 2, 3]]),
            (["op": "add", "path": "/list/0", "value": 0], ["list": [0, 1, 2]]),
            (["op": "replace", "path": "/list/1", "value": 9], ["list": [1, 9]]),
            (["op": "move", "from": "/list/0", "path": "/x"], ["list": [2], "x": 1]),
            (["op": "copy", "from": "/list", "path": "/x"], ["list": [1, 2], "x": [1, 2]]),
            (["op": "test", "path": "/list/0", "value": 1], ["list": [1, 2]]),
            (["op": "replace", "path": "", "value": 7], 7),
        ] as [(Term, Term)])
    func patchesChangeWhatTheyName(operation: Term, expected: Term) throws {
        #expect(try call("json.patch", ["list": [1, 2]], [operation]) == expected)
    }

    @Test func membersOfSetsAreChangedInTheirPlace() throws {
        let set: Term = .set([[0], "a"])
        #expect(
            try call("json.patch", set, [["op": "add", "path": [[0], 1], "value": 1]])
                == .set(["a", [0, 1]]))
        #expect(
            try call("json.patch", set, [["op": "remove", "path": ["a"]]]) == .set([[0]]))
    }

    @Test func shorterPathsCoverLongerOnes() throws {
        let document: Term = ["a": ["b": 1, "c": [1, 2, ["d": 3, "e": 4]]], "x": 5]
        #expect(
            try call("json.filter", document, ["a/c/2/d", "x/y"])
                == ["a": ["c": [["d": 3]]], "x": 5])
        #expect(
            try call("json.remove", document, .set(["a/c/0", "a/c/2/e", ["x"]]))
                == ["a": ["b": 1, "c": [2, ["d": 3]]]])
        #expect(try call("json.remove", document, ["a", "a/b"]) == ["x": 5])
    }

    @Test func everyLineHasThePrefix() throws {
        #expect(
            try call("json.marshal_with_options", ["a": [1]], ["prefix": "# ", "indent": "  "])
                == "# {\n#   \"a\": [\n#     1\n#   ]\n# }")
        #expect(
            try call("json.marshal_with_options", ["a": 1], ["indent": " ", "pretty": false])
                == "{\"a\":1}")
        #expect(try call("json.marshal", .set(["<", 1])) == "[1,\"\\u003c\"]")
    }
}
