import Foundation
import Testing

/// `ostiary exec`: one decision about each input file.
@Suite struct ExecTests {
    private static let policy = """
        package authz

        allow if input.user == "ada"

        who := input.user

        nobody := null if input.user == "nil"

        denials := [name | some name in [input.user]; name != "ada"]

        broken := 1 if input.user

        broken := 2 if input.user
        """
    private static let files = [
        "p/policy.rego": policy, "in/a.json": #"{"user": "ada"}"#, "in/b.yaml": "user: bob\n",
        "in/deep/c.yml": "user: nil\n", "in/readme.txt": "user: none",
    ]

    private static func run(
        _ arguments: [String], files: [String: String] = files, standardInput: String = ""
    ) throws -> Invocation {
        try Invocation(
            ["exec", "-b", "p"] + arguments, files: files, standardInput: standardInput)
    }

    private static func answers(_ run: Invocation) throws -> [[String: Any]] {
        try #require(try run.json["result"] as? [[String: Any]], "\(run.output)\(run.errors)")
    }

    @Test func theAnswerHasOPAsShape() throws {
        let run = try Self.run(["--decision", "authz/allow", "in/a.json", "in/b.yaml"])
        #expect(run.status == 0)
        #expect(
            run.output == """
                {
                  "result": [
                    {
                      "path": "in/a.json",
                      "result": true
                    },
                    {
                      "path": "in/b.yaml",
                      "error": {
                        "message": "authz/allow decision was undefined",
                        "code": "opa_undefined_error"
                      }
                    }
                  ]
                }

                """)
    }

    @Test func foldersStandForTheDocumentsInThem() throws {
        let run = try Self.run(["--decision", "/authz/who", "in"])
        let answers = try Self.answers(run)
        #expect(
            answers.map { $0["path"] as? String } == ["in/a.json", "in/b.yaml", "in/deep/c.yml"])
        #expect(answers.map { $0["result"] as? String } == ["ada", "bob", "nil"])
    }

    @Test func standardInputIsJSONOrYAML() throws {
        for text in [#"{"user": "ada\ud83d\ude00"}"#, "user: \"ada\u{1F600}\"\n"] {
            let run = try Self.run(["--decision", "authz/who", "-I"], standardInput: text)
            let answers = try Self.answers(run)
            #expect(answers.first?["path"] as? String == "--stdin-input")
            #expect(answers.first?["result"] as? String == "ada\u{1F600}")
        }
    }

    private static let statuses: [(arguments: [String], status: Int32)] = [
        (["--decision", "authz/allow", "in/b.yaml"], 0),
        (["--decision", "authz/allow", "--fail", "in/b.yaml"], 1),
        (["--decision", "authz/allow", "--fail", "in/a.json"], 0),
        (["--decision", "authz/nobody", "--fail", "in/deep"], 1),
        (["--decision", "authz/nobody", "--fail-defined", "in/deep"], 0),
        (["--decision", "authz/allow", "--fail-defined", "in/a.json"], 1),
        (["--decision", "authz/allow", "--fail-defined", "in/b.yaml"], 0),
        (["--decision", "authz/denials", "--fail-defined", "in/a.json"], 1),
        (["--decision", "authz/denials", "--fail-non-empty", "in/a.json"], 0),
        (["--decision", "authz/denials", "--fail-non-empty", "in/b.yaml"], 1),
        (["--decision", "authz/allow", "--fail", "--fail-defined", "in"], 1),
        (["--decision", "authz/allow"], 1), (["--decision", "data.authz.allow", "in"], 1),
        (["--decision", "authz/allow", "missing"], 1), (["-b", "missing", "in"], 1),
        (["--set", "a=b", "in"], 1), (["--log-level", "debug", "in"], 1), (["in"], 0),
        (["--fail", "in"], 1),
    ]

    @Test(arguments: statuses)
    func statusesAreOPAs(arguments: [String], status: Int32) throws {
        let run = try Self.run(arguments)
        #expect(run.status == status, "\(run.output)\(run.errors)")
    }

    @Test(arguments: ["--fail", "--fail-defined", "--fail-non-empty"])
    func whatCannotBeDecidedFails(_ flag: String) throws {
        var files = Self.files
        files["bad/x.json"] = #"{"user": "#
        files["bad/y.yaml"] = "a: [\n"
        let run = try Self.run(["--decision", "authz/who", flag, "bad"], files: files)
        #expect(run.status == 1)
        let errors = try Self.answers(run).map { $0["error"] as? [String: Any] }
        #expect(errors.count == 2 && errors.allSatisfy { $0?["message"] is String })
        let conflict = try Self.run(["--decision", "authz/broken", flag, "in/a.json"])
        #expect(conflict.status == 1)
        let error = try Self.answers(conflict).first?["error"] as? [String: Any]
        #expect(error?["code"] as? String == "eval_conflict_error")
        #expect(error?["location"] is [String: Any])
    }

    @Test func anUnreadableFileStopsNoOther() throws {
        var files = Self.files
        files["in/0.json"] = "{"
        let run = try Self.run(["--decision", "authz/who", "in"], files: files)
        #expect(run.status == 0)
        #expect(try Self.answers(run).count { $0["result"] is String } == 3)
    }

    @Test func theTimeIsThatOfAllDecisions() throws {
        let endless = """
            package slow

            pairs := count([1 |
                some x in numbers.range(1, 100000)
                some y in numbers.range(1, 100000)
                x == y + input.step
            ])
            """
        let run = try Invocation(
            ["exec", "-b", "p", "--decision", "slow/pairs", "--timeout", "100ms", "--fail", "in"],
            files: [
                "p/p.rego": endless, "in/a.json": #"{"step": 1}"#, "in/b.json": #"{"step": 2}"#,
            ])
        #expect(run.status == 1)
        let errors = try Self.answers(run).map { $0["error"] as? [String: Any] }
        #expect(errors.count == 2 && errors.allSatisfy { $0 != nil })
    }

    @Test func aSignedBundleNeedsItsKey() throws {
        let signed = [
            "p/policy.rego": Self.policy, "p/.signatures.json": #"{"signatures": ["x.y.z"]}"#,
            "in/a.json": #"{"user": "ada"}"#,
        ]
        let decision = ["--decision", "authz/allow", "in"]
        let refused = try Self.run(decision, files: signed)
        #expect(refused.status == 1 && refused.errors.contains("verification key not provided"))
        #expect(try Self.run(decision + ["--skip-verify"], files: signed).status == 0)
    }

    @Test func prettyIsATable() throws {
        let run = try Self.run(["--decision", "authz/allow", "-f", "pretty", "in"])
        #expect(run.output.contains("│ in/a.json     │ true      │"), "\(run.output)")
        #expect(run.output.contains("│ in/b.yaml     │ undefined │"))
    }
}
