/// Words, numbers and strings.
extension Lexer {
    mutating func word() -> Token.Kind {
        let start = position
        while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
        let length = position - start
        guard length >= 2, length <= 8 else { return .identifier }
        return keyword(start, length)
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
            || byte == UInt8(ascii: "_")
    }

    private func keyword(_ start: Int, _ length: Int) -> Token.Kind {
        func spells(_ text: StaticString, _ kind: Token.Kind) -> Token.Kind {
            guard text.utf8CodeUnitCount == length else { return .identifier }
            var index = start
            for byte in String(describing: text).utf8 {
                if bytes[index] != byte { return .identifier }
                index += 1
            }
            return kind
        }
        switch (bytes[start], length) {
        case (UInt8(ascii: "a"), 2): return spells("as", .as)
        case (UInt8(ascii: "a"), 3): return spells("and", .and)
        case (UInt8(ascii: "c"), 8): return spells("contains", .contains)
        case (UInt8(ascii: "d"), 7): return spells("default", .default)
        case (UInt8(ascii: "e"), 4): return spells("else", .else)
        case (UInt8(ascii: "e"), 5): return spells("every", .every)
        case (UInt8(ascii: "f"), 5): return spells("false", .false)
        case (UInt8(ascii: "i"), 2):
            return bytes[start + 1] == UInt8(ascii: "n") ? .in : spells("if", .if)
        case (UInt8(ascii: "i"), 6): return spells("import", .import)
        case (UInt8(ascii: "n"), 3): return spells("not", .not)
        case (UInt8(ascii: "n"), 4): return spells("null", .null)
        case (UInt8(ascii: "o"), 2): return spells("or", .or)
        case (UInt8(ascii: "p"), 7): return spells("package", .package)
        case (UInt8(ascii: "s"), 4): return spells("some", .some)
        case (UInt8(ascii: "t"), 4): return spells("true", .true)
        case (UInt8(ascii: "w"), 4): return spells("with", .with)
        default: return .identifier
        }
    }

    private mutating func digits() -> Bool {
        let start = position
        while byte() &- UInt8(ascii: "0") < 10 { position += 1 }
        return position > start
    }

    /// The sign, and a leading point, are tokens of their own.
    mutating func number() -> Token.Kind {
        _ = digits()
        if byte() == UInt8(ascii: ".") {
            position += 1
            if !digits() { note("expected fraction") }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            position += 1
            if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { position += 1 }
            if !digits() { note("expected exponent") }
        }
        // `0a2b` is one bad number, not a number and a name.
        if Self.isWordByte(byte()) {
            note("illegal number format")
            while Self.isWordByte(byte()) { position += 1 }
        }
        return .number
    }

    mutating func string(_ flags: inout Token.Flags) -> Token.Kind {
        position += 1
        while true {
            guard let next = quotedByte() else { return .illegal }
            position += 1
            if next == UInt8(ascii: "\"") { return .string }
            escape(&flags, allowsBrace: false)
        }
    }

    /// Goes on to the next quote, brace or backslash of a quoted text; nil where the line ends
    /// before it.
    private mutating func quotedByte() -> UInt8? {
        while position < bytes.count {
            let next = bytes[position]
            switch next {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return next
            case UInt8(ascii: "{") where readsTemplate: return next
            case 0x0A:
                note("non-terminated string")
                return nil
            default: scalar()
            }
        }
        note("non-terminated string")
        return nil
    }

    /// Passes what follows a backslash; the parser decodes it.
    private mutating func escape(_ flags: inout Token.Flags, allowsBrace: Bool) {
        flags.insert(.escapes)
        switch byte() {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "{") where allowsBrace:
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 where Self.isWordByte(byte()) { position += 1 }
        default:
            note("illegal escape sequence")
        }
    }

    mutating func rawString() -> Token.Kind {
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "`"):
                position += 1
                return .string
            case 0x0A:
                position += 1
                newline()
            default: scalar()
            }
        }
        note("non-terminated string")
        return .illegal
    }

    mutating func quotedTemplateText(_ flags: inout Token.Flags) -> Token.Kind {
        readsTemplate = true
        defer { readsTemplate = false }
        while true {
            guard let next = quotedByte() else { return .illegal }
            position += 1
            if next == UInt8(ascii: "\"") { return .templateEnd }
            if next == UInt8(ascii: "{") { return .templatePart }
            escape(&flags, allowsBrace: true)
        }
    }

    mutating func rawTemplateText(_ flags: inout Token.Flags) -> Token.Kind {
        flags.insert(.raw)
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "`"):
                position += 1
                return .templateEnd
            case UInt8(ascii: "{"):
                position += 1
                return .templatePart
            case UInt8(ascii: "\\") where byte(1) == UInt8(ascii: "{"):
                flags.insert(.escapes)
                position += 2
            case 0x0A:
                position += 1
                newline()
            default: scalar()
            }
        }
        note("non-terminated string")
        return .illegal
    }
}
