/// The door of the room: Rego text in, syntax tree or diagnostics out.
///
/// The lexer cuts the whole source into tokens; `Grammar` reads them by recursive descent, with
/// OPA's operator precedence and OPA's rules about spaces and newlines, and goes back by index
/// where Rego cannot be told apart from the left (`{` begins a set, an object, a comprehension
/// or a body). What such an attempt found out is kept, so that nesting cannot make it
/// exponential; nesting itself is limited, so that no text can exhaust the stack.
///
/// A statement that does not parse yields one diagnostic, and reading goes on at the next
/// statement, so that a file reports all of its errors and no error twice.
public enum Parser {
    /// Reads a file: a package, imports and rules.
    /// - Returns: The module, or everything that is wrong with it, in the order of the text.
    public static func module(
        _ source: Source, options: ParserOptions = ParserOptions()
    ) -> Result<Module, Diagnostics> {
        switch grammar(source, options) {
        case .success(var grammar): grammar.module()
        case .failure(let refusal): .failure(refusal)
        }
    }

    /// Reads a query: expressions separated by newlines or `;`. An empty query has none.
    /// - Returns: The expressions, or what is wrong.
    public static func query(
        _ source: Source, options: ParserOptions = ParserOptions()
    ) -> Result<[Expression], Diagnostics> {
        switch grammar(source, options) {
        case .success(var grammar): grammar.wholeQuery()
        case .failure(let refusal): .failure(refusal)
        }
    }

    /// Reads one term, such as a ground value or a reference, and nothing after it.
    public static func term(
        _ source: Source, options: ParserOptions = ParserOptions()
    ) -> Result<Term, Diagnostics> {
        switch grammar(source, options) {
        case .success(var grammar): grammar.wholeTerm()
        case .failure(let refusal): .failure(refusal)
        }
    }

    private static func grammar(
        _ source: Source, _ options: ParserOptions
    ) -> Result<Grammar, Diagnostics> {
        guard source.bytes.count <= options.sourceBytesMax else {
            let start = Span(start: 0, end: 0, row: 0, column: 0)
            let message = "source has more than \(options.sourceBytesMax) bytes"
            let refusal = Diagnostic(
                code: .parse, message: message, file: source.name, span: start)
            return .failure(Diagnostics([refusal]))
        }
        guard options.version == .v0 || options.features.contains(.v1) else {
            let start = Span(start: 0, end: 0, row: 1, column: 1)
            let refusal = Diagnostic(
                code: .parse,
                message: "illegal capabilities: rego_v1 feature required for parsing v1 Rego",
                file: source.name, span: start,
                hint: "read it as v0, or name capabilities that have rego_v1")
            return .failure(Diagnostics([refusal]))
        }
        var lexer = Lexer(source)
        lexer.run()
        return .success(Grammar(source, lexer, options))
    }
}

/// Everything that is wrong with a source, in the order of the text; at least one.
public struct Diagnostics: Error, Sendable, Hashable {
    public let all: [Diagnostic]

    public init(_ all: [Diagnostic]) {
        precondition(!all.isEmpty, "a refusal names at least one error")
        self.all = all
    }
}

/// Which Rego to read, and how much of it.
public struct ParserOptions: Sendable {
    public var version: LanguageVersion
    /// What `import future.keywords.…` may switch on beyond the keywords of v1.
    public var allowedKeywords: FutureKeywords
    /// What is switched on without an import.
    public var keywords: FutureKeywords
    public var features: LanguageFeatures
    /// How deep terms, bodies and operators may nest. The default needs 2 MiB of stack; in
    /// debug builds, 6 MiB.
    public var depthMax: Int
    public var sourceBytesMax: Int

    public init(
        version: LanguageVersion = .v1, allowedKeywords: FutureKeywords = [.not, .and, .or],
        keywords: FutureKeywords = [], features: LanguageFeatures = .all, depthMax: Int = 500,
        sourceBytesMax: Int = 64 << 20
    ) {
        precondition(sourceBytesMax < Int(Int32.max), "spans have 32 bits")
        self.version = version
        self.allowedKeywords = allowedKeywords
        self.keywords = keywords
        self.features = features
        self.depthMax = depthMax
        self.sourceBytesMax = sourceBytesMax
    }
}

/// What Rego has gained since it was first released, as capabilities files name it.
/// - Source: OPA 1.20, capabilities.json, `features`.
public struct LanguageFeatures: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Heads such as `a.b.c := 1`.
    public static let referenceHeads = LanguageFeatures(rawValue: 1)
    /// Heads such as `a[x].c := 1`.
    public static let generalHeads = LanguageFeatures(rawValue: 2)
    public static let v1Import = LanguageFeatures(rawValue: 4)
    public static let templates = LanguageFeatures(rawValue: 8)
    /// Fields such as `input.default`.
    public static let keywordFields = LanguageFeatures(rawValue: 16)
    /// Rego v1, and the three that it brings.
    public static let v1 = LanguageFeatures(rawValue: 32 | 1 | 2 | 4)
    public static let all: LanguageFeatures = [.v1, .templates, .keywordFields]

    /// - Returns: `nil` where no feature of this name is known.
    public init?(name: String) {
        switch name {
        case "rule_head_ref_string_prefixes": self = .referenceHeads
        case "rule_head_refs": self = [.referenceHeads, .generalHeads]
        case "rego_v1_import": self = .v1Import
        case "template_strings": self = .templates
        case "keywords_in_refs": self = .keywordFields
        case "rego_v1": self = .v1
        default: return nil
        }
    }
}

/// The keywords that Rego has gained since v0.
public struct FutureKeywords: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let `in` = FutureKeywords(rawValue: 1)
    public static let every = FutureKeywords(rawValue: 2)
    public static let contains = FutureKeywords(rawValue: 4)
    public static let `if` = FutureKeywords(rawValue: 8)
    /// `not { … }`, and `not` negating all that its expression expands to.
    public static let not = FutureKeywords(rawValue: 16)
    public static let and = FutureKeywords(rawValue: 32)
    public static let or = FutureKeywords(rawValue: 64)
    /// The four that are a part of v1.
    public static let v1: FutureKeywords = [.in, .every, .contains, .if]

    /// - Returns: `nil` where no keyword of this name is known.
    public init?(name: String) {
        switch name {
        case "in": self = .in
        case "every": self = [.every, .in]
        case "contains": self = .contains
        case "if": self = .if
        case "not": self = .not
        case "and": self = .and
        case "or": self = .or
        default: return nil
        }
    }

    init(_ kind: Token.Kind) {
        switch kind {
        case .in: self = .in
        case .every: self = .every
        case .contains: self = .contains
        case .if: self = .if
        case .and: self = .and
        case .or: self = .or
        default: self = []
        }
    }
}
