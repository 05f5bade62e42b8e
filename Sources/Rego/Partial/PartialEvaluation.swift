// Partial evaluation: what of a query is known is evaluated, and what is left is Rego again.
//
// The residual is a list of queries, of which any answer is an answer of the whole, and support
// modules that these read. It is made over the resolved modules by `PartialEvaluator`, a symbolic
// evaluator whose state is the `Strand`: an expression makes each strand none, one or several. What
// touches nothing unknown (`Reach`) goes to the machine; the machine alone says what values are.
//
// Invariants:
// - The residual, evaluated with the unknowns given, has the answers of the query. Where a rule's
//   expansion would lose something (a conflict, a default, an order, how often something holds) it
//   is not expanded but kept as a support rule.
// - Nothing is expanded without limit: `PartialLimits`.
//
// Absent on purpose: any look at what the residual is for. Filters of other languages are made of
// its syntax tree elsewhere.
public import RegoMachine
public import RegoSyntax

/// What partial evaluation takes for unknown, and what it leaves alone.
public struct PartialOptions: Sendable {
    /// References such as `input` and `data.reports`, as Rego writes them.
    public var unknowns = ["input"]
    /// References to rules that become support rules: `data.authz.allow`.
    public var disableInlining: [String] = []
    /// No rule is expanded that reads unknowns.
    public var shallowInlining = false
    /// `time.now_ns` and its like are called, and not left for later.
    public var nondeterministicBuiltins = false
    public var limits = PartialLimits()

    public init() {}
}

/// How much one partial evaluation may take.
public struct PartialLimits: Sendable {
    /// Expressions that are looked at.
    public var steps = 200_000
    /// Queries, alternatives of one rule, and support rules.
    public var queries = 10_000
    /// Rules that are expanded inside each other.
    public var depth = 200
    /// Parts of all terms and values.
    public var termParts = 20_000_000
    /// Where the evaluator has no time limit of its own.
    static let nanoseconds: UInt64 = 60_000_000_000

    public init() {}
}

/// What is left of a query.
public struct Residual: Sendable {
    /// Any answer of any of them is an answer. None: the query is undefined whatever the unknowns
    /// are; one without expressions: it is true.
    public let queries: [Query]
    /// Packages below `partial` with the rules that the queries read.
    public let support: [Module]

    public struct Query: Sendable {
        /// Empty for the query that is true.
        public let text: String
        public let source: Source
        public let body: [Expression]
    }
}

/// A query that is to be evaluated partially, ready for any thread.
public final class PreparedPartial: Sendable {
    let policy: Policy
    let query: ResolvedQuery
    let options: PartialOptions
    let unknowns: [DocumentPath]
    /// The paths of rules.
    let disabled: [[String]]

    init(_ policy: Policy, _ query: ResolvedQuery, _ options: PartialOptions)
        throws(CompileFailure)
    {
        self.policy = policy
        self.query = query
        self.options = options
        unknowns = try options.unknowns.map { (text) throws(CompileFailure) in
            try Self.path(text, of: "unknown")
        }
        disabled = try options.disableInlining.map { (text) throws(CompileFailure) in
            try Self.path(text, of: "inlining").elements
        }
    }

    /// The constant beginning of a reference.
    private static func path(
        _ text: String, of option: String
    ) throws(CompileFailure) -> DocumentPath {
        let parsed = try? Parser.query(Source(name: "", text: text)).get()
        guard let parsed, parsed.count == 1, case .term(let term) = parsed[0].kind,
            let path = DocumentPath(term)
        else {
            throw CompileFailure(
                message: "\(option) `\(text)`: not a reference into input or data")
        }
        return path
    }
}

extension DocumentPath {
    /// `nil` where the term is no reference into `input` or `data`.
    init?(_ term: Term) {
        var names: [String] = []
        var head = term
        if case .reference(let start, let path) = term.kind {
            head = start
            for element in path {
                guard case .string(let name) = element.kind else { break }
                names.append(name)
            }
        }
        switch head.kind {
        case .variable("input"): self.init(.input, names)
        case .variable("data"): self.init(.data, names)
        default: return nil
        }
    }
}

extension Policy {
    /// A query that is to be evaluated without knowing all.
    ///
    /// It is read as the body of a rule: an expression that is `false` is no answer.
    /// - Parameters: As those of `prepare`.
    /// - Throws: what is wrong with the query, the package, an import, or the options.
    public func preparePartial(
        query: String, package: String? = nil, imports: [String] = [],
        version: LanguageVersion = .v1, options: PartialOptions = .init()
    ) throws(CompileFailure) -> PreparedPartial {
        guard plans.isEmpty else {
            throw CompileFailure(
                message: "plans have no rules to evaluate partially: load the sources")
        }
        let resolved = try resolve(
            query: query, package: package, imports: imports, version: version)
        return try PreparedPartial(self, resolved.asBody, options)
    }
}

extension ResolvedQuery {
    /// The expressions as a rule's body has them: no values are kept, and none may be `false`.
    fileprivate var asBody: ResolvedQuery {
        let values = Set(expressions.compactMap(\.value.local))
        var plain = self
        plain.body = body.compactMap { expression in
            var expression = expression
            switch expression.kind {
            case .unify(.local(let local), let term) where values.contains(local):
                expression.kind = .term(term)
            case .term(.local(let local)) where values.contains(local): return nil
            default: break
            }
            return expression
        }
        plain.expressions = []
        return plain
    }
}

extension Evaluator {
    /// What is left of a query when all that is known has been evaluated.
    /// - Parameter input: What of it stands under an unknown is not looked at.
    /// - Throws: what the evaluation of something known fails with, and `limit` where one of
    ///   `PartialLimits` is exceeded.
    public func residual(
        of prepared: PreparedPartial, data: Document, input: InputDocument,
        options: EvaluationOptions = .init()
    ) throws(EvaluationFailure) -> Residual {
        let known = unsafe KnownValues(
            policy: prepared.policy, data: data, input: input, evaluator: self, options: options)
        let evaluator = PartialEvaluator(prepared, known)
        return try evaluator.residual()
    }
}
