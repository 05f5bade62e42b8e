import RegoMachine
import RegoSyntax

/// Has the machine evaluate what touches nothing unknown.
@safe final class KnownValues {
    let policy: Policy
    private let data: Document
    private let input: InputDocument
    private let evaluator: Evaluator
    private let options: EvaluationOptions
    private let start: UInt64
    private var steps: Int64 = 0
    private var documents: [String: [ResolvedTerm]] = [:]

    init(
        policy: Policy, data: Document, input: InputDocument, evaluator: Evaluator,
        options: EvaluationOptions
    ) {
        self.policy = policy
        self.data = data
        unsafe self.input = unsafe input
        self.evaluator = evaluator
        self.options = options
        start = evaluator.now
    }

    /// Ends the work where it was cancelled, or its time or its steps are used up.
    func check() throws(EvaluationFailure) {
        if evaluator.cancellation.isRequested { throw EvaluationFailure(BuiltinError.cancelled) }
        if steps > evaluator.limits.steps { throw EvaluationFailure(BuiltinError.limit(.steps)) }
        let timeout = evaluator.limits.timeoutNanoseconds ?? PartialLimits.nanoseconds
        if evaluator.now - start > timeout {
            throw EvaluationFailure(BuiltinError.limit(.deadline))
        }
    }

    /// The values of some locals in each answer of an expression, in the order of the answers.
    func rows(
        _ expression: ResolvedExpression, binding locals: [LocalID], among table: LocalTable
    ) throws(EvaluationFailure) -> [[ResolvedTerm]] {
        var table = table
        let all = table.make(nil)
        let row = ResolvedTerm.array(locals.map { .local($0) })
        let gathered = ResolvedExpression(
            kind: .unify(.local(all), .arrayComprehension(row, [expression])),
            span: expression.span)
        let query = ResolvedQuery(
            body: [gathered], variables: [],
            expressions: [(.local(all), "", expression.span.span)], locals: table)
        let found = try value(of: query)
        guard case .array(let rows)? = found else { return [] }
        return rows.compactMap { if case .array(let values) = $0 { values } else { nil } }
    }

    /// The value of a term that binds nothing; `nil`: it is undefined.
    func value(
        _ term: ResolvedTerm, under modifiers: [ResolvedExpression.Modifier], at span: ResolvedSpan,
        among table: LocalTable
    ) throws(EvaluationFailure) -> ResolvedTerm? {
        var key: String?
        if modifiers.isEmpty, case .reference(.data, let path) = term,
            path.constantStart.count == path.count
        {
            key = path.constantStart.joined(separator: "\u{0}")
        }
        if let key, let known = documents[key] { return known.first }
        var table = table
        let local = table.make(nil)
        let expression = ResolvedExpression(
            kind: .unify(.local(local), term), modifiers: modifiers, span: span)
        let found = try rows(expression, binding: [local], among: table).first?.first
        if let key { documents[key] = found.map { [$0] } ?? [] }
        return found
    }

    /// A name for something below `data` that neither rules nor base documents have.
    func freeName(_ name: String, in tree: RuleTree) -> String {
        var free = name
        while tree.child(RuleTree.root, free) != nil || data.holdsValue(at: [free]) { free += "_" }
        return free
    }

    /// What base documents hold at a path, rules left out.
    func baseValue(at path: [String]) throws(EvaluationFailure) -> ResolvedTerm? {
        guard let json = data.json(at: path) else { return nil }
        let text = String(decoding: json, as: UTF8.self)
        let place = ResolvedSpan(file: 0, span: Span(start: 0, end: 0, row: 0, column: 0))
        let read = ResolvedTerm.call(.builtin("json.unmarshal"), [.string(text)], place)
        return try value(read, under: [], at: place, among: LocalTable())
    }

    private func value(of query: ResolvedQuery) throws(EvaluationFailure) -> ResolvedTerm? {
        let prepared: PreparedQuery
        do throws(CompileFailure) {
            prepared = try policy.prepared(query)
        } catch {
            throw EvaluationFailure(error)
        }
        let found = unsafe try evaluator.term(
            prepared, data: data, input: input, options: options)
        steps += found.steps
        try check()
        return found.value
    }
}

extension EvaluationFailure {
    /// What partial evaluation made and the planner refuses, such as bodies nested too deeply.
    fileprivate init(_ failure: CompileFailure) {
        let first = failure.diagnostics.first
        self.init(
            code: .limit, message: first?.message ?? "", file: first?.file ?? "",
            span: first?.span ?? Span(start: 0, end: 0, row: 0, column: 0))
    }
}
