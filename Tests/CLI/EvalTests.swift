import Foundation
import Testing

/// `ostiary eval`, from outside: what is printed, and with which status it ends.
@Suite struct EvalTests {
    private static let policy = """
        package authz

        default allow := false

        allow if input.user in data.admins

        names contains upper(name) if some name in data.admins
        """
    private static let files = [
        "policy.rego": policy, "data.json": #"{"admins": ["ada", "grace"]}"#,
        "input.json": #"{"user": "ada"}"#, "input.yaml": "user: grace\n",
    ]
    private static let loaded = ["-d", "policy.rego", "-d", "data.json"]

    @Test func anAnswerHasOPAsShape() throws {
        let run = try Invocation(
            ["eval", "-i", "input.json", "data.authz.allow"] + Self.loaded, files: Self.files)
        #expect(
            run.output == """
                {
                  "result": [
                    {
                      "expressions": [
                        {
                          "value": true,
                          "text": "data.authz.allow",
                          "location": {
                            "row": 1,
                            "col": 1
                          }
                        }
                      ]
                    }
                  ]
                }

                """)
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
    }

    @Test func bindingsStandBesideExpressions() throws {
        let run = try Invocation(["eval", "x := 1; y := x + 1"])
        let rows = try run.json["result"] as? [[String: Any]]
        #expect(rows?.first?["bindings"] as? [String: Int] == ["x": 1, "y": 2])
        let expressions = rows?.first?["expressions"] as? [[String: Any]]
        #expect(expressions?.map { $0["text"] as? String } == ["x := 1", "y := x + 1"])
    }

    @Test func undefinedIsAnEmptyObject() throws {
        let run = try Invocation(["eval", "data.nothing.here"])
        #expect(run.output == "{}\n")
        #expect(run.status == 0)
    }

    private static let statuses: [(arguments: [String], status: Int32)] = [
        (["--fail", "data.nothing"], 1), (["--fail", "1 == 1"], 0),
        (["--fail-defined", "1 == 1"], 1), (["--fail-defined", "data.nothing"], 0),
        (["x := 1; x := 2"], 2), (["1 +"], 2), (["--strict-builtin-errors", "1 / 0"], 2),
        (["1 / 0"], 0), ([], 1), (["1", "--stdin"], 1), (["--fail", "--fail-defined", "1"], 1),
        (["--format", "source", "1"], 1), (["--format", "yaml", "1"], 1), (["--nonsense", "1"], 1),
        (["-d", "missing.rego", "1"], 2), (["-i", "missing.json", "1"], 2),
    ]

    @Test(arguments: statuses)
    func statusesAreOPAs(arguments: [String], status: Int32) throws {
        let run = try Invocation(["eval"] + arguments)
        #expect(run.status == status, "\(run.output)\(run.errors)")
    }

    @Test(arguments: [
        ("values", "[\n  true,\n  2\n]\n"), ("raw", "true 2\n"), ("pretty", ""),
        ("bindings", "{\n  \"x\": 1,\n  \"y\": 2\n}\n"),
        ("discard", "{\n  \"result\": \"discarded\"\n}\n"),
    ])
    func eachFormatHasItsForm(format: String, output: String) throws {
        let query = format == "bindings" ? "x := 1; y := x + 1" : "1 < 2; 1 + 1"
        let run = try Invocation(["eval", "--format", format, query])
        guard format != "pretty" else {
            return #expect(
                run.output == """
                    ┌───────┬───────┐
                    │ 1 < 2 │ 1 + 1 │
                    ├───────┼───────┤
                    │ true  │ 2     │
                    └───────┴───────┘

                    """)
        }
        #expect(run.output == output)
    }

    @Test func prettyShowsBindingsAsATable() throws {
        let run = try Invocation(
            ["eval", "-f", "pretty", "data.authz.names[name]"] + Self.loaded, files: Self.files)
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines.contains { $0.contains(#"│ "ADA"   │ "ADA""#) })
    }

    @Test func rawStringsHaveNoQuotes() throws {
        let run = try Invocation(["eval", "-f", "raw", #"concat("\n", ["a", "<b>"])"#])
        #expect(run.output == "a\n<b>\n")
    }

    @Test func htmlIsEscapedAsGoDoes() throws {
        let run = try Invocation(["eval", "-f", "values", #""<&>""#])
        #expect(run.output == "[\n  \"\\u003c\\u0026\\u003e\"\n]\n")
    }

    @Test func inputComesFromFileOrStandardInput() throws {
        for arguments in [["-I"], ["-i", "-"], ["-i", "input.yaml"]] {
            let run = try Invocation(
                ["eval", "-f", "raw", "data.authz.allow"] + arguments + Self.loaded,
                files: Self.files, standardInput: #"{"user": "ada"}"#)
            #expect(run.output == "true\n", "\(arguments) \(run.errors)")
        }
    }

    @Test func theQueryMayComeFromStandardInput() throws {
        let run = try Invocation(["eval", "-f", "raw", "--stdin"], standardInput: "1 + 2")
        #expect(run.output == "3\n")
    }

    @Test func packageAndImportsGiveNames() throws {
        let within = try Invocation(
            ["eval", "-f", "raw", "--package", "authz", "count(names)"] + Self.loaded,
            files: Self.files)
        #expect(within.output == "2\n")
        let imported = try Invocation(
            ["eval", "-f", "raw", "--import", "data.authz.names", "count(names)"] + Self.loaded,
            files: Self.files)
        #expect(imported.output == "2\n")
    }

    @Test func everyErrorOfAFileIsReported() throws {
        let run = try Invocation(
            ["eval", "-d", "bad.rego", "data.a"],
            files: ["bad.rego": "package a\n\np if x\n\nq if y\n"])
        let errors = try run.json["errors"] as? [[String: Any]]
        #expect(
            errors?.map { $0["code"] as? String }
                == Array(repeating: "rego_unsafe_var_error", count: 2))
        let location = errors?.first?["location"] as? [String: Any]
        #expect(location?["file"] as? String == "bad.rego")
        #expect(location?["row"] as? Int == 3)
        #expect(run.status == 2)
    }

    @Test func aParseErrorIsUnderlinedForPeople() throws {
        let run = try Invocation(
            ["eval", "-f", "pretty", "-d", "bad.rego", "data.a"],
            files: ["bad.rego": "package a\n\np if {\n\tx = )\n}\n"])
        #expect(run.errors.hasPrefix("1 error occurred"))
        #expect(run.errors.contains("rego_parse_error"))
        #expect(run.errors.contains("x = )"))
        #expect(run.errors.contains("^"))
        #expect(run.status == 2)
    }

    @Test func aRuleAndDataAtOnePathConflict() throws {
        let run = try Invocation(
            ["eval", "-d", "p.rego", "-d", "data.json", "data.a"],
            files: ["p.rego": "package a\n\nb := 1\n", "data.json": #"{"a": {"b": 2}}"#])
        let errors = try run.json["errors"] as? [[String: Any]]
        #expect(errors?.first?["code"] as? String == "rego_compile_error")
        #expect(run.status == 2)
    }

    @Test func builtinErrorsAreShownOnRequest() throws {
        let run = try Invocation(["eval", "--show-builtin-errors", "x := [1 | 1 / 0]"])
        let errors = try run.json["errors"] as? [[String: Any]]
        #expect(errors?.first?["code"] as? String == "eval_builtin_error")
        #expect(try run.json["result"] != nil)
        #expect(run.status == 0)
    }

    @Test func printGoesToStandardError() throws {
        let run = try Invocation(
            ["eval", "-f", "raw", "-d", "p.rego", "data.a.p"],
            files: ["p.rego": "package a\n\np if print(\"seen\", 1)\n"])
        #expect(run.output == "true\n")
        #expect(run.errors.contains("seen 1"))
    }

    @Test func timersArePrintedOnRequest() throws {
        let once = try Invocation(["eval", "--metrics", "1"])
        let metrics = try once.json["metrics"] as? [String: Any]
        #expect(metrics?["timer_rego_query_eval_ns"] is Int)
        let often = try Invocation(["eval", "--metrics", "--count", "5", "1"])
        let aggregated = try often.json["aggregated_metrics"] as? [String: [String: Any]]
        #expect(aggregated?["timer_rego_query_eval_ns"]?["99%"] is Int)
    }

    @Test func anEvaluationEndsWithItsTime() throws {
        let run = try Invocation([
            "eval", "--timeout", "50ms",
            "xs := numbers.range(1, 100000); count([1 | some x in xs; some y in xs; x == y + 1])",
        ])
        #expect(run.status == 2)
    }

    @Test func brokenInputIsRefused() throws {
        let run = try Invocation(["eval", "-I", "input"], standardInput: #"{"a": "#)
        #expect(run.status == 2)
    }

    private static let partial = ["eval", "-p", "-d", "policy.rego", "-d", "data.json"]

    @Test func whatIsLeftIsPrintedAsATable() throws {
        let run = try Invocation(
            Self.partial + ["-f", "pretty", "data.authz.allow == true"], files: Self.files)
        #expect(
            run.output == """
                ┌─────────┬───────────────────────────────┐
                │ Query 1 │ input.user in ["ada", "grace"] │
                └─────────┴───────────────────────────────┘

                """.replacing("──┐", with: "───┐").replacing("──┘", with: "───┘"))
        #expect(run.status == 0 && run.errors.isEmpty)
    }

    @Test func whatIsLeftIsPrintedAsATree() throws {
        let run = try Invocation(Self.partial + ["x = data.authz.allow"], files: Self.files)
        let partial = try run.json["partial"] as? [String: Any]
        let queries = partial?["queries"] as? [[[String: Any]]]
        #expect(queries?.count == 1 && queries?[0].count == 1)
        #expect(queries?[0][0]["index"] as? Int == 0)
        let support = partial?["support"] as? [[String: Any]]
        let rules = support?.first?["rules"] as? [[String: Any]]
        #expect(rules?.map { $0["default"] as? Bool } == [true, nil])
        let never = try Invocation(Self.partial + ["1 == 2"], files: Self.files)
        #expect((try never.json["partial"] as? [String: Any])?.isEmpty == true)
        let always = try Invocation(
            Self.partial + ["data.authz.names.ADA", "--fail-defined"], files: Self.files)
        #expect(always.status == 1)
    }

    @Test func whatIsLeftIsPrintedAsRego() throws {
        let run = try Invocation(
            Self.partial + [
                "-f", "source", "-u", "input.user,data.admins", "--disable-inlining",
                "data.authz.allow", "data.authz.allow == true",
            ], files: Self.files)
        #expect(
            run.output == """
                # Query 1
                data.partial.authz.allow = true

                # Module 1
                package partial.authz

                default allow := false

                allow if {
                	input.user in data.admins
                }

                """)
    }

    @Test(arguments: [
        (["-u", "input"], "--unknowns is for --partial"),
        (["--shallow-inlining"], "--shallow-inlining is for --partial"),
        (["-p", "-f", "raw"], "invalid output format for partial evaluation"),
        (["-p", "--profile"], "specify --partial or --profile but not both"),
        (["-p", "-u", "x"], "unknown `x`: not a reference into input or data"),
    ])
    func flagsOfPartialEvaluationAreChecked(_ flags: [String], _ message: String) throws {
        let run = try Invocation(["eval", "input.x"] + flags)
        #expect(run.status != 0)
        #expect((run.errors + run.output).contains(message), "\(run.errors)\(run.output)")
    }
}
