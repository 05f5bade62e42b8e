import Foundation
import Testing

/// The tests that stand beside the example's policies, and what the README shows of them.
@Suite struct ExampleTests {
    private static let folder = Invocation.projectRoot.appending(path: "examples/invoicing").path
    private static let loaded = ["-d", "\(folder)/policies", "-d", "\(folder)/data"]

    @Test func everyTestRuleOfTheExamplesHolds() throws {
        let text = try String(
            contentsOfFile: "\(Self.folder)/policies/invoicing_test.rego", encoding: .utf8)
        let names = text.split(separator: "\n").filter { $0.hasPrefix("test_") }
            .map { String($0.prefix { $0 != " " }) }
        #expect(names.count > 5)
        let run = try Invocation(["eval", "data.invoicing_test"] + Self.loaded)
        let rows = try run.json["result"] as? [[String: Any]]
        let expressions = rows?.first?["expressions"] as? [[String: Any]]
        let found = expressions?.first?["value"] as? [String: Any]
        for name in names { #expect(found?[name] as? Bool == true, "\(name) \(run.output)") }
    }

    @Test func theREADMEsInputIsRefusedForItsAmount() throws {
        let run = try Invocation(
            ["eval", "-f", "values", "-i", "\(Self.folder)/inputs/approval.json"]
                + Self.loaded + ["data.invoicing.reasons"])
        #expect(run.output.contains("only a controller approves more than 5000"))
    }
}
