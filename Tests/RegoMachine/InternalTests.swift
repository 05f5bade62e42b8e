import Testing

@testable import RegoMachine

/// What was printed, line by line.
private final class Lines: @unchecked Sendable {
    var all: [String] = []
}

@Suite struct InternalTests {
    private func printed(_ arguments: Term) throws -> [String] {
        let lines = Lines()
        var call = Calls(rows: Builtin.internals)
        call.host.print = { lines.all.append($0) }
        #expect(try call("internal.print", arguments) == true)
        return lines.all
    }

    @Test func argumentsWithoutAValueAreUndefined() throws {
        #expect(try printed([.set(["a b"]), .set([])]) == ["a b <undefined>"])
        #expect(try printed([]) == [""])
    }

    @Test func stringsAreBareOnlyOnTheOutside() throws {
        #expect(try printed([.set([["a", 1]]), .set([nil])]) == ["[\"a\", 1] null"])
    }

    @Test func everyChoiceOfValuesIsALine() throws {
        #expect(
            try printed([.set([1, 2]), .set(["x", "y"])]) == ["1 x", "1 y", "2 x", "2 y"])
    }

    @Test func theRuntimeIsEmptyUnlessNamed() throws {
        #expect(try Calls(rows: Builtin.internals)("opa.runtime") == [:])
    }
}
