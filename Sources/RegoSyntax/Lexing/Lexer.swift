/// Cuts a source into tokens, once and from end to end, so that the parser can look ahead and go
/// back at the price of an index.
///
/// Every keyword of every version is a token of its own; whether it counts as one is the
/// parser's to say, since imports switch keywords on. A template string becomes a token for each
/// stretch of text, with the tokens of its expressions and their closing braces between them.
struct Lexer {
    let bytes: [UInt8]
    var position = 0
    var row: Int32 = 1
    var lineStart = 0
    /// Bytes of this line so far that do not begin a scalar; columns count scalars.
    var continuationBytes = 0
    var tokens: [Token] = []
    var comments: [Comment] = []
    /// What is wrong with an illegal token, by its index.
    var faults: [Int32: String] = [:]
    /// The templates whose expressions are being read, innermost last.
    private var openTemplates: [OpenTemplate] = []
    /// What the token being read has wrong; the first counts.
    var fault: String?
    /// In a quoted template a brace begins an expression.
    var readsTemplate = false

    private struct OpenTemplate {
        var isRaw: Bool
        /// Braces open inside of the expression.
        var braces = 0
    }

    init(_ source: Source) {
        bytes = source.bytes
        // A token is about four bytes of common Rego; growing once more costs little.
        tokens.reserveCapacity(bytes.count / 4 + 8)
    }

    var column: Int32 { Int32(position - lineStart - continuationBytes + 1) }

    func byte(_ offset: Int = 0) -> UInt8 {
        let index = position + offset
        return index < bytes.count ? bytes[index] : 0
    }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func run() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            position = 3
            continuationBytes = 2
        }
        while true {
            let flags = skipBlanks()
            if isAtEnd {
                finish(flags)
                return
            }
            token(flags)
        }
    }

    /// The end's column is the last character's, and 0 on an empty line, as OPA reports it.
    private mutating func finish(_ flags: Token.Flags) {
        let end = Int32(bytes.count)
        tokens.append(
            Token(kind: .end, flags: flags, start: end, end: end, row: row, column: column - 1))
    }

    private mutating func skipBlanks() -> Token.Flags {
        var flags: Token.Flags = []
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0D:
                flags.insert(.spaceBefore)
                position += 1
            case 0x0A:
                flags.formUnion([.spaceBefore, .newlineBefore])
                position += 1
                newline()
            case UInt8(ascii: "#"):
                comment(flags)
            default:
                return flags
            }
        }
        return flags
    }

    /// To be called when `position` has passed the newline.
    mutating func newline() {
        row += 1
        lineStart = position
        continuationBytes = 0
    }

    private mutating func comment(_ flags: Token.Flags) {
        let start = position
        let startColumn = column
        while position < bytes.count, bytes[position] != 0x0A { scalar() }
        var end = position
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        let span = Span(start: Int32(start), end: Int32(end), row: row, column: startColumn)
        if fault != nil {
            append(.illegal, flags, from: start, row: row, column: startColumn)
        }
        let text = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
        comments.append(Comment(text: text, span: span))
    }

    /// Passes one scalar that is no newline, and checks it.
    mutating func scalar() {
        let first = bytes[position]
        if first < 0x80 {
            if first == 0 { note("illegal null character") }
            position += 1
            return
        }
        guard let length = scalarLength() else {
            note("illegal utf-8 character")
            position += 1
            return
        }
        if length == 3, first == 0xEF, byte(1) == 0xBB, byte(2) == 0xBF {
            note("illegal byte-order mark")
        }
        position += length
        continuationBytes += length - 1
    }

    /// The length of the scalar at the position, or nil where the bytes are not UTF-8.
    private func scalarLength() -> Int? {
        func isContinuation(_ offset: Int) -> Bool { byte(offset) & 0xC0 == 0x80 }
        let first = byte()
        let second = byte(1)
        switch first {
        case 0xC2...0xDF:
            return isContinuation(1) ? 2 : nil
        case 0xE0...0xEF:
            guard isContinuation(1), isContinuation(2) else { return nil }
            // Neither overlong forms nor surrogates.
            if first == 0xE0, second < 0xA0 { return nil }
            if first == 0xED, second > 0x9F { return nil }
            return 3
        case 0xF0...0xF4:
            guard isContinuation(1), isContinuation(2), isContinuation(3) else { return nil }
            if first == 0xF0, second < 0x90 { return nil }
            if first == 0xF4, second > 0x8F { return nil }
            return 4
        default:
            return nil
        }
    }

    mutating func note(_ message: String) {
        if fault == nil { fault = message }
    }

    /// Appends the token that ends at the position; an illegal one if something was noted.
    mutating func append(
        _ kind: Token.Kind, _ flags: Token.Flags, from start: Int, row: Int32, column: Int32
    ) {
        var kind = kind
        if let message = fault {
            faults[Int32(tokens.count)] = message
            kind = .illegal
            fault = nil
        }
        tokens.append(
            Token(
                kind: kind, flags: flags, start: Int32(start), end: Int32(position), row: row,
                column: column))
    }

    private mutating func token(_ flags: Token.Flags) {
        let start = position
        let startRow = row
        let startColumn = column
        var flags = flags
        let first = bytes[position]
        let kind: Token.Kind
        switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"):
            kind = word()
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            kind = number()
        case UInt8(ascii: "\""):
            kind = string(&flags)
        case UInt8(ascii: "`"):
            kind = rawString()
        case UInt8(ascii: "$"):
            kind = templateStart(&flags)
        default:
            kind = symbol(first)
        }
        append(kind, flags, from: start, row: startRow, column: startColumn)
        if kind == .leftBrace || kind == .rightBrace { braces(kind) }
    }

    /// Keeps count of the braces of a template's expression; the one that closes it goes on with
    /// the template's text.
    private mutating func braces(_ kind: Token.Kind) {
        guard let innermost = openTemplates.last else { return }
        let last = openTemplates.count - 1
        if kind == .leftBrace {
            openTemplates[last].braces += 1
        } else if innermost.braces > 0 {
            openTemplates[last].braces -= 1
        } else {
            openTemplates.removeLast()
            let start = position
            let startRow = row
            let startColumn = column
            var flags: Token.Flags = []
            let kind = templateText(isRaw: innermost.isRaw, &flags)
            append(kind, flags, from: start, row: startRow, column: startColumn)
        }
    }

    private mutating func templateStart(_ flags: inout Token.Flags) -> Token.Kind {
        position += 1
        switch byte() {
        case UInt8(ascii: "`") where !isAtEnd:
            position += 1
            return templateText(isRaw: true, &flags)
        case UInt8(ascii: "\""):
            position += 1
            return templateText(isRaw: false, &flags)
        default:
            note("illegal $ character")
            return .illegal
        }
    }

    private mutating func templateText(isRaw: Bool, _ flags: inout Token.Flags) -> Token.Kind {
        let kind = isRaw ? rawTemplateText(&flags) : quotedTemplateText(&flags)
        if kind == .templatePart { openTemplates.append(OpenTemplate(isRaw: isRaw)) }
        return kind
    }

    private mutating func symbol(_ first: UInt8) -> Token.Kind {
        scalar()
        switch first {
        case UInt8(ascii: "["): return .leftBracket
        case UInt8(ascii: "]"): return .rightBracket
        case UInt8(ascii: "{"): return .leftBrace
        case UInt8(ascii: "}"): return .rightBrace
        case UInt8(ascii: "("): return .leftParen
        case UInt8(ascii: ")"): return .rightParen
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: ";"): return .semicolon
        case UInt8(ascii: "."): return .dot
        case UInt8(ascii: "+"): return .plus
        case UInt8(ascii: "-"): return .minus
        case UInt8(ascii: "*"): return .times
        case UInt8(ascii: "/"): return .divide
        case UInt8(ascii: "%"): return .remainder
        case UInt8(ascii: "&"): return .ampersand
        case UInt8(ascii: "|"): return .bar
        case UInt8(ascii: ":"): return equalsFollows() ? .assign : .colon
        case UInt8(ascii: "="): return equalsFollows() ? .equal : .unify
        case UInt8(ascii: ">"): return equalsFollows() ? .greaterOrEqual : .greater
        case UInt8(ascii: "<"): return equalsFollows() ? .lessOrEqual : .less
        case UInt8(ascii: "!"):
            if equalsFollows() { return .notEqual }
            note("illegal ! character")
            return .illegal
        default:
            note("illegal token")
            return .illegal
        }
    }

    private mutating func equalsFollows() -> Bool {
        guard byte() == UInt8(ascii: "=") else { return false }
        position += 1
        return true
    }
}
