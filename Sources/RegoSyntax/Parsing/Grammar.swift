/// Why a statement cannot be read on.
struct Fault: Error {
    var message: String
    var span: Span
    var hint: String?
    /// No other reading of the text can succeed either.
    var isFinal = false
}

/// The parser's state: a place among the tokens, and what is known so far.
///
/// It is small, because going back copies parts of it and debug builds copy it at every turn;
/// what is seldom needed is kept behind references.
struct Grammar {
    let bytes: [UInt8]
    let tokens: [Token]
    let text: Text
    var notes = Notes()
    private(set) var position = 0
    /// How many wildcards have been named.
    var wildcards = 0
    var depth = 0
    let depthMax: Int
    /// The height of the term or expression read last: operators fold to the left, so their
    /// terms grow taller than the recursion that read them is deep.
    var height = 0
    /// While positive, faults are caught and dropped, so their messages are not composed.
    var attempts = 0
    /// The current token's kind. A keyword that is not switched on, or that begins a reference
    /// (`if.x`), is an identifier.
    var kind = Token.Kind.end
    var keywords: FutureKeywords

    /// What is being read.
    final class Text {
        let source: Source
        let options: ParserOptions
        let comments: [Comment]
        let lexerFaults: [Int32: String]

        init(_ source: Source, _ lexer: borrowing Lexer, _ options: ParserOptions) {
            self.source = source
            self.options = options
            comments = lexer.comments
            lexerFaults = lexer.faults
        }
    }

    /// What has been found out on the way.
    final class Notes {
        var diagnostics: [Diagnostic] = []
        /// What is wrong with a statement that could be read, but is no rule. It is reported
        /// unless the rest of its line says better what is wrong.
        var doubt: Fault?
        /// What OPA would add to the next message.
        var opaHints: [String] = []
        var settled: Set<Settlement> = []
    }

    /// An ambiguous token whose second reading turned out to be the right one.
    struct Settlement: Hashable {
        enum Question { case comprehension, operandBody, group, operandGroup }
        var question: Question
        var token: Int
    }

    struct Mark {
        var position: Int
        var wildcards: Int
    }

    init(_ source: Source, _ lexer: borrowing Lexer, _ options: ParserOptions) {
        text = Text(source, lexer, options)
        bytes = source.bytes
        tokens = lexer.tokens
        depthMax = options.depthMax
        keywords = options.keywords
        if options.version == .v1 { keywords.formUnion(.v1) }
        refresh()
    }

    /// A parser at the same place that has learnt nothing and reports nothing.
    func withKeywordsOfV1() -> Grammar {
        var other = self
        other.notes = Notes()
        other.attempts = 1
        other.keywords.formUnion(.v1)
        other.refresh()
        return other
    }
}

extension Grammar {
    var current: Token { tokens[position] }

    var mark: Mark { Mark(position: position, wildcards: wildcards) }

    mutating func rewind(to mark: Mark) {
        position = mark.position
        wildcards = mark.wildcards
        refresh()
    }

    mutating func advance() {
        // The end stays the end.
        if position + 1 < tokens.count { position += 1 }
        refresh()
    }

    mutating func refresh() {
        kind = effective(tokens[position].kind)
    }

    private func effective(_ kind: Token.Kind) -> Token.Kind {
        if kind.isFutureKeyword, !keywords.contains(FutureKeywords(kind)) { return .identifier }
        return kind
    }

    /// The kind of the token after the current one, if no space is between them.
    var adjacentKind: Token.Kind? {
        let next = min(position + 1, tokens.count - 1)
        return tokens[next].flags.contains(.spaceBefore) ? nil : effective(tokens[next].kind)
    }

    /// The current token begins a reference whatever its word means: `if.x`, `in["x"]`.
    var beginsReference: Bool {
        adjacentKind == .dot || adjacentKind == .leftBracket
    }

    /// Reads a keyword that begins a reference as a name.
    mutating func readKeywordAsName() {
        if kind.isKeyword, beginsReference { kind = .identifier }
    }

    var startsLine: Bool { current.flags.contains(.newlineBefore) }
    var hasSpaceBefore: Bool { current.flags.contains(.spaceBefore) }

    func word(_ token: Token) -> String {
        String(decoding: bytes[Int(token.start)..<Int(token.end)], as: UTF8.self)
    }

    /// From the start of a token to the end of the last one read.
    func span(from start: Token) -> Span {
        var span = start.span
        span.end = max(start.end, position > 0 ? tokens[position - 1].end : 0)
        return span
    }

    func span(from start: Span) -> Span {
        var span = start
        span.end = max(start.end, position > 0 ? tokens[position - 1].end : 0)
        return span
    }

    // MARK: Faults

    func fault(_ span: Span, _ message: @autoclosure () -> String, hint: String? = nil) -> Fault {
        Fault(message: attempts > 0 ? "" : message(), span: span, hint: hint)
    }

    /// The current token cannot stand here.
    mutating func unexpected(_ expected: @autoclosure () -> String = "") -> Fault {
        if attempts > 0 { return Fault(message: "", span: current.span) }
        if current.kind == .illegal {
            let message = text.lexerFaults[Int32(position)] ?? "illegal token"
            return Fault(
                message: message, span: current.span, hint: hintAtIllegal(message))
        }
        let sort = kind.isKeyword ? "keyword" : "token"
        let expected = expected()
        let message =
            "unexpected \(kind.name) \(sort)" + (expected.isEmpty ? "" : ": \(expected)")
        // What follows reads as nonsense for want of the same import.
        let isFinal = !notes.opaHints.isEmpty
        return Fault(
            message: message + takeHints(), span: current.span, hint: hintAtToken(),
            isFinal: isFinal)
    }

    private mutating func takeHints() -> String {
        defer { notes.opaHints = [] }
        switch notes.opaHints.count {
        case 0: return ""
        case 1: return " (hint: \(notes.opaHints[0]))"
        default: return " (hints: \(notes.opaHints.joined(separator: ", ")))"
        }
    }

    // MARK: Limits

    mutating func enter() throws(Fault) {
        depth += 1
        try checkHeight(depth)
    }

    mutating func leave() {
        depth -= 1
    }

    /// An operator made the tree one higher than its operands are.
    mutating func grow(over left: Int, _ right: Int) throws(Fault) {
        height = max(left, right) + 1
        try checkHeight(height)
    }

    private func checkHeight(_ height: Int) throws(Fault) {
        guard height > depthMax else { return }
        throw Fault(
            message: "max parsing recursion depth exceeded", span: current.span,
            hint: "no more than \(depthMax) levels of nesting and operators are read",
            isFinal: true)
    }

    mutating func expect(
        _ expected: Token.Kind, _ note: @autoclosure () -> String
    ) throws(Fault) {
        guard kind == expected else { throw unexpected(note()) }
        advance()
    }
}
