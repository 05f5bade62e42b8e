extension GraphQL.Lexer {
    var startsBlock: Bool { bytes[at...].starts(with: [0x22, 0x22, 0x22]) }

    /// A string's position is that of its first character, behind the quotes.
    mutating func string(_ start: GraphQL.Position) -> GraphQL.Token {
        step()
        let first = here
        var text: [UInt8] = []
        while let byte, byte >= 0x20 || byte == 0x09 {
            switch byte {
            case 0x22:
                step()
                return GraphQL.Token(
                    kind: .string, text: String(decoding: text, as: UTF8.self), position: first)
            case 0x5C:
                guard escape(into: &text) else { return invalid }
            default:
                text.append(byte)
                step()
            }
        }
        return invalid
    }

    private mutating func escape(into text: inout [UInt8]) -> Bool {
        step()
        guard let byte else { return false }
        switch byte {
        case 0x22, 0x2F, 0x5C: text.append(byte)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75: return scalar(into: &text)
        default: return false
        }
        step()
        return true
    }

    /// Four hexadecimal digits; half of a surrogate pair counts as U+FFFD.
    private mutating func scalar(into text: inout [UInt8]) -> Bool {
        step()
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                return false
            }
            value = value << 4 | UInt32(digit)
            step()
        }
        text += String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8
        return true
    }

    mutating func block(_ start: GraphQL.Position) -> GraphQL.Token {
        for _ in 0..<3 { step() }
        var lines: [[UInt8]] = [[]]
        while let byte {
            switch byte {
            case 0x22 where startsBlock:
                // Of more than three quotes in a row the last three end the string.
                while at + 3 < bytes.count && bytes[at + 3] == 0x22 {
                    lines[lines.count - 1].append(0x22)
                    step()
                }
                let position = here
                for _ in 0..<3 { step() }
                let text = String(decoding: Self.meaning(lines), as: UTF8.self)
                return GraphQL.Token(kind: .blockString, text: text, position: position)
            case 0x5C where bytes[at...].starts(with: [0x5C, 0x22, 0x22, 0x22]):
                lines[lines.count - 1] += [0x22, 0x22, 0x22]
                for _ in 0..<4 { step() }
            case 0x0A, 0x0D:
                breakLine()
                lines.append([])
            case 0x09, 0x20...:
                lines[lines.count - 1].append(byte)
                step()
            default: return invalid
            }
        }
        return invalid
    }

    /// The lines without their common indentation and without blank lines around.
    /// - Source: GraphQL specification, section 2.9.4, BlockStringValue.
    private static func meaning(_ raw: [[UInt8]]) -> [UInt8] {
        func indentation(_ line: [UInt8]) -> Int? {
            line.firstIndex { $0 != 0x20 && $0 != 0x09 }
        }
        let common = raw.compactMap(indentation).min() ?? 0
        var lines = raw[...]
        for row in lines.indices.dropFirst() { lines[row] = Array(lines[row].dropFirst(common)) }
        while let first = lines.first, indentation(first) == nil { lines.removeFirst() }
        while let last = lines.last, indentation(last) == nil { lines.removeLast() }
        return Array(lines.joined(separator: [0x0A]))
    }
}
