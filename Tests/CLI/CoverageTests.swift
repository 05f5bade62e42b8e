import Foundation
import Testing

/// `test --coverage`: lines that were reached, those that were not, and why.
@Suite struct CoverageTests {
    private static let files = [
        "p.rego": """
        package p

        allow if {
            input.role == "admin"
            input.level > 3
            input.never
        }

        allow if input.owner

        unused := 1

        level := "high" if {
            input.level > 3
        } else := "low" if {
            input.level > 1
        } else := "none"

        names := [n |
            some n in input.names
            n != "<b>"
        ]
        """,
        "p_test.rego": """
        package p_test

        import data.p

        test_owner if p.allow with input as {"owner": true}

        test_admin if not p.allow with input as {"role": "admin", "level": 1}

        test_level if p.level == "low" with input as {"level": 2}

        test_names if p.names == ["a"] with input as {"names": ["a", "<b>"]}
        """,
    ]

    @Test func linesThatWereNotReachedAreNamedWithTheirReason() throws {
        let run = try Invocation(["test", "--coverage", "."], files: Self.files)
        #expect(run.status == 0)
        for line in [
            "p.rego:3: the rule never had a value: line 5 is the last that was reached",
            "p.rego:6: line 5 before it never held", "p.rego:11: nothing asked for the rule",
            "p.rego:17: no case needed this `else`, or none fulfilled it",
        ] { #expect(run.output.contains(line), "\(line)\n\(run.output)") }
        #expect(!run.output.contains("p.rego:20:") && !run.output.contains("p_test.rego:"))
    }

    @Test func aLineCountsOnceAllOnItWasReached() throws {
        let run = try Invocation(
            ["test", "--coverage", "."],
            files: [
                "p.rego": """
                package p

                tried if input.never

                both if { input.a; input.b }

                whole if { input.a; not input.b }
                """,
                "p_test.rego": """
                package p_test

                import data.p

                test_all if {
                    not p.tried
                    not p.both with input as {"b": 1}
                    p.whole with input as {"a": 1}
                }
                """,
            ])
        #expect(run.output.contains("p.rego:3: the condition on this line never held"))
        #expect(run.output.contains("p.rego:5: the condition on this line never held"))
        #expect(!run.output.contains("p.rego:7:"), "\(run.output)")
    }

    @Test func jsonHasOPAsShape() throws {
        let run = try Invocation(
            ["test", "--coverage", "--format", "json", "."], files: Self.files)
        let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        let files = json?["files"] as? [String: [String: Any]]
        let missing = files?["p.rego"]?["not_covered"] as? [[String: [String: Int]]]
        #expect(missing?.first?["start"]?["row"] == 3)
        #expect(files?["p_test.rego"]?["coverage"] as? Double == 100)
        #expect(json?["not_covered_lines"] as? Int == 5)
    }

    @Test func whatAnotherProgramReadsIsOneDocument() throws {
        let failing = ["p_test.rego": "package p_test\n\ntest_no if 1 == 2\n"]
        let run = try Invocation(["test", "--coverage", "--format", "json", "."], files: failing)
        let results = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [Any]
        #expect(run.status == 2 && results?.count == 1)
        let junit = try Invocation(
            ["test", "--coverage", "--format", "junit", "."], files: Self.files)
        #expect(junit.output.hasSuffix("</testsuites>\n"), "\(junit.output.suffix(80))")
        #expect(junit.errors.contains("coverage: "))
    }

    @Test(arguments: [(80.0, 2 as Int32), (60.0, 0)])
    func aThresholdDecidesTheStatus(_ percent: Double, _ status: Int32) throws {
        let run = try Invocation(["test", "--threshold", "\(percent)", "."], files: Self.files)
        #expect(run.status == status, "\(run.output)")
        #expect(run.errors.contains("threshold not met") == (status == 2))
    }

    @Test func thePageHoldsSourcesAndNothingElse() throws {
        let run = try Invocation(
            ["test", "--coverage-html", "none/page.html", "."], files: Self.files)
        #expect(run.status != 0, "a folder that cannot be written to is told")
        let page = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).html")
        defer { try? FileManager.default.removeItem(at: page) }
        #expect(
            try Invocation(["test", "--coverage-html", page.path, "."], files: Self.files).status
                == 0)
        let html = try String(contentsOf: page, encoding: .utf8)
        #expect(html.contains("&lt;b&gt;") && !html.contains("\"<b>\""))
        #expect(html.contains("nothing asked for the rule"))
        #expect(!html.contains("http") && !html.contains("<script"))
    }

    @Test func ourPoliciesAreCoveredWhole() throws {
        let folder = Invocation.projectRoot.appending(path: "Policies").path
        let run = try Invocation(["test", "--threshold", "100", folder])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
}
