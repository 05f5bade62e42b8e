import CRE2
import RegoMachine

/// A compiled regular expression: Go's syntax, run by RE2 in time linear in the text.
@safe final class Pattern {
    /// The pattern is kept from call to call, so that what it may hold is bounded.
    static let memoryBytesMax: Int64 = 16 << 20
    static let patternBytesMax = 1 << 20

    private let compiled: OpaquePointer
    /// Groups, the whole match not counted.
    let groupCount: Int
    let isEmpty: Bool

    /// - Throws: `BuiltinError.failed` with Go's message.
    init(_ text: some Collection<UInt8>) throws(BuiltinError) {
        guard text.count <= Pattern.patternBytesMax else {
            throw Pattern.failure(.tooLarge, text)
        }
        let translated = try PatternText.translated(Array(text))
        let made = unsafe translated.withUnsafeBufferPointer { buffer in
            unsafe cre2_compile(buffer.baseAddress, buffer.count, Pattern.memoryBytesMax)
        }
        guard let made = unsafe made else { throw .limit(.memory) }
        unsafe compiled = unsafe made
        groupCount = unsafe Int(cre2_group_count(made))
        isEmpty = text.isEmpty
        let error = unsafe cre2_pattern_error(made)
        if error != CRE2_OK { throw unsafe Pattern.failure(error, made, text) }
    }

    deinit { unsafe cre2_free(compiled) }

    /// The name of a group, counted from 1; `nil` where it has none.
    func name(ofGroup group: Int) -> [UInt8]? {
        var length = 0
        guard let start = unsafe cre2_group_name(compiled, Int32(group), &length) else {
            return nil
        }
        return unsafe UnsafeBufferPointer(start: start, count: length).map(UInt8.init(bitPattern:))
    }

    func matches(_ text: Bytes) -> Bool {
        unsafe cre2_match(compiled, text.buffer.baseAddress, text.count, 0, nil, 0)
    }

    /// The first match at or after `start`, into `match`.
    func find(in text: Bytes, from start: Int, _ match: inout Match) -> Bool {
        unsafe match.spans.withUnsafeMutableBufferPointer { spans in
            unsafe cre2_match(
                compiled, text.buffer.baseAddress, text.count, start, spans.baseAddress,
                Int32(spans.count))
        }
    }

    /// Where a match and its groups stand in the text.
    struct Match {
        fileprivate var spans: [cre2_span]

        /// - Parameter groups: How many of them to find; 0 is the whole match alone.
        init(groups: Int) {
            spans = Array(repeating: cre2_span(start: -1, end: -1), count: groups + 1)
        }

        var start: Int { spans[0].start }
        var end: Int { spans[0].end }
        var count: Int { spans.count }

        /// `nil` where the group took no part.
        func range(_ group: Int) -> Range<Int>? {
            spans[group].start < 0 ? nil : spans[group].start..<spans[group].end
        }
    }
}

extension Pattern {
    /// Calls `body` for each match as Go's `FindAll` finds them: an empty match right after
    /// another one does not count.
    /// - Parameter limit: The most matches; negative: all.
    func forEachMatch(
        in text: Bytes, limit: Int64, groups: Int, _ context: BuiltinContext,
        _ body: (borrowing Match) throws(BuiltinError) -> Void
    ) throws(BuiltinError) {
        var match = Match(groups: groups)
        var position = 0
        var previousEnd = -1
        var found: Int64 = 0
        while position <= text.count && (limit < 0 || found < limit) {
            guard find(in: text, from: position, &match) else { return }
            try context.charge(1 + (match.end - position) / 16)
            let counts = match.end != position || match.start != previousEnd
            position =
                match.end == position
                ? position + text.widthOfScalar(at: position) : match.end
            previousEnd = match.end
            if counts {
                try body(match)
                found += 1
            }
        }
    }
}

extension Bytes {
    /// Bytes of the scalar that begins at `position`; 1 at the end and for what is no UTF-8.
    func widthOfScalar(at position: Int) -> Int {
        guard position < count else { return 1 }
        let expected =
            switch self[position] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        guard position + expected <= count else { return 1 }
        for offset in 1..<Swift.max(expected, 2) where expected > 1 {
            if self[position + offset] & 0xC0 != 0x80 { return 1 }
        }
        return expected
    }
}

/// Go's words for what is wrong with a pattern.
/// - Source: Go, package `regexp/syntax`, type `ErrorCode`.
enum PatternMistake: String {
    case `internal` = "internal error"
    case characterClass = "invalid character class"
    case classRange = "invalid character class range"
    case escape = "invalid escape sequence"
    case namedCapture = "invalid named capture"
    case perlSyntax = "invalid or unsupported Perl syntax"
    case repeatOperator = "invalid nested repetition operator"
    case repeatCount = "invalid repeat count"
    case utf8 = "invalid UTF-8"
    case missingBracket = "missing closing ]"
    case missingParenthesis = "missing closing )"
    case repeatArgument = "missing argument to repetition operator"
    case trailingBackslash = "trailing backslash at end of expression"
    case unexpectedParenthesis = "unexpected )"
    case tooLarge = "expression too large"
}

extension Pattern {
    static func failure(
        _ mistake: PatternMistake, _ part: some Collection<UInt8>
    ) -> BuiltinError {
        // A message is no place for a megabyte of pattern.
        let shown = String(decoding: part.prefix(1_000), as: UTF8.self)
        return .failed("error parsing regexp: \(mistake.rawValue): `\(shown)`")
    }

    @unsafe private static func failure(
        _ error: cre2_error, _ pattern: OpaquePointer, _ text: some Collection<UInt8>
    ) -> BuiltinError {
        var length = 0
        let start = unsafe cre2_pattern_error_part(pattern, &length)
        let part = unsafe UnsafeBufferPointer(start: start, count: length)
            .map(UInt8.init(bitPattern:))
        return failure(mistake(error), error == CRE2_TOO_LARGE ? Array(text) : part)
    }

    private static func mistake(_ error: cre2_error) -> PatternMistake {
        switch error {
        case CRE2_ESCAPE: .escape
        case CRE2_CLASS: .characterClass
        case CRE2_CLASS_RANGE: .classRange
        case CRE2_MISSING_BRACKET: .missingBracket
        case CRE2_MISSING_PARENTHESIS: .missingParenthesis
        case CRE2_UNEXPECTED_PARENTHESIS: .unexpectedParenthesis
        case CRE2_TRAILING_BACKSLASH: .trailingBackslash
        case CRE2_REPEAT_ARGUMENT: .repeatArgument
        case CRE2_REPEAT_SIZE: .repeatCount
        case CRE2_REPEAT_OPERATOR: .repeatOperator
        case CRE2_PERL_OPERATOR: .perlSyntax
        case CRE2_UTF8: .utf8
        case CRE2_NAMED_GROUP: .namedCapture
        case CRE2_TOO_LARGE: .tooLarge
        default: .internal
        }
    }
}
