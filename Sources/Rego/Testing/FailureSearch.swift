import RegoMachine
import RegoSyntax

/// Finds the expression that made a test fail, by evaluating its body again.
struct FailureSearch {
    private let rule: Rule
    private let bodies: BodySearch

    /// A search that takes longer ends without a finding.
    private static let nanosecondsMax: UInt64 = 2_000_000_000

    init(
        suite: TestSuite, test: TestRule, data: Document, evaluator: Evaluator, host: Host
    ) {
        let module = suite.policy.modules[test.module]
        rule = module.rules[test.rule]
        bodies = BodySearch(
            module: module, policy: suite.policy, data: data, input: nil, evaluator: evaluator,
            host: host, deadline: host.monotonic() + FailureSearch.nanosecondsMax)
    }

    /// - Parameter keys: Of a sub-test, as JSON; `nil`: of the rule as a whole.
    func failure(ofCase keys: [[UInt8]]?) -> EvaluatedExpression? {
        let (body, noted) = body(ofCase: keys)
        // Where the sub-test itself is not found again, nothing can be said.
        guard case .fails(let failed, _, _) = bodies.finding(in: body, noted: noted) else {
            return nil
        }
        return failed
    }

    /// The body and the value behind it, and where it is bound to one sub-test.
    private func body(ofCase keys: [[UInt8]]?) -> ([Expression], Int?) {
        var body = rule.body
        var noted: Int?
        if let keys, let (index, terms) = rule.testCase, terms.count == keys.count {
            let pairs = zip(terms, keys).compactMap { term, key -> (Term, Term)? in
                let source = Source(name: "", bytes: key)
                return (try? Parser.term(source).get()).map { (term, $0) }
            }
            body[index] = BodySearch.call(
                ["equal"], Term(.array(pairs.map(\.0)), rule.head.span),
                Term(.array(pairs.map(\.1)), rule.head.span), like: body[index])
            noted = index
        }
        if case .value(let value?, _) = rule.head.kind {
            body.append(Expression(kind: .term(value), span: value.span))
        }
        return (body, noted)
    }
}
