import RegoMachine

extension GraphQL {
    struct Token {
        /// As error messages call it.
        enum Kind: String {
            case invalid = "<Invalid>"
            case end = "<EOF>"
            case bang = "!"
            case dollar = "$"
            case amp = "&"
            case parenLeft = "("
            case parenRight = ")"
            case spread = "..."
            case colon = ":"
            case equals = "="
            case at = "@"
            case bracketLeft = "["
            case bracketRight = "]"
            case braceLeft = "{"
            case braceRight = "}"
            case pipe = "|"
            case name = "Name"
            case int = "Int"
            case float = "Float"
            case string = "String"
            case blockString = "BlockString"
            case comment = "Comment"
        }

        var kind: Kind
        /// The meaning of a string, the text of a name, number or comment; else empty.
        var text = ""
        var position: Position

        var described: String {
            text.isEmpty ? kind.rawValue : "\(kind.rawValue) \(Quoted.text(text))"
        }
    }

    /// Cuts a text into tokens. What is no token is an invalid one, at which the parser ends.
    /// - Source: GraphQL specification, section 2.1.
    struct Lexer {
        let bytes: [UInt8]
        var at = 0
        var line = 1
        /// Scalars of the current line that are behind `at`.
        var column = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var here: Position { Position(line: line, column: column + 1) }
        var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

        /// Goes on by one byte; continuation bytes belong to the scalar before.
        mutating func step() {
            if bytes[at] & 0xC0 != 0x80 { column += 1 }
            at += 1
        }

        mutating func breakLine() {
            if bytes[at] == 0x0D && at + 1 < bytes.count && bytes[at + 1] == 0x0A { at += 1 }
            at += 1
            line += 1
            column = 0
        }

        mutating func next() -> Token {
            skipBlanks()
            let start = here
            guard let first = byte else { return Token(kind: .end, position: start) }
            let mark = Token.Kind(rawValue: String(UnicodeScalar(first)))
            if let mark {
                step()
                return Token(kind: mark, position: start)
            }
            switch first {
            case 0x2E: return spread(start)
            case 0x23: return comment(start)
            case 0x22: return startsBlock ? block(start) : string(start)
            case 0x2D, 0x30...0x39: return number(start)
            default: return Lexer.isLetter(first) ? name(start) : invalid
            }
        }

        var invalid: Token { Token(kind: .invalid, position: here) }

        static func isLetter(_ byte: UInt8) -> Bool {
            byte == 0x5F || (byte | 0x20) &- 0x61 < 26
        }

        private mutating func skipBlanks() {
            while let byte {
                switch byte {
                case 0x09, 0x20, 0x2C: step()
                case 0x0A, 0x0D: breakLine()
                case 0xEF where bytes[at...].starts(with: [0xEF, 0xBB, 0xBF]):
                    at += 3
                    column += 1
                default: return
                }
            }
        }

        private mutating func spread(_ start: Position) -> Token {
            guard bytes[at...].starts(with: [0x2E, 0x2E, 0x2E]) else { return invalid }
            for _ in 0..<3 { step() }
            return Token(kind: .spread, position: start)
        }

        private mutating func comment(_ start: Position) -> Token {
            let from = at
            while let byte, byte > 0x1F || byte == 0x09 { step() }
            return Token(kind: .comment, text: text(from), position: start)
        }

        private mutating func name(_ start: Position) -> Token {
            let from = at
            while let byte, Lexer.isLetter(byte) || byte &- 0x30 < 10 { step() }
            return Token(kind: .name, text: text(from), position: start)
        }

        private func text(_ from: Int) -> String {
            String(decoding: bytes[from..<at], as: UTF8.self)
        }

        private mutating func digits() -> Int {
            let from = at
            while let byte, byte &- 0x30 < 10 { step() }
            return at - from
        }

        private mutating func number(_ start: Position) -> Token {
            let from = at
            var kind = Token.Kind.int
            if byte == 0x2D { step() }
            if byte == 0x30 {
                step()
                if let byte, byte &- 0x30 < 10 { return invalid }
            } else if digits() == 0 {
                return invalid
            }
            if byte == 0x2E {
                kind = .float
                step()
                if digits() == 0 { return invalid }
            }
            if byte == 0x65 || byte == 0x45 {
                kind = .float
                step()
                if byte == 0x2B || byte == 0x2D { step() }
                if digits() == 0 { return invalid }
            }
            return Token(kind: kind, text: text(from), position: start)
        }
    }
}
