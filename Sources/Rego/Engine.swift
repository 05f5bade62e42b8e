public import RegoMachine
public import RegoSyntax

/// A compiled policy: modules in, plans out. Immutable, shared by any number of threads.
public final class Policy: Sendable {
    public let modules: [Module]
    let builtins: [Builtin]

    /// - Throws: every diagnostic of every module.
    public init(
        modules: [Module], builtins: [Builtin] = Builtin.all, options: CompileOptions = .init()
    ) throws(CompileFailure) {
        self.modules = modules
        self.builtins = builtins
    }

    /// Where a rule's path is also in the base document, or below a scalar of it: what OPA's
    /// command line and server refuse (`rego_compile_error`), and the engine itself does not.
    public func conflicts(with data: Document) -> [Diagnostic] { preconditionFailure("contract") }

    /// A query such as `data.authz.allow == true; x := input.y`, ready for any thread.
    /// - Parameter imports: As the text after `import`, such as `data.authz`.
    /// - Parameter package: Where names of rules are looked up, such as `authz`.
    public func prepare(
        query: String, package: String? = nil, imports: [String] = []
    ) throws(CompileFailure) -> PreparedQuery { preconditionFailure("contract") }

    /// The decision at a path of `data`, such as `["authz", "allow"]`: base, virtual, or both.
    public func prepare(path: [String]) throws(CompileFailure) -> PreparedQuery {
        preconditionFailure("contract")
    }
}

public struct CompileOptions: Sendable {
    /// Whether `print` writes, or vanishes at compile time.
    public var printEnabled = true
    public var strict = false
    public init() {}
}

/// Why a policy or a query did not compile; never empty.
public struct CompileFailure: Error, Sendable {
    public let diagnostics: [Diagnostic]
    public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}

/// A query ready to run.
public final class PreparedQuery: Sendable {
    /// True where an evaluation may wait for the world: never on an event loop.
    public let mayBlock: Bool
    init(mayBlock: Bool) { self.mayBlock = mayBlock }
}

/// The input document of one evaluation. The bytes must outlive the call.
@unsafe public enum InputDocument {
    case undefined
    /// The document as JSON.
    case json(UnsafeRawBufferPointer)
    /// A JSON object whose `input` is the document; without one, it is undefined.
    case envelope(UnsafeRawBufferPointer)
}

public struct EvaluationOptions: Sendable {
    /// A failing builtin ends the evaluation; otherwise it is undefined.
    public var strictBuiltinErrors = false
    /// Steps after which `EvaluationFailure.Code.budget` is thrown, for event loops; `nil`: none.
    public var stepBudget: Int64?
    public init() {}
}

/// What one decision was.
public struct Outcome: Sendable {
    /// False where the query is undefined; nothing was written then.
    public var isDefined: Bool
    /// False where an envelope had no `input`.
    public var hasInput: Bool
    /// What builtins failed with, where they do not end the evaluation.
    public var builtinErrors: [EvaluationFailure]
}

/// One row of a query's answer.
public struct ResultRow: Sendable {
    /// Variable names and their values as JSON.
    public var bindings: [(name: String, json: [UInt8])]
    /// The values of the expressions as written, as JSON, with their text and place in the query.
    public var expressions: [(json: [UInt8], text: String, span: Span)]
}

/// Why an evaluation gave no answer.
public struct EvaluationFailure: Error, Sendable {
    public var code: Code
    /// Starts with the builtin's name where one failed: `div: divide by zero`.
    public var message: String
    public var file: String
    public var span: Span

    public enum Code: String, Sendable {
        case builtin = "eval_builtin_error"
        case type = "eval_type_error"
        case conflict = "eval_conflict_error"
        case cancelled = "eval_cancel_error"
        /// One of `Limits` was exceeded; the message says which.
        case limit = "eval_limit_error"
        /// `EvaluationOptions.stepBudget` is used up.
        case budget = "eval_budget_error"
        /// The input is no JSON.
        case input = "invalid_input"
        case withMerge = "eval_with_merge_error"
        case `internal` = "eval_internal_error"
    }
}

/// Runs prepared queries on one thread at a time; its memory and caches serve one evaluation after
/// the other. Make one a thread, or one an event loop.
public final class Evaluator {
    public init(host: Host, limits: Limits = .init()) {}

    /// From bytes to bytes: evaluates, and appends the JSON of the one result to `output`.
    /// The result of a query with several expressions is that of the first.
    public func decide(
        _ query: PreparedQuery, data: Document, input: InputDocument,
        options: EvaluationOptions = .init(), into output: inout [UInt8]
    ) throws(EvaluationFailure) -> Outcome { preconditionFailure("contract") }

    /// Every answer of a query, in no promised order.
    public func results(
        _ query: PreparedQuery, data: Document, input: InputDocument,
        options: EvaluationOptions = .init()
    ) throws(EvaluationFailure) -> (rows: [ResultRow], outcome: Outcome) {
        preconditionFailure("contract")
    }

    /// Ends the evaluation under way, from any thread.
    public var cancellation: Cancellation { preconditionFailure("contract") }
}

extension Builtin {
    /// Every builtin of this build, in the order of their families.
    public static let all: [Builtin] = []
}
