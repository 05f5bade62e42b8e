import Testing

@testable import RegoMachine

private let call = Calls(
    rows: Builtin.arrays + Builtin.sets + Builtin.objects + Builtin.graphs + Builtin.membership
        + Builtin.types)

@Suite struct CollectionTests {
    @Test func sliceRefusesAFraction() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 2,
                message: "must be integer number but got floating-point number")
        ) { try call("array.slice", [1, 2], .number("0.5"), 2) }
    }

    @Test func unionNamesTheMemberThatIsNoSet() {
        #expect(throws: BuiltinError.operand(position: 1, expected: ["set"], got: "number")) {
            try call("union", .set([.set([1]), 2]))
        }
    }

    @Test func unionOfManyNamesTheElementThatIsNoObject() {
        #expect(
            throws: BuiltinError.operandContent(
                position: 1, message: "must be array of objects but got array containing string")
        ) { try call("object.union_n", [[:], "a"]) }
    }

    @Test func longLoopsAreStoppedByTheStepLimit() {
        var few = call
        few.limits.steps = 10
        #expect(throws: BuiltinError.limit(.steps)) {
            try few("array.concat", .array(Array(repeating: 1, count: 20)), [])
        }
    }

    @Test func slicesAreClampedToTheArray() throws {
        #expect(try call("array.slice", [1, 2, 3], -4, 2) == [1, 2])
        #expect(try call("array.slice", [1, 2, 3], 2, 1) == [])
        #expect(try call("array.slice", [1, 2, 3], 1, 9) == [2, 3])
    }

    @Test func flattenGoesOneLevelDeep() throws {
        #expect(try call("array.flatten", [[1, [2]], 3, []]) == [1, [2], 3])
    }

    @Test func noSetsShareNothing() throws {
        #expect(try call("intersection", .set([])) == .set([]))
        #expect(
            try call("intersection", .set([.set([1, 2]), .set([2, 3])])) == .set([2]))
    }

    @Test func getFollowsPathsThroughArraysAndSets() throws {
        let object: Term = ["a": [["b": .set(["c"])]]]
        #expect(try call("object.get", object, ["a", 0, "b", "c"], 7) == "c")
        #expect(try call("object.get", object, ["a", 1], 7) == 7)
        #expect(try call("object.get", object, [], 7) == object)
    }

    @Test func laterObjectsWinAndNestedOnesMerge() throws {
        #expect(
            try call("object.union_n", [["a": ["b": 2]], ["a": 4], ["a": ["c": 3]]])
                == ["a": ["c": 3]])
        #expect(
            try call("object.union", ["a": ["b": 1, "c": 2]], ["a": ["b": 9]])
                == ["a": ["b": 9, "c": 2]])
    }

    @Test func mergingLeavesTheOperandsAlone() throws {
        let merged = try call.inQuery { call in
            let inner: Term = ["b": 1]
            _ = try call("object.union", [["a": inner], ["a": ["c": 2]]])
            return try call("object.union", [["a": inner], [:]])
        }
        #expect(merged == ["a": ["b": 1]])
    }

    @Test(
        arguments: [
            ([1, 2, 3], [2, 3], true), ([1, 2, 1, 3], [1, 3], true), ([1, 2], [2, 1], false),
            ([1, 2], .set([2, 1]), true), (.set([1, 2]), .set([3]), false),
            (["a": ["b": 1, "c": 2]], ["a": ["c": 2]], true), (["a": 1], ["b": 1], false),
        ] as [(Term, Term, Bool)])
    func subsetsAreFoundInDepth(whole: Term, part: Term, expected: Bool) throws {
        #expect(try call("object.subset", whole, part) == .boolean(expected))
    }

    @Test func pathsEndBeforeWhatTheyHaveSeen() throws {
        let graph: Term = ["a": ["b"], "b": ["c", "x"], "c": ["a"]]
        #expect(
            try call("graph.reachable_paths", graph, ["a"])
                == .set([["a", "b"], ["a", "b", "c"]]))
        #expect(try call("graph.reachable", graph, .set(["b"])) == .set(["a", "b", "c"]))
    }

    @Test func walkBeginsWithTheOperandItself() throws {
        #expect(
            try call("walk", ["a": [true]])
                == [[[], ["a": [true]]], [["a"], [true]], [["a", 0], true]])
    }

    @Test func aMemberOfASetIsItsOwnKey() throws {
        #expect(try call("internal.member_3", "a", "a", .set(["a"])) == true)
        #expect(try call("internal.member_3", "a", "b", .set(["a", "b"])) == false)
        #expect(try call("internal.member_2", 1, "no collection") == false)
    }
}
