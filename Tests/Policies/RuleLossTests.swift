import Bundles
import Foundation
import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// Every rule that permits or denies is held by a test: without it, one fails.
@Suite struct RuleLossTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The rules that a verdict is made from.
    private static let kinds: Set<String> = ["permits", "denials", "obligations"]

    private static func modules() throws -> [Module] {
        try PolicyLoader().load([root.appending(path: "Policies/ostiary").path]).modules
    }

    @Test func nothingFailsWhileAllRulesAreThere() throws {
        #expect(try Self.failure(in: Self.modules(), first: "") == nil)
    }

    @Test(
        arguments: [
            "account", "audit", "bypass", "decision", "domain", "downtime", "key", "maintenance",
            "me", "member", "organization", "platform", "policy", "service", "service_account",
            "setup", "standing", "usage",
        ])
    func aRuleThatIsLostFailsATest(_ area: String) async throws {
        let modules = try Self.modules()
        let index = try #require(modules.firstIndex { $0.package == ["ostiary", area] })
        let rules = modules[index].rules.indices.filter {
            Self.kinds.contains(modules[index].rules[$0].head.name)
        }
        #expect(!rules.isEmpty)
        for rule in rules {
            // Tests that wait for a server share their few threads with this one.
            await Task.yield()
            var fewer = modules
            fewer[index].rules[rule].neverHolds()
            let row = modules[index].rules[rule].span.row
            #expect(
                try Self.failure(in: fewer, first: area) != nil,
                "no test notices that \(area).rego:\(row) is lost")
        }
    }

    @Test func everyModuleWithSuchRulesIsLookedAt() throws {
        let found = try Self.modules().filter { module in
            module.rules.contains { Self.kinds.contains($0.head.name) }
        }
        #expect(found.count == 21)
    }

    /// The first test that fails.
    /// - Parameter area: Whose tests are run before the others; what areas share is tested with
    ///   verdicts.
    private static func failure(in modules: [Module], first area: String) throws -> String? {
        let suite = try TestSuite(modules: modules)
        let runner = TestRunner(suite: suite, data: .empty, host: .system, limits: Limits())
        let isShared = ["bypass", "standing"].contains(area)
        let own = "data.ostiary.\(isShared ? "verdict" : area)_test"
        let tests =
            suite.tests.filter { $0.package == own }
            + suite.tests.filter { $0.package != own }
        return tests.first { !runner.run($0).isPassed }?.fullName
    }
}

extension Rule {
    fileprivate mutating func neverHolds() {
        body = [Expression(kind: .term(Term(.boolean(false), span)), span: span)]
    }
}
