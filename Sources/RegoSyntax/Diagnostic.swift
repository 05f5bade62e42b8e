/// What is wrong with a source, where, and what to do about it.
///
/// One type for lexer, parser and compiler. `code` is OPA's (`rego_parse_error`,
/// `rego_compile_error`, `rego_unsafe_var_error`, `rego_type_error`, `rego_recursion_error`).
public struct Diagnostic: Error, Sendable, Hashable {
    public var code: Code
    /// One lower-case clause, the author's text in backticks, as OPA words it where it does.
    public var message: String
    /// The source's name.
    public var file: String
    public var span: Span
    /// What to do, where we know.
    public var hint: String?

    public enum Code: String, Sendable, Hashable {
        case parse = "rego_parse_error"
        case compile = "rego_compile_error"
        case type = "rego_type_error"
        case unsafeVariable = "rego_unsafe_var_error"
        case recursion = "rego_recursion_error"
    }

    public init(code: Code, message: String, file: String, span: Span, hint: String? = nil) {
        self.code = code
        self.message = message
        self.file = file
        self.span = span
        self.hint = hint
    }
}
