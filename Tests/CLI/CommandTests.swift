import Foundation
import Testing

/// The other commands, from outside.
@Suite struct CommandTests {
    private static let good = ["p.rego": "package a\n\np := 1\n"]
    private static let bad = ["p.rego": "package a\n\np := )\n\nq := ]\n"]

    @Test func checkIsSilentWhereAllIsWell() throws {
        let run = try Invocation(["check", "."], files: Self.good)
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.errors.isEmpty)
    }

    @Test func checkShowsEveryErrorOfAFile() throws {
        let run = try Invocation(["check", "p.rego"], files: Self.bad)
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("2 errors occurred:\n"), "\(run.errors)")
        let json = try Invocation(["check", "-f", "json", "p.rego"], files: Self.bad)
        #expect(json.errors.contains(#""code": "rego_parse_error""#))
    }

    @Test func parsePrintsATree() throws {
        let pretty = try Invocation(["parse", "p.rego"], files: Self.good)
        #expect(pretty.output.hasPrefix("module\n package\n"))
        let json = try Invocation(["parse", "-f", "json", "p.rego"], files: Self.good)
        #expect(try json.json["rules"] as? [Any] != nil)
        #expect(try Invocation(["parse", "p.rego"], files: Self.bad).status == 1)
    }

    @Test func versionAndHelpAreNoErrors() throws {
        #expect(try Invocation(["version"]).output.contains("Rego Version: v1"))
        #expect(try Invocation(["--help"]).status == 0)
        #expect(try Invocation(["eval", "--help"]).output.contains("ostiary eval"))
    }

    @Test func benchChecksAnswersFirst() throws {
        let files = [
            "p.rego": "package a\n\nallow if input.x > 1\n",
            "inputs.jsonl": "{\"x\": 1}\n{\"x\": 2}\n",
            "right.jsonl": "{\"undefined\": true}\n{\"result\": true}\n",
            "wrong.jsonl": "{\"undefined\": true}\n{\"result\": false}\n",
        ]
        let arguments = [
            "bench", "-d", "p.rego", "--inputs", "inputs.jsonl", "--duration", "20ms", "--count",
            "1", "--format", "json", "data.a.allow", "--expected",
        ]
        let right = try Invocation(arguments + ["right.jsonl"], files: files)
        #expect(right.status == 0, "\(right.errors)")
        let keys = [
            "ns_per_decision", "p50_ns", "p90_ns", "p99_ns", "decisions_per_second", "threads",
        ]
        for key in keys { #expect(try right.json[key] is NSNumber, "\(key)") }
        let wrong = try Invocation(arguments + ["wrong.jsonl"], files: files)
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("input 2"))
    }

    @Test func benchRunsOnSeveralThreads() throws {
        let run = try Invocation([
            "bench", "--threads", "2", "--duration", "20ms", "--count", "1", "1 + 1",
        ])
        #expect(run.output.contains("2 threads"))
    }
}
