import Testing

/// Bundles that hold OPA's compiled form, `plan.json`, and no sources.
@Suite struct PlanBundleTests {
    private static func plan(_ name: String, returns local: Int = 2) -> String {
        """
        {"static":{"strings":[{"value":"result"},{"value":"n"}]},
        "plans":{"plans":[{"name":"\(name)","blocks":[{"stmts":[
        {"type":"DotStmt","stmt":{"source":{"type":"local","value":0},
        "key":{"type":"string_index","value":1},"target":2}},
        {"type":"MakeObjectStmt","stmt":{"target":3}},
        {"type":"ObjectInsertStmt","stmt":{"key":{"type":"string_index","value":0},
        "value":{"type":"local","value":\(local)},"object":3}},
        {"type":"ResultSetAddStmt","stmt":{"value":3}}]}]}]},"funcs":{"funcs":[]}}
        """
    }

    private static func answer(_ query: String, _ files: [String: String]) throws -> Invocation {
        try Invocation(
            ["eval", "-b", "bundle", "-I", "-f", "raw", query], files: files,
            standardInput: #"{"n": 7}"#)
    }

    @Test func anEntrypointIsAsked() throws {
        let run = try Self.answer("data.a.p", ["bundle/plan.json": Self.plan("a/p")])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "7\n")
    }

    @Test func whatIsNoEntrypointIsNamed() throws {
        let run = try Self.answer("data.a.q", ["bundle/plan.json": Self.plan("a/p")])
        #expect(run.status == 2)
        #expect((run.output + run.errors).contains("no entrypoint a/q"), "\(run.errors)")
    }

    @Test func plansThatCannotBeUsedAreRefused() throws {
        let rows: [(files: [String: String], says: String)] = [
            (["bundle/plan.json": "{"], "bundle/plan.json: "),
            (["bundle/plan.json": Self.plan("a/p", returns: 3)], "could be put into itself"),
            (
                [
                    "bundle/plan.json": Self.plan("a/p"),
                    "bundle/.manifest": #"{"roots": ["b"]}"#,
                ], "plan a/p is outside of the bundle's roots"
            ),
        ]
        for row in rows {
            let run = try Self.answer("data.a.p", row.files)
            #expect(run.status == 2)
            #expect((run.output + run.errors).contains(row.says), "\(run.output)\(run.errors)")
        }
    }
}
