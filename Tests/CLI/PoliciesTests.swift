import Foundation
import Testing

/// The product's own policies, in `Policies/`.
@Suite struct PoliciesTests {
    private static let folder = Invocation.projectRoot.appending(path: "Policies").path

    /// What the server asks of the system's policies, one package each.
    private static let areas = [
        "audit", "decision", "key", "me", "member", "organization", "platform", "policy", "service",
        "service_account", "setup",
    ].map { "ostiary/\($0)" }

    @Test func theirTestsPass() throws {
        let run = try Invocation(["test", Self.folder])
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.hasPrefix("PASS: "))
    }

    @Test func theyAreStrictAndFreeOfFindings() throws {
        let run = try Invocation(["check", "--strict", "--fail-on-lint", Self.folder])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test func theyAreFormatted() throws {
        let run = try Invocation(["fmt", "--fail", "-d", Self.folder])
        #expect(run.status == 0, "\(run.output)")
    }

    @Test(arguments: ["system/authz", "rbac/rbac", "abac/abac", "kubernetes/admission"] + areas)
    func eachSaysWhatItIs(_ name: String) throws {
        let text = try String(contentsOfFile: "\(Self.folder)/\(name).rego", encoding: .utf8)
        #expect(text.hasPrefix("# METADATA\n# title: "))
        #expect(text.contains("\n# description: ") && text.contains("\n# entrypoint: true\n"))
    }

    /// Where this fails, `make bundles` packs them anew.
    @Test(arguments: ["ostiary", "system", "rbac", "abac", "kubernetes"])
    func theBundlesAreThoseOfTheSources(_ name: String) throws {
        let run = try Invocation([
            "build", "--bundle", "\(Self.folder)/\(name)", "--ignore", "*_test.rego", "--base64",
        ])
        let bundle = Invocation.projectRoot.appending(path: "bundles/\(name).tar.gz")
        let kept = try Data(contentsOf: bundle).base64EncodedString()
        #expect(run.output == kept + "\n", "run `make bundles`")
    }

    @Test func everyExpressionIsReachedByATest() throws {
        let run = try Invocation(["test", "--threshold", "100", "\(Self.folder)/ostiary"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test func theBundlesAreLoadedTogether() throws {
        let bundles = ["ostiary", "system", "rbac", "abac", "kubernetes"].flatMap {
            ["-b", Invocation.projectRoot.appending(path: "bundles/\($0).tar.gz").path]
        }
        let run = try Invocation(
            ["eval", "-f", "raw"] + bundles + ["data.authorization.rbac.allow"])
        #expect(run.output == "false\n", "\(run.output)\(run.errors)")
    }

    /// What the server asks for is answered as OPA's authorization wants it.
    @Test func theSystemsPolicyAnswersWithAReason() throws {
        let files = [
            "input.json": #"{"identity": "ada", "method": "PUT", "path": ["v1", "policies", "a"]}"#,
            "data.json": #"{"access": {"subjects": {"ada": {"roles": ["author"]}}}}"#,
        ]
        let run = try Invocation(
            [
                "eval", "-d", "\(Self.folder)/system", "-d", "data.json", "-i", "input.json",
                "--format", "raw", "data.system.authz.allow",
            ], files: files)
        let wanted = #"{"allowed":false,"reason":"ada may not administer"}"#
        #expect(run.output == wanted + "\n", "\(run.errors)")
    }
}
