package import RegoMachine
public import RegoSyntax

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
    }

    public init(code: Code, message: String, file: String, span: Span) {
        self.code = code
        self.message = message
        self.file = file
        self.span = span
    }
}

extension EvaluationFailure {
    package init(_ failure: Machine.Failure) {
        let prefix = failure.builtin.map { "\($0): " } ?? ""
        let place = Span(
            start: 0, end: 0, row: Int32(failure.row), column: Int32(failure.column))
        let (code, message) = EvaluationFailure.words(failure.error)
        let isOurs = code == .limit || code == .cancelled || code == .conflict
        self.init(
            code: code, message: isOurs ? message : prefix + message, file: failure.file,
            span: place)
    }

    /// A failure outside of the policy: of reading or writing a document.
    init(_ error: BuiltinError) {
        let (code, message) = EvaluationFailure.words(error)
        self.init(
            code: code, message: message, file: "",
            span: Span(start: 0, end: 0, row: 0, column: 0))
    }

    private static func words(_ error: BuiltinError) -> (Code, String) {
        switch error {
        case .operand(let position, let expected, let got):
            let types =
                expected.count == 1
                ? expected[0] : "one of {\(expected.joined(separator: ", "))}"
            return (.type, "operand \(position) must be \(types) but got \(got)")
        case .operandContent(let position, let message):
            return (.type, "operand \(position) \(message)")
        case .failed(let message): return (.builtin, message)
        case .conflict(let message): return (.conflict, message)
        case .cancelled: return (.cancelled, "evaluation was cancelled")
        case .limit(let limit): return (.limit, words(limit))
        }
    }

    private static func words(_ limit: BuiltinError.Limit) -> String {
        switch limit {
        case .steps: "evaluation takes too many steps"
        case .memory: "evaluation takes too much memory"
        case .callDepth: "rules call each other too deeply"
        case .nesting: "a value is nested too deeply"
        case .deadline: "evaluation took too long"
        case .numberDigits: "a number has too many digits"
        }
    }
}
