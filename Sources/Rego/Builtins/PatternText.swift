import RegoMachine

/// Where RE2's syntax is not Go's: `(?<name>…)` is Go's only, `\C` and names of groups beyond
/// ASCII letters, digits and `_` are RE2's only.
/// - Source: Go, package `regexp/syntax`.
struct PatternText {
    private let text: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    /// The same pattern for RE2.
    /// - Throws: `BuiltinError.failed` where RE2 would take what Go refuses.
    static func translated(_ text: [UInt8]) throws(BuiltinError) -> [UInt8] {
        guard text.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "(") }) else {
            return text
        }
        var scanner = PatternText(text: text)
        scanner.output.reserveCapacity(text.count + 8)
        while scanner.position < text.count { try scanner.next() }
        return scanner.output
    }

    private init(text: [UInt8]) { self.text = text }

    private mutating func next() throws(BuiltinError) {
        switch text[position] {
        case UInt8(ascii: "\\"): try escape()
        case UInt8(ascii: "["): characterClass()
        case UInt8(ascii: "("): try group()
        default: copy(1)
        }
    }

    private mutating func copy(_ count: Int) {
        let end = min(position + count, text.count)
        output += text[position..<end]
        position = end
    }

    private func starts(with prefix: StaticString, at offset: Int = 0) -> Bool {
        let start = position + offset
        guard start + prefix.utf8CodeUnitCount <= text.count else { return false }
        return unsafe text[start...].starts(
            with: UnsafeBufferPointer(
                start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
    }

    private mutating func escape() throws(BuiltinError) {
        if starts(with: #"\C"#) { throw Pattern.failure(.escape, Array(#"\C"#.utf8)) }
        guard starts(with: #"\Q"#) else { return copy(2) }
        copy(2)
        while position < text.count && !starts(with: #"\E"#) { copy(1) }
        copy(2)
    }

    /// Parentheses in a class are plain characters. A `]` that comes first is one too.
    private mutating func characterClass() {
        copy(1)
        if starts(with: "^") { copy(1) }
        if starts(with: "]") { copy(1) }
        while position < text.count && text[position] != UInt8(ascii: "]") {
            if starts(with: "[:"), let end = endOfNamedClass() {
                copy(end - position)
            } else {
                copy(text[position] == UInt8(ascii: "\\") ? 2 : 1)
            }
        }
        copy(1)
    }

    private func endOfNamedClass() -> Int? {
        var end = position + 2
        while end + 1 < text.count {
            if text[end] == UInt8(ascii: ":") && text[end + 1] == UInt8(ascii: "]") {
                return end + 2
            }
            end += 1
        }
        return nil
    }

    private mutating func group() throws(BuiltinError) {
        let nameAt: Int
        if starts(with: "(?P<") {
            nameAt = position + 4
        } else if starts(with: "(?<") && !starts(with: "=", at: 3) && !starts(with: "!", at: 3) {
            nameAt = position + 3
        } else {
            return copy(1)
        }
        guard let end = text[nameAt...].firstIndex(of: UInt8(ascii: ">")) else {
            throw Pattern.failure(.namedCapture, text[position...])
        }
        let name = text[nameAt..<end]
        guard !name.isEmpty, name.allSatisfy(PatternText.isNameByte) else {
            throw Pattern.failure(.namedCapture, text[position...end])
        }
        output += Array("(?P<".utf8) + name + [UInt8(ascii: ">")]
        position = end + 1
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
