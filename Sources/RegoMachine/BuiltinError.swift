/// Why a builtin, or a part of the machine, gives no value. The machine adds the builtin's name and
/// the place in the source, and decides by its mode whether the query ends or is undefined there.
public enum BuiltinError: Error, Sendable, Hashable {
    /// An operand of the wrong type; `position` counts from 1, `expected` are Rego's type names.
    /// OPA's `eval_type_error`.
    case operand(position: Int, expected: [String], got: String)
    /// An operand of the right type and a wrong content; the message follows `operand N `.
    /// OPA's `eval_type_error`.
    case operandContent(position: Int, message: String)
    /// The builtin itself failed: OPA's `eval_builtin_error`.
    case failed(String)
    /// Two values where one may be: OPA's `eval_conflict_error`. Never hidden.
    case conflict(String)
    /// One of `Limits` was exceeded. Never hidden.
    case limit(Limit)
    /// The caller cancelled the evaluation. Never hidden.
    case cancelled

    public enum Limit: String, Sendable, Hashable {
        case steps, memory, callDepth, nesting, deadline, numberDigits
    }
}
