import Foundation
import Testing

/// `eval --profile` and `eval --coverage`: what an evaluation did, line by line.
@Suite struct ProfileTests {
    private static let policy = """
        package p

        allow if {
            some name in input.names
            allowed(name)
            name != "bob"
        }

        allowed(name) if startswith(name, "b")

        other if input.never

        level := 1 if input.kind == "a"

        level := 2 if input.kind == "b"

        level := 3 if input.kind == "c"
        """
    private static let files = [
        "p.rego": policy, "in.json": #"{"names": ["ada", "bob", "bea", "cyd"], "kind": "b"}"#,
    ]

    private static func run(_ arguments: [String]) throws -> Invocation {
        try Invocation(["eval", "-d", "p.rego", "-i", "in.json"] + arguments, files: files)
    }

    private static func lines(_ run: Invocation, _ name: String) throws -> [[String: Any]] {
        try #require(try run.json[name] as? [[String: Any]], "\(run.output)\(run.errors)")
    }

    private static func row(_ line: [String: Any]) -> Int? {
        (line["location"] as? [String: Any])?["row"] as? Int
    }

    @Test(arguments: [
        ["--profile-sort", "speed", "1"], ["--profile-limit", "x", "1"],
        ["--profile-sort", "num_eval,speed", "1"],
    ])
    func ordersThatAreNoneAreRefused(_ arguments: [String]) throws {
        let run = try Self.run(arguments)
        #expect(run.status == 1 && run.output.isEmpty)
    }

    @Test func evaluationsAndSolutionsAreCounted() throws {
        let run = try Self.run(["--profile", "--profile-limit", "0", "data.p.allow"])
        #expect(try run.json["metrics"] is [String: Any])
        var counts: [Int: [Int]] = [:]
        for line in try Self.lines(run, "profile") where line["total_time_ns"] is Int {
            let location = line["location"] as? [String: Any]
            guard location?["file"] as? String == "p.rego" else { continue }
            let names = ["num_eval", "num_redo", "num_gen_expr"]
            counts[Self.row(line) ?? 0] = names.compactMap { line[$0] as? Int }
        }
        // ada and bob do not fulfil all, bea does: nobody asks for the name after hers.
        #expect(counts[4] == [1, 3, 1])
        #expect(counts[5] == [3, 2, 1])
        #expect(counts[6] == [2, 1, 1])
        #expect(counts[9] == [3, 2, 1])
        #expect(counts[11] == nil)
    }

    @Test func whatAnIndexPassesOverIsNotEvaluated() throws {
        let run = try Self.run(["--profile", "--profile-limit", "0", "data.p.level"])
        let rows = try Self.lines(run, "profile").compactMap(Self.row)
        #expect(rows.contains(15) && !rows.contains(13) && !rows.contains(17), "\(rows)")
    }

    @Test func theOrderAndTheNumberOfLinesAreGiven() throws {
        let run = try Self.run(
            ["--profile-sort", "num_redo,line", "--profile-limit", "2", "data.p.allow"])
        let lines = try Self.lines(run, "profile")
        #expect(lines.count == 2)
        #expect(Self.row(lines[0]) == 4)
    }

    @Test func severalRunsAreAggregated() throws {
        let run = try Self.run(["--profile", "--count", "3", "data.p.allow"])
        let lines = try Self.lines(run, "aggregated_profile")
        let times = lines.first?["total_time_ns_stats"] as? [String: Any]
        #expect(times?["mean"] is Int && times?["99%"] is Int)
        #expect(lines.first?["num_eval"] is Int)
        #expect(try run.json["profile"] == nil)
    }

    @Test func prettyIsATable() throws {
        let run = try Self.run(["--profile", "-f", "pretty", "data.p.allow"])
        #expect(run.output.contains("│ Num Eval │ Num Redo │ Num Gen Expr │"), "\(run.output)")
        #expect(run.output.contains("│ p.rego:4 ") && run.output.contains("│ query:1 "))
    }

    @Test func coverageStandsBesideTheAnswer() throws {
        let run = try Self.run(["--coverage", "data.p.allow"])
        #expect(try run.json["result"] != nil)
        let coverage = try #require(try run.json["coverage"] as? [String: Any], "\(run.output)")
        let file = (coverage["files"] as? [String: [String: Any]])?["p.rego"]
        let missing = file?["not_covered"] as? [[String: [String: Int]]]
        #expect(missing?.first?["start"]?["row"] == 11)
        #expect(coverage["not_covered_lines"] as? Int == 4)
        let pretty = try Self.run(["--coverage", "-f", "pretty", "data.p.allow"])
        #expect(pretty.output.contains("p.rego:11: nothing asked for the rule"))
    }

    @Test func coverageAndProfileGoTogether() throws {
        let run = try Self.run(["--coverage", "--profile", "data.p.level"])
        #expect(try run.json["profile"] != nil && run.json["coverage"] != nil)
    }
}
