import RegoMachine
import RegoSyntax

/// Finds the expression that made a test fail: its body is evaluated again, one expression more
/// each time, and the first beginning of it without an answer ends with the one that is looked for.
///
/// The variables have the values of the answer before. An expression that does not stand there,
/// since a later one binds what it needs, waits for that one.
struct FailureSearch {
    private let module: Module
    private let rule: Rule
    private let policy: Policy
    private let data: Document
    private let evaluator: Evaluator
    private let host: Host
    private let deadline: UInt64

    /// A search that takes longer ends without a finding.
    private static let nanosecondsMax: UInt64 = 2_000_000_000
    private static let expressionsMax = 200

    init(
        suite: TestSuite, test: TestRule, data: Document, evaluator: Evaluator, host: Host
    ) {
        module = suite.policy.modules[test.module]
        rule = module.rules[test.rule]
        policy = suite.policy
        self.data = data
        self.evaluator = evaluator
        self.host = host
        deadline = host.monotonic() + FailureSearch.nanosecondsMax
    }

    private enum Answer {
        /// The query does not compile, or ends with an error.
        case none
        case undefined
        case rows(first: ResultRow, count: Int)
    }

    /// - Parameter keys: Of a sub-test, as JSON; `nil`: of the rule as a whole.
    func failure(ofCase keys: [[UInt8]]?) -> FailedExpression? {
        let (body, noted) = body(ofCase: keys)
        var beginning: [Expression] = []
        var waiting: [Expression] = []
        var known: (row: ResultRow, count: Int)?
        for (index, expression) in body.prefix(FailureSearch.expressionsMax).enumerated() {
            var turn = [expression]
            while !turn.isEmpty {
                guard host.monotonic() < deadline else { return nil }
                let next = turn.removeFirst()
                switch answer(beginning + [next]) {
                case .none: waiting.append(next)
                case .rows(let first, let count):
                    beginning.append(next)
                    known = (first, count)
                    turn += waiting
                    waiting = []
                case .undefined:
                    // The sub-test itself is not found again: nothing can be said.
                    if noted == index && turn.isEmpty { return nil }
                    return inside(next, after: beginning) ?? failure(next, beginning, known)
                }
            }
        }
        return nil
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
            body[index] = FailureSearch.call(
                ["equal"], Term(.array(pairs.map(\.0)), rule.head.span),
                Term(.array(pairs.map(\.1)), rule.head.span), like: body[index])
            noted = index
        }
        if case .value(let value?, _) = rule.head.kind {
            body.append(Expression(kind: .term(value), span: value.span))
        }
        return (body, noted)
    }

    private static func call(
        _ name: [String], _ left: Term, _ right: Term, like expression: Expression
    ) -> Expression {
        let operation = Call(
            name: name, nameSpan: expression.span, arguments: [left, right],
            notation: .infix(name == ["assign"] ? ":=" : "=="))
        return Expression(
            kind: .term(Term(.call(operation), expression.span)),
            modifiers: expression.modifiers, span: expression.span)
    }

    private func answer(_ body: [Expression]) -> Answer {
        guard let query = try? policy.prepare(body: body, in: module),
            let rows = try? unsafe evaluator.results(query, data: data, input: .undefined).rows
        else { return .none }
        guard let first = rows.first else { return .undefined }
        // A query of one expression answers with its value even where that is false.
        let isFalse = body.count == 1 && first.expressions.first?.json == Array("false".utf8)
        return isFalse ? .undefined : .rows(first: first, count: rows.count)
    }

    /// Looks into an `every` for an element that its body does not hold for, and for the expression
    /// of the body that it is not.
    private func inside(
        _ failed: Expression, after before: [Expression]
    ) -> FailedExpression? {
        guard case .every(let key, let value, let domain, let inner) = failed.kind else {
            return nil
        }
        func expression(_ kind: Expression.Kind) -> Expression {
            Expression(kind: kind, modifiers: failed.modifiers, span: failed.span)
        }
        var longer = before
        longer.append(expression(.someIn(key: key, value: value, domain: domain)))
        longer.append(expression(.not(inner, scoped: true)))
        guard case .rows(var row, var count) = answer(longer) else { return nil }
        for step in inner {
            guard host.monotonic() < deadline else { return nil }
            var step = step
            step.modifiers += failed.modifiers
            switch answer(longer + [step]) {
            case .none: continue
            case .rows(let first, let all): (row, count) = (first, all)
            case .undefined: return failure(step, longer, (row, count))
            }
            longer.append(step)
        }
        return nil
    }

    // MARK: What the expression is made of

    private func failure(
        _ failed: Expression, _ before: [Expression], _ known: (row: ResultRow, count: Int)?
    ) -> FailedExpression {
        let bindings = known?.row.bindings ?? []
        var mentions = Mentions()
        mentions.add(failed)
        var values = bindings.filter { mentions.names.contains($0.name) }
            .map { (text: $0.name, json: Optional($0.json)) }
        for operand in FailureSearch.operands(of: failed) {
            let text = module.source.text(operand.span)
            guard !values.contains(where: { $0.text == text }), host.monotonic() < deadline,
                let value = value(of: operand, in: failed, after: before)
            else { continue }
            values.append((text, value.json))
        }
        return FailedExpression(
            text: module.source.text(failed.span), file: module.source.name, span: failed.span,
            values: values, variables: bindings.map { ($0.name, $0.json) },
            answerCount: known?.count ?? 1)
    }

    /// - Returns: `nil` where it cannot be told.
    private func value(
        of operand: Term, in expression: Expression, after before: [Expression]
    ) -> (json: [UInt8]?, Void)? {
        // No author's variable has such a name.
        let name = "operand#"
        let assignment = FailureSearch.call(
            ["assign"], Term(.variable(name), operand.span), operand, like: expression)
        switch answer(before + [assignment]) {
        case .none: return nil
        case .undefined: return (nil, ())
        case .rows(let first, _):
            return first.bindings.first { $0.name == name }.map { ($0.json, ()) }
        }
    }

    /// What stands on the sides of an operator or between parentheses, literals left out.
    private static func operands(of expression: Expression) -> [Term] {
        switch expression.kind {
        case .term(let term): operands(of: term)
        case .not(let body, _): body.count == 1 ? operands(of: body[0]) : []
        case .someIn(_, _, let domain), .every(_, _, let domain, _): [domain].filter(isTelling)
        case .someVariables, .and, .or: []
        }
    }

    private static func operands(of term: Term) -> [Term] {
        guard case .call(let call) = term.kind else { return [term].filter(isTelling) }
        return call.arguments.filter(isTelling)
    }

    private static func isTelling(_ term: Term) -> Bool {
        switch term.kind {
        case .variable(let name): !name.hasPrefix("$")
        case .reference, .call, .template: true
        case .arrayComprehension, .setComprehension, .objectComprehension: true
        case .null, .boolean, .number, .string, .array, .object, .set: false
        }
    }
}
