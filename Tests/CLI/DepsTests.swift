import Testing

@Suite struct DepsTests {
    private static let files = [
        "a.rego": """
            package a

            import data.lib

            allow if {
                lib.owns(input.user, input.thing)
                input.user.name == data.names[input.id]
            }

            deep if allow with input.x as data.b
            """,
        "lib.rego": "package lib\n\nowns(u, t) if { t.owner == u.name; data.flags.on }\n",
        "bad.rego": "package a\n\np := 1 +\n",
    ]

    @Test func allThatAQueryReachesIsShown() throws {
        let run = try Invocation(
            ["deps", "-d", "a.rego", "-d", "lib.rego", "--format", "json", "data.a.deep"],
            files: Self.files)
        let json = try run.json
        #expect(
            json["base"] as? [String]
                == [
                    "data.b", "data.flags.on", "data.names", "input.id", "input.thing",
                    "input.user",
                ])
        #expect(json["virtual"] as? [String] == ["data.a.allow", "data.a.deep", "data.lib.owns"])
    }

    @Test func aTableIsForPeople() throws {
        let run = try Invocation(["deps", "input.x == data.y"], files: [:])
        #expect(
            run.output == """
                ┌────────────────┬───────────────────┐
                │ BASE DOCUMENTS │ VIRTUAL DOCUMENTS │
                ├────────────────┼───────────────────┤
                │ data.y         │                   │
                │ input.x        │                   │
                └────────────────┴───────────────────┘

                """)
    }

    @Test(arguments: [["deps", "x ="], ["deps", "-d", "bad.rego", "1"], ["deps"]])
    func mistakesAreTold(_ arguments: [String]) throws {
        let run = try Invocation(arguments, files: Self.files)
        #expect(run.status != 0 && !run.errors.isEmpty && run.output.isEmpty)
    }
}
