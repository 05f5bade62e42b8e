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

    /// What was not planned must not look undefined, or like a denial that somebody negates.
    @Test func whatPlansCannotAnswerIsRefused() throws {
        let files = ["bundle/plan.json": Self.plan("a/p"), "bundle/data.json": #"{"b": [1]}"#]
        for query in ["x := data.a.p", "not data.a.p", "data.a", "data", "data.a.p.x"] {
            let run = try Self.answer(query, files)
            #expect(run.status == 2, "\(query): \(run.output)")
            #expect((run.output + run.errors).contains("a/p"))
        }
        #expect(try Self.answer("data.b", files).output == "[1]\n")
        #expect(try Self.answer("1 + 1", files).output == "2\n")
    }

    @Test func sourcesComeBeforeThePlanOfTheirBundle() throws {
        var files = [
            "bundle/plan.json": Self.plan("a/p"), "bundle/a.rego": "package a\n\np := 8\n",
        ]
        #expect(try Self.answer("data.a.p", files).output == "8\n")
        files["bundle/a.rego"] = nil
        files["more.rego"] = "package c\n\np := data.a.p\n"
        let run = try Invocation(
            ["eval", "-b", "bundle", "-d", "more.rego", "data.c.p"], files: files)
        #expect(run.status == 2)
        #expect((run.output + run.errors).contains("plans and modules are not one policy"))
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
