/// One token of Rego text. White space and comments are no tokens; that they stood before one is
/// a flag, because Rego ends expressions at newlines and references at spaces.
struct Token {
    var kind: Kind
    var flags: Flags
    var start: Int32
    var end: Int32
    var row: Int32
    var column: Int32

    var span: Span { Span(start: start, end: end, row: row, column: column) }

    struct Flags: OptionSet {
        let rawValue: UInt8
        static let spaceBefore = Flags(rawValue: 1)
        static let newlineBefore = Flags(rawValue: 2)
        /// A string or template that has a backslash to decode.
        static let escapes = Flags(rawValue: 4)
        /// A raw template, between backquotes.
        static let raw = Flags(rawValue: 8)
    }

    enum Kind: UInt8 {
        case illegal, end, identifier, number, string, templatePart, templateEnd
        case leftBracket, rightBracket, leftBrace, rightBrace, leftParen, rightParen
        case comma, colon, semicolon, dot
        case plus, minus, times, divide, remainder, ampersand, bar
        case unify, assign, equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
        // Keywords of every version; the last six only where they are switched on.
        case `package`, `import`, `as`, `default`, `else`, not, some, with, null, `true`, `false`
        case `in`, every, contains, `if`, and, or
    }
}

extension Token.Kind {
    var isKeyword: Bool { rawValue >= Token.Kind.package.rawValue }

    /// A keyword that a source has to switch on, in v0 at least.
    var isFutureKeyword: Bool { rawValue >= Token.Kind.in.rawValue }

    /// The operators that a rule's name cannot be followed by.
    var isInfixOperator: Bool {
        switch self {
        case .plus, .minus, .times, .divide, .remainder, .ampersand, .bar, .equal, .notEqual,
            .less, .lessOrEqual, .greater, .greaterOrEqual:
            true
        default: false
        }
    }

    /// Whether a term may end with it.
    var endsTerm: Bool {
        switch self {
        case .identifier, .number, .string, .templateEnd, .rightBracket, .rightBrace,
            .rightParen, .null, .true, .false:
            true
        default: false
        }
    }

    /// What OPA's messages call it.
    var name: String {
        switch self {
        case .illegal: "illegal"
        case .end: "eof"
        case .identifier: "identifier"
        case .number: "number"
        case .string: "string"
        case .templatePart: "template-string-part"
        case .templateEnd: "template-string-end"
        case .leftBracket: "["
        case .rightBracket: "]"
        case .leftBrace: "{"
        case .rightBrace: "}"
        case .leftParen: "("
        case .rightParen: ")"
        case .comma: ","
        case .colon: ":"
        case .semicolon: ";"
        case .dot: "."
        case .plus: "plus"
        case .minus: "minus"
        case .times: "mul"
        case .divide: "div"
        case .remainder: "rem"
        case .ampersand, .and: "and"
        case .bar, .or: "or"
        case .unify: "eq"
        case .assign: "assign"
        case .equal: "equal"
        case .notEqual: "neq"
        case .less: "lt"
        case .lessOrEqual: "lte"
        case .greater: "gt"
        case .greaterOrEqual: "gte"
        case .package: "package"
        case .import: "import"
        case .as: "as"
        case .default: "default"
        case .else: "else"
        case .not: "not"
        case .some: "some"
        case .with: "with"
        case .null: "null"
        case .true: "true"
        case .false: "false"
        case .in: "in"
        case .every: "every"
        case .contains: "contains"
        case .if: "if"
        }
    }
}
