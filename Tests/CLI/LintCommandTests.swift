import Foundation
import Testing

/// `ostiary check --lint`, from outside.
@Suite struct LintCommandTests {
    private static let files = ["p.rego": "package a\n\nimport data.b\n\np := 1\n"]
    private static let finding = """
        1 finding:
        p.rego:3: unused-import: `import data.b` is not used
        \timport data.b
        \t^^^^^^^^^^^^^
        \thint: remove the import

        """

    private func check(
        _ arguments: String..., settings: String? = nil, files: [String: String] = files
    ) throws -> Invocation {
        var files = files
        files[".ostiary.yaml"] = settings
        return try Invocation(["check"] + arguments, files: files)
    }

    @Test(arguments: [
        ("lint: {}", "unknown name `lint`"), ("lints: {rules: {unused: ignore}}", "`unused`"),
        ("lints: {rules: {unused-rule: off}}", "must be an object"),
        ("lints: {rules: {unused-rule: never}}", "a level is one of"),
        ("lints: {ignore: vendor}", "must be an array"), ("lints: {ignore: ['{a']}", "no pattern"),
        ("[", "yaml: "), ("lints: [1]", "must be an object"),
    ])
    func settingsThatMakeNoSenseAreRefused(_ settings: String, _ message: String) throws {
        let run = try check("--lint", "p.rego", settings: settings)
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains(".ostiary.yaml: ") && run.errors.contains(message))
    }

    @Test func settingsThatAreNamedMustBeThere() throws {
        let run = try check("--lint", "--lint-config", "absent.yaml", "p.rego")
        #expect(run.status == 1)
        #expect(run.errors.contains("absent.yaml"))
    }

    @Test func withoutTheFlagNothingIsSaid() throws {
        let run = try check("p.rego", settings: "nonsense: 1")
        #expect(run.status == 0 && run.output.isEmpty && run.errors.isEmpty)
    }

    @Test func findingsAreWarnings() throws {
        let run = try check("--lint", "p.rego")
        #expect(run.status == 0)
        #expect(run.output == Self.finding)
        #expect(try check("--fail-on-lint", "p.rego").status == 1)
        #expect(try check("--fail-on-lint", "p.rego", files: ["p.rego": "package a\n"]).status == 0)
    }

    @Test(arguments: [
        "lints: {rules: {unused-import: ignore}}", "lints: {ignore: ['*.rego']}",
        "lints: {ignore: ['./p.rego', 'p.*']}",
        "lints: {rules: {unused-import: {ignore: ['**/p.rego', 'p.rego']}}}",
    ])
    func settingsSilence(_ settings: String) throws {
        let run = try check("--fail-on-lint", ".", settings: settings)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test func foldersAreSilencedByTheirPaths() throws {
        let files = ["vendor/x/p.rego": "package a\n\nimport data.b\n", "p.rego": "package c\n"]
        let settings = "lints: {ignore: ['vendor/**']}"
        let silent = try check("--fail-on-lint", "./vendor", settings: settings, files: files)
        #expect(silent.status == 0)
        #expect(try check("--fail-on-lint", "vendor", files: files).status == 1)
    }

    @Test func settingsMakeErrors() throws {
        let run = try check("--lint", "p.rego", settings: "lints: {rules: {unused-import: error}}")
        #expect(run.status == 1)
        #expect(run.output == Self.finding)
    }

    @Test func findingsAreJSONForScripts() throws {
        let run = try check("--lint", "-f", "json", "p.rego")
        let found = try #require((try run.json["lints"] as? [[String: Any]])?.first)
        #expect(found["code"] as? String == "unused-import")
        #expect(found["level"] as? String == "warning")
        let location = try #require(found["location"] as? [String: Any])
        #expect(location["file"] as? String == "p.rego" && location["row"] as? Int == 3)
    }

    private func results(_ run: Invocation) throws -> [[String: Any]] {
        let runs = try #require(try run.json["runs"] as? [[String: Any]])
        #expect(try run.json["version"] as? String == "2.1.0")
        return try #require(runs.first?["results"] as? [[String: Any]])
    }

    @Test func findingsAreSARIFForCodeScanning() throws {
        let found = try results(try check("--lint", "--format", "sarif", "p.rego"))
        #expect(found.map { $0["ruleId"] as? String } == ["unused-import"])
        let place = try #require((found[0]["locations"] as? [[String: Any]])?.first)
        let physical = try #require(place["physicalLocation"] as? [String: Any])
        #expect((physical["artifactLocation"] as? [String: Any])?["uri"] as? String == "p.rego")
        #expect((physical["region"] as? [String: Any])?["startLine"] as? Int == 3)
    }

    @Test func errorsAreSARIFToo() throws {
        let files = ["a b.rego": "package a\n\np := )\n"]
        let run = try check("--format", "sarif", "a b.rego", files: files)
        #expect(run.status == 1)
        let found = try results(run)
        #expect(found.map { $0["level"] as? String } == ["error"])
        #expect(run.output.contains("\"a%20b.rego\""))
        let none = try results(try check("--format", "sarif", "p.rego"))
        #expect(none.isEmpty)
    }

    @Test func theExampleHasNoFindings() throws {
        let example = Invocation.projectRoot.appending(path: "examples").path
        let run = try check("--fail-on-lint", example)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test func lintsAreListed() throws {
        let run = try check("--list-lints")
        #expect(run.output.contains("\n## unused-import\n"))
    }
}
