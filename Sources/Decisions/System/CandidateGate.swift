import Bundles
import Rego
import RegoMachine
import RegoSyntax

/// What a candidate must pass before it decides: it compiles, decides every area that the server
/// asks for, and its own tests, where it has any, pass.
struct CandidateGate: Sendable {
    let areas: [String]
    /// What tests see.
    let host: Host
    /// Of each test.
    let limits: Limits

    /// - Returns: The policy that passed.
    func passed(_ candidate: LoadedPolicy) throws(CandidateFault) -> Policy {
        let policy: Policy
        do throws(CompileFailure) {
            policy = try Policy(modules: candidate.modules, plans: candidate.plans)
        } catch {
            throw .modules(error.diagnostics)
        }
        let conflicts = policy.conflicts(with: candidate.data)
        guard conflicts.isEmpty else { throw .modules(conflicts) }
        let missing = areas.filter { !candidate.decides($0) }
        guard missing.isEmpty else { throw .areas(missing) }
        let failing = try failingTests(candidate)
        guard failing.isEmpty else { throw .tests(failing) }
        return policy
    }

    private func failingTests(_ candidate: LoadedPolicy) throws(CandidateFault) -> [String] {
        let suite: TestSuite
        do throws(CompileFailure) {
            suite = try TestSuite(modules: candidate.modules)
        } catch {
            throw .modules(error.diagnostics)
        }
        let runner = TestRunner(suite: suite, data: candidate.data, host: host, limits: limits)
        return suite.tests.filter { test in
            let result = runner.run(test)
            return !result.isPassed && !result.isSkipped
        }.map(\.fullName)
    }
}

extension LoadedPolicy {
    /// Whether a rule or a plan stands at `data.ostiary.<area>.decision`.
    fileprivate func decides(_ area: String) -> Bool {
        let path = ["ostiary", area, "decision"]
        return plans.entrypoints.contains(path.joined(separator: "/"))
            || modules.contains { module in
                module.rules.contains { module.package + $0.head.constantPath == path }
            }
    }
}

extension Rule.Head {
    /// The name and the strings behind it; empty for a function, which is no document.
    fileprivate var constantPath: [String] {
        guard arguments == nil else { return [] }
        var names = [name]
        for term in path {
            guard case .string(let text) = term.kind else { return [] }
            names.append(text)
        }
        return names
    }
}
