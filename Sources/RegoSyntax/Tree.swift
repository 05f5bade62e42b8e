/// The syntax tree: what a file of Rego says, before names are resolved.
///
/// It is made by `Parser`, read by the compiler's first pass and by the formatter, and holds
/// nothing that the text does not say: infix operators are calls to the builtin they stand for
/// (`a + b` is `plus(a, b)`, with `Call.notation` telling how it was written), wildcards are
/// variables named `$0`, `$1`, … in the order of the text, and `x.y` and `x["y"]` are one
/// reference.
public struct Module: Sendable {
    public var source: Source
    public var version: LanguageVersion
    /// `package a.b` is `["a", "b"]`, without the leading `data`.
    public var package: [String]
    public var packageSpan: Span
    public var imports: [Import]
    public var rules: [Rule]
    /// Every comment, in the order of the text, for the formatter.
    public var comments: [Comment]
    /// The comment blocks that begin with `# METADATA`.
    public var annotations: [AnnotationBlock]

    public init(
        source: Source, version: LanguageVersion, package: [String], packageSpan: Span,
        imports: [Import] = [], rules: [Rule] = [], comments: [Comment] = [],
        annotations: [AnnotationBlock] = []
    ) {
        self.source = source
        self.version = version
        self.package = package
        self.packageSpan = packageSpan
        self.imports = imports
        self.rules = rules
        self.comments = comments
        self.annotations = annotations
    }
}

/// `import data.a.b as c`: a path that begins with `data`, `input`, `rego` or `future`.
public struct Import: Sendable {
    public var path: [String]
    public var alias: String?
    public var span: Span

    public init(path: [String], alias: String?, span: Span) {
        self.path = path
        self.alias = alias
        self.span = span
    }
}

/// `# …`, to the end of its line.
public struct Comment: Sendable {
    /// Without the `#`.
    public var text: String
    public var span: Span

    public init(text: String, span: Span) {
        self.text = text
        self.span = span
    }
}

/// A `# METADATA` block: the YAML text, to be decoded by the compiler.
public struct AnnotationBlock: Sendable {
    /// The lines after `# METADATA`, each without its `#`.
    public var yaml: String
    public var span: Span
    /// What follows it.
    public var target: Target

    public enum Target: Sendable, Hashable {
        case package
        /// The index in `Module.rules`.
        case rule(Int)
    }

    public init(yaml: String, span: Span, target: Target) {
        self.yaml = yaml
        self.span = span
        self.target = target
    }
}

/// One rule as written. Chained v0 bodies (`p { … } { … }`) are rules of their own.
public struct Rule: Sendable {
    public var isDefault: Bool
    public var head: Head
    /// Empty where the text has none: `p := 1`.
    public var body: [Expression]
    /// `else` branches in order; each has its value (`true` where none is written) and its body.
    public var elses: [Else]
    public var span: Span

    public struct Head: Sendable {
        /// `a.b[x].c` is a variable `a` and the terms `"b"`, `x`, `"c"`.
        public var name: String
        /// Every element after the name; strings for dotted names.
        public var path: [Term]
        /// `nil` where the rule is no function; `f() = 1` is the value `f = 1`. Never empty.
        public var arguments: [Term]?
        public var kind: Kind
        public var span: Span

        public enum Kind: Sendable {
            /// `name := value`, `name = value`, or `name` alone (`nil`: `true`). For a v1
            /// `p[x] := v` or `p.q.r := v` the path holds `x`; for the v0 form `p[x] = v`, too.
            case value(Term?, usesAssignment: Bool)
            /// `name contains key`, and v0's `name[key]`.
            case contains(Term)
        }

        public init(name: String, path: [Term], arguments: [Term]?, kind: Kind, span: Span) {
            self.name = name
            self.path = path
            self.arguments = arguments
            self.kind = kind
            self.span = span
        }
    }

    public struct Else: Sendable {
        public var value: Term?
        public var usesAssignment: Bool
        public var body: [Expression]
        public var span: Span

        public init(value: Term?, usesAssignment: Bool, body: [Expression], span: Span) {
            self.value = value
            self.usesAssignment = usesAssignment
            self.body = body
            self.span = span
        }
    }

    public init(isDefault: Bool, head: Head, body: [Expression], elses: [Else], span: Span) {
        self.isDefault = isDefault
        self.head = head
        self.body = body
        self.elses = elses
        self.span = span
    }
}

/// One expression of a body, with its `with` modifiers.
public struct Expression: Sendable {
    public var kind: Kind
    public var modifiers: [With]
    public var span: Span

    public enum Kind: Sendable {
        case term(Term)
        /// `some x, y`.
        case someVariables([Term])
        /// `some v in xs`, `some k, v in xs`; the terms may be patterns.
        indirect case someIn(key: Term?, value: Term, domain: Term)
        indirect case every(key: Term?, value: Term, domain: Term, body: [Expression])
        /// `not e`: without `import future.keywords.not`, of one expression.
        /// `scoped` is true under that import, and always for `not { … }`: what the expression
        /// expands to is negated as a whole.
        case not([Expression], scoped: Bool)
        case and([Expression], [Expression])
        case or([Expression], [Expression])
    }

    /// `with target as value`.
    public struct With: Sendable {
        /// A reference or a variable.
        public var target: Term
        public var value: Term
        public var span: Span

        public init(target: Term, value: Term, span: Span) {
            self.target = target
            self.value = value
            self.span = span
        }
    }

    public init(kind: Kind, modifiers: [With] = [], span: Span) {
        self.kind = kind
        self.modifiers = modifiers
        self.span = span
    }
}

/// What stands for a value: a literal, a name, a reference, a call, or a composite of terms.
public struct Term: Sendable {
    public var kind: Kind
    public var span: Span

    // Only what contains terms directly is boxed: most terms are names and literals.
    public enum Kind: Sendable {
        case null
        case boolean(Bool)
        /// The literal as written.
        case number(String)
        case string(String)
        /// A name; `$0`, `$1`, … for each `_`.
        case variable(String)
        /// A head (a variable, a call, or a composite) and at least one element.
        indirect case reference(Term, [Term])
        indirect case call(Call)
        case array([Term])
        case object([(key: Term, value: Term)])
        case set([Term])
        indirect case arrayComprehension(Term, [Expression])
        indirect case setComprehension(Term, [Expression])
        indirect case objectComprehension(key: Term, value: Term, [Expression])
        /// `$"… {expression} …"`.
        case template([TemplatePart])
    }

    public enum TemplatePart: Sendable {
        case text(String)
        case expression(Expression)
    }

    public init(_ kind: Kind, _ span: Span) {
        self.kind = kind
        self.span = span
    }
}

/// A function applied to arguments, however it is written: `f(x)`, `a + b`, `-x`.
public struct Call: Sendable {
    /// The dotted name: `["io", "jwt", "decode"]`, `["data", "a", "f"]`, `["plus"]`.
    public var name: [String]
    public var nameSpan: Span
    public var arguments: [Term]
    public var notation: Notation
    /// Written in parentheses of its own, which the formatter may have to keep.
    public var isParenthesized = false

    public enum Notation: Sendable, Hashable {
        case call
        /// `a == b`, `a in b`, `a := b`, `a = b`, `a + b`: the operator's text. Names: `equal`,
        /// `neq`, `lt`, `lte`, `gt`, `gte`, `assign`, `eq`, `plus`, `minus`, `mul`, `div`, `rem`,
        /// `and`, `or`, `internal.member_2`, `internal.member_3`.
        case infix(String)
        /// `-x` of something that is no literal: `minus(0, x)`.
        case negative
    }

    public init(name: [String], nameSpan: Span, arguments: [Term], notation: Notation) {
        self.name = name
        self.nameSpan = nameSpan
        self.arguments = arguments
        self.notation = notation
    }
}
