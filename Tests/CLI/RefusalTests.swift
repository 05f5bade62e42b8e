import Testing

/// What this build does not have is refused by name, not ignored.
@Suite struct RefusalTests {
    @Test(arguments: [
        ["eval", "--coverage-runs", "1"], ["bench", "--partial", "1"],
        ["bench", "-p", "1"], ["eval", "--target=wasm", "1"], ["eval", "-O", "1", "1"],
        ["eval", "--instrument", "1"],
        ["bench", "--e2e", "1"],
    ])
    func laterFlagsSaySo(arguments: [String]) throws {
        let run = try Invocation(arguments)
        #expect(run.status == 1)
        #expect(run.errors.contains("is not supported"))
        #expect(run.output.isEmpty)
    }

    @Test func tracesAreRefused() throws {
        #expect(try Invocation(["eval", "--explain", "some", "1"]).status == 1)
        #expect(try Invocation(["eval", "--explain", "off", "1"]).status == 0)
    }
}
