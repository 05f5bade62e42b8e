import Foundation
import FoundationXML
import Testing

/// `ostiary test`, from outside.
@Suite struct TestCommandTests {
    private static let policy = """
        package a

        allow if input.user == "ada"

        test_allowed if allow with input as {"user": "ada"}

        """

    private static func run(
        _ text: String, _ flags: [String] = []
    ) throws -> Invocation {
        try Invocation(["test", "p.rego"] + flags, files: ["p.rego": policy + text])
    }

    @Test func whatPassesIsOneLine() throws {
        let run = try Self.run("")
        #expect(run.status == 0)
        #expect(run.output == "PASS: 1/1\n")
        let verbose = try Self.run("", ["-v"])
        #expect(verbose.output.hasPrefix("p.rego:5:\ndata.a.test_allowed: PASS ("))
    }

    @Test func aFailureShowsItsExpressionAndTheValuesInIt() throws {
        let run = try Self.run(
            """
            test_count if {
                xs := [1, 2]
                print("xs are", xs)
                count(xs) == 3
            }
            """)
        #expect(run.status == 2)
        #expect(run.output.contains("data.a.test_count: FAIL ("), "\(run.output)")
        #expect(
            run.output.contains("  p.rego:9: count(xs) == 3\n    xs: [1,2]\n    count(xs): 2\n"))
        #expect(run.output.contains("\n  xs are [1, 2]\n"))
        #expect(run.output.hasSuffix("\nPASS: 1/2\nFAIL: 1/2\n"))
    }

    @Test(arguments: [
        ("test_x if allow with input as {}", "allow with input as {}\n    allow: undefined"),
        (
            "test_x if not allow with input as {\"user\": \"ada\"}",
            "not allow with input as {\"user\": \"ada\"}\n    allow: true"
        ),
        ("test_x if { some x in [1, 2]; x > 2 }", "x > 2\n    (the first of 2 answers)\n    x: 1"),
        ("test_x if every x in [1, 2] { x < 2 }", "x < 2\n    x: 2"),
        ("test_x := 1 == 2", "1 == 2"),
        ("test_x if { y := 1; z := 2; every w in [1] { z == w } }", "z == w\n    z: 2\n    w: 1"),
        ("test_x if { y > 1; y = 1 }", "y > 1\n    y: 1"),
    ])
    func theFailingExpressionIsFound(text: String, shown: String) throws {
        let run = try Self.run(text)
        #expect(run.status == 2)
        #expect(run.output.contains(": \(shown)\n"), "\(run.output)")
    }

    @Test func allVariablesAreShownOnRequest() throws {
        let text = "test_x if { y := 1; z := 2; z == 3 }"
        #expect(try !Self.run(text).output.contains("    y: 1\n"))
        #expect(try Self.run(text, ["--var-values"]).output.contains("    z: 2\n    y: 1\n"))
    }

    @Test func aValueThatIsNotTrueFails() throws {
        let run = try Self.run("test_x := 5\n\ntest_y contains 1")
        #expect(run.status == 2)
        #expect(run.output.contains("  the rule is 5, not true\n"), "\(run.output)")
        #expect(run.output.contains("  the rule is [1], not true\n"))
    }

    @Test func theSlowestComeFirstOnRequest() throws {
        let slow = "test_slow if count([1 | numbers.range(1, 20000)[_] = a; a > 0]) == 20000"
        let run = try Self.run(slow, ["-v", "--sort", "duration", "-p", "1"])
        #expect(run.output.hasPrefix("p.rego:6:\ndata.a.test_slow: PASS ("), "\(run.output)")
    }

    @Test func aConflictIsAnErrorOfItsTestAlone() throws {
        let run = try Self.run(
            """
            c := 1 if true
            c := 2 if true
            test_c if c == 1
            """)
        #expect(run.status == 2)
        #expect(run.output.contains("data.a.test_c: ERROR ("))
        #expect(run.output.contains("eval_conflict_error"))
        #expect(run.output.hasSuffix("PASS: 1/2\nERROR: 1/2\n"))
    }

    @Test func aTestThatTakesTooLongIsAnError() throws {
        let slow = "test_slow if { xs := numbers.range(1, 300); count([1 | "
            + "xs[_] = a; xs[_] = b; xs[_] = c; xs[_] = d; a + b + c + d < 0]) == 1 }"
        let run = try Self.run(slow, ["--timeout", "50ms"])
        #expect(run.status == 2)
        #expect(run.output.contains("evaluation took too long"), "\(run.output)")
    }

    @Test func whatIsPrintedWithoutEndIsCut() throws {
        let long = String(repeating: "long", count: 5_000)
        let text = "test_p if { some i in numbers.range(1, 200); print(\"\(long)\"); i < 0 }"
        let run = try Self.run(text)
        #expect(run.output.utf8.count < 2 << 20)
        #expect(run.output.contains("  (more is not shown)\n"))
    }

    @Test func bundlesAndIgnoredFilesAreLoadedAsElsewhere() throws {
        let files = [
            "b/t.rego": "package b\n\ntest_k if data.k == 1\n", "b/data.json": "{\"k\": 1}",
            "b/other.json": "{\"k\": 2}",
        ]
        #expect(try Invocation(["test", "-b", "b"], files: files).output == "PASS: 1/1\n")
        #expect(try Invocation(["test", "b"], files: files).status == 1)
        let ignoring = try Invocation(["test", "--ignore", "other*", "b"], files: files)
        #expect(ignoring.output == "PASS: 1/1\n", "\(ignoring.errors)")
    }

    @Test func whatIsToBeDoneIsSkipped() throws {
        let run = try Self.run("todo_test_later if false")
        #expect(run.status == 2)
        #expect(run.output.contains("data.a.todo_test_later: SKIPPED\n"))
        #expect(try Self.run("todo_test_later if false", ["-z"]).status == 0)
    }

    @Test func subTestsFailByName() throws {
        let run = try Self.run(
            """
            test_sum[tc.note] if {
                some tc in [
                    {"note": "right", "in": [1, 2], "out": 3},
                    {"note": "wrong", "in": [1, 2], "out": 4},
                ]
                sum(tc.in) == tc.out
            }

            test_nested[group][note] if {
                some group, cases in {"g": {"one": 1, "two": 2}}
                some note, x in cases
                x < 2
            }
            """, ["-v"])
        #expect(run.status == 2)
        #expect(run.output.contains("\n  right: PASS\n  wrong: FAIL\n"), "\(run.output)")
        #expect(run.output.contains("      sum(tc.in): 3\n      tc.out: 4\n"))
        #expect(run.output.contains("\n  g: FAIL\n    one: PASS\n    two: FAIL\n"))
        #expect(run.output.hasSuffix("\nPASS: 3/5\nFAIL: 2/5\n"))
    }

    @Test func rulesOfOneNameAreTestsOfTheirOwn() throws {
        let run = try Self.run("test_allowed if false")
        #expect(run.output.contains("data.a.test_allowed#01: FAIL ("))
        #expect(run.output.hasSuffix("PASS: 1/2\nFAIL: 1/2\n"))
    }

    @Test func aPatternChooses() throws {
        #expect(try Self.run("test_no if false", ["-r", "a\\.test_all"]).output == "PASS: 1/1\n")
        let none = try Self.run("", ["--run", "nothing"])
        #expect(none.status == 0 && none.output.isEmpty)
        #expect(try Self.run("", ["--run", "nothing", "--fail-on-empty"]).status == 1)
        let bad = try Self.run("", ["--run", "("])
        #expect(bad.status == 1 && bad.errors.contains("missing closing )"))
    }

    @Test func jsonHasOPAsKeys() throws {
        let run = try Self.run("test_no if { x := 1; x == 2 }", ["--format", "json"])
        let all = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let results = try #require(all as? [[String: Any]])
        #expect(results.count == 2)
        #expect(results[0]["name"] as? String == "test_allowed")
        #expect(results[0]["package"] as? String == "data.a")
        #expect(results[0]["fail"] == nil && results[0]["duration"] is NSNumber)
        #expect(results[1]["fail"] as? Bool == true)
        let failure = results[1]["failure"] as? [String: Any]
        #expect(failure?["expression"] as? String == "x == 2")
        #expect((failure?["values"] as? [String: Any])?["x"] as? Int == 1)
    }

    @Test func junitIsWellFormed() throws {
        let run = try Self.run(
            """
            test_no if { print("<&>\\u0001"); "<\\"&>" == "" }
            todo_test_later if false
            """, ["--format", "junit"])
        let read = ElementCounter()
        let parser = XMLParser(data: Data(run.output.utf8))
        parser.delegate = read
        #expect(parser.parse(), "\(run.output)")
        #expect(read.counts["testcase"] == 3 && read.counts["failure"] == 1)
        #expect(read.counts["skipped"] == 1 && read.counts["system-out"] == 1)
    }

    @Test func benchmarksAreGos() throws {
        let refused = try Self.run("", ["--format", "gobench"])
        #expect(refused.status == 1 && refused.errors.contains("--bench"))
        let run = try Self.run("", ["--format", "gobench", "--bench"])
        #expect(run.output.hasPrefix("BenchmarkDataATestAllowed\t"), "\(run.output)")
        #expect(run.output.hasSuffix(" ns/op\n"))
    }

    @Test func mistakesInPoliciesEndItAll() throws {
        let run = try Self.run("test_x if y == 1")
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(run.errors.contains("var y is unsafe"))
        #expect(try Invocation(["test", "nosuch"]).status == 1)
        let later = try Self.run("", ["--coverage-runs"])
        #expect(later.status == 1 && later.errors.contains("coverage of single tests"))
    }

    @Test func oldPoliciesAreTestedAsTheyAre() throws {
        let files = ["p.rego": "package a\n\ntest_x { x := 1; x == 2 }\n"]
        let run = try Invocation(["test", "--v0-compatible", "p.rego"], files: files)
        #expect(run.status == 2)
        #expect(run.output.contains("p.rego:3: x == 2\n    x: 1\n"), "\(run.output)")
    }

    @Test func aThousandTestsOfManyModulesPass() throws {
        var files: [String: String] = [:]
        for module in 0..<200 {
            var text = "package m\(module)\n\nallow if input.x == data.limits[\"\(module)\"]\n\n"
            for test in 0..<5 {
                text += "test_\(test) if allow with input as {\"x\": \(module)}\n\n"
            }
            files["p/m\(module).rego"] = text
        }
        let limits = (0..<200).map { "\"\($0)\": \($0)" }.joined(separator: ", ")
        files["p/data.json"] = "{\"limits\": {\(limits)}}"
        let run = try Invocation(["test", "p"], files: files)
        #expect(run.status == 0)
        #expect(run.output == "PASS: 1000/1000\n", "\(run.output) \(run.errors)")
    }

    @Test func theExamplesPass() throws {
        let folder = Invocation.projectRoot.appending(path: "examples/invoicing").path
        let run = try Invocation(["test", "\(folder)/policies", "\(folder)/data"])
        #expect(run.status == 0, "\(run.output)")
    }
}

private final class ElementCounter: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String] = [:]
    ) {
        counts[name, default: 0] += 1
    }
}
