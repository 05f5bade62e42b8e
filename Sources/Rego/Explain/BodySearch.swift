import RegoMachine
import RegoSyntax

/// Finds the expression that ends a body without an answer: the body is evaluated again, one
/// expression more each time, and the first beginning of it without an answer ends with the one
/// that is looked for.
///
/// The variables have the values of the answer before. An expression that does not stand there,
/// since a later one binds what it needs, waits for that one.
struct BodySearch {
    let module: Module
    let policy: Policy
    let data: Document
    /// As JSON; `nil`: undefined.
    let input: [UInt8]?
    let evaluator: Evaluator
    let host: Host
    /// In the host's monotonic nanoseconds; what takes longer ends without a finding.
    let deadline: UInt64
    /// What variables are called in what is told: those of a function by what it was called with.
    var names: [String: String] = [:]

    private static let expressionsMax = 200

    enum Answer {
        /// The query does not compile, or ends with an error.
        case none
        case undefined
        case rows([ResultRow])
    }

    /// What became of a body.
    enum Finding {
        case holds([ResultRow])
        /// The expression, and those before it that held.
        case fails(EvaluatedExpression, Expression, after: [Expression])
        case unknown
    }

    var isOver: Bool { host.monotonic() >= deadline }

    /// - Parameter noted: The position of an expression without which there is nothing to find.
    func finding(in body: [Expression], noted: Int? = nil) -> Finding {
        var beginning: [Expression] = []
        var waiting: [Expression] = []
        var known: [ResultRow] = []
        for (index, expression) in body.prefix(BodySearch.expressionsMax).enumerated() {
            var turn = [expression]
            while !turn.isEmpty {
                guard !isOver else { return .unknown }
                let next = turn.removeFirst()
                switch answer(beginning + [next]) {
                case .none: waiting.append(next)
                case .rows(let rows):
                    beginning.append(next)
                    known = rows
                    turn += waiting
                    waiting = []
                case .undefined:
                    if noted == index && turn.isEmpty { return .unknown }
                    return inside(next, after: beginning)
                        ?? .fails(
                            evaluated(next, after: beginning, known), next, after: beginning)
                }
            }
        }
        return waiting.isEmpty ? .holds(known) : .unknown
    }

    func answer(_ body: [Expression]) -> Answer {
        guard let query = try? policy.prepare(body: body, in: module),
            let rows = try? rows(of: query)
        else { return .none }
        guard let first = rows.first else { return .undefined }
        // A query of one expression answers with its value even where that is false.
        let isFalse = body.count == 1 && first.expressions.first?.json == Array("false".utf8)
        return isFalse ? .undefined : .rows(rows)
    }

    /// As JSON, of a query's first expression; `nil`: undefined, or an error.
    func value(of body: [Expression]) -> [UInt8]? {
        guard let query = try? policy.prepare(body: body, in: module) else { return nil }
        return (try? rows(of: query))?.first?.expressions.first?.json
    }

    func rows(of query: PreparedQuery) throws(EvaluationFailure) -> [ResultRow] {
        guard let input else {
            return try unsafe evaluator.results(query, data: data, input: .undefined).rows
        }
        let span = input.span
        return try unsafe span.withUnsafeBytes { (bytes) throws(EvaluationFailure) in
            try unsafe evaluator.results(query, data: data, input: .json(bytes)).rows
        }
    }

    /// Looks into an `every` for an element that its body does not hold for, and for the expression
    /// of the body that it is not.
    private func inside(_ failed: Expression, after before: [Expression]) -> Finding? {
        guard case .every(let key, let value, let domain, let inner) = failed.kind else {
            return nil
        }
        func expression(_ kind: Expression.Kind) -> Expression {
            Expression(kind: kind, modifiers: failed.modifiers, span: failed.span)
        }
        var longer = before
        longer.append(expression(.someIn(key: key, value: value, domain: domain)))
        longer.append(expression(.not(inner, scoped: true)))
        guard case .rows(var rows) = answer(longer) else { return nil }
        for step in inner {
            guard !isOver else { return nil }
            var step = step
            step.modifiers += failed.modifiers
            switch answer(longer + [step]) {
            case .none: continue
            case .rows(let more): rows = more
            case .undefined:
                return .fails(evaluated(step, after: longer, rows), step, after: longer)
            }
            longer.append(step)
        }
        return nil
    }
}
