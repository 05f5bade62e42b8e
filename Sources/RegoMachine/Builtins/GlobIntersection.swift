/// Whether some text that is not empty is matched by both of two simple regular expressions: of
/// scalars, `.`, `[a-z]`, each perhaps with `+` or `*`, and escapes.
/// - Source: github.com/yashtewari/glob-intersection for the syntax and its errors.
enum GlobIntersection {
    static func match(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].bytes.count + operands[1].bytes.count)
        let left = try Expression(operands[0].bytes)
        let right = try Expression(operands[1].bytes)
        return .boolean(try intersect(left.tokens, right.tokens, context))
    }

    /// Goes through all pairs of places in both, by what they can reach together.
    private static func intersect(
        _ left: [Token], _ right: [Token], _ context: BuiltinContext
    ) throws(BuiltinError) -> Bool {
        let width = right.count + 1
        let (pairs, overflows) = (left.count + 1).multipliedReportingOverflow(by: width)
        if overflows || pairs > context.limits.memoryBytes / 16 { throw .limit(.memory) }
        try context.charge(pairs)
        // A pair twice: before anything was matched, and after.
        var seen = [Bool](repeating: false, count: 2 * pairs)
        var pending = [0]
        while let state = pending.popLast() {
            if seen[state] { continue }
            seen[state] = true
            try context.charge(1)
            let (pair, matched) = (state % pairs, state / pairs)
            let (i, j) = (pair / width, pair % width)
            if i == left.count && j == right.count && matched == 1 { return true }
            if i < left.count && left[i].isRepeated { pending.append(state + width) }
            if j < right.count && right[j].isRepeated { pending.append(state + 1) }
            guard i < left.count, j < right.count else { continue }
            try context.charge(left[i].ranges.count + right[j].ranges.count)
            guard left[i].meets(right[j]) else { continue }
            let down = left[i].isRepeated ? i : i + 1
            let across = right[j].isRepeated ? j : j + 1
            pending.append(pairs + down * width + across)
        }
        return false
    }

    private struct Token {
        /// Sorted, without overlaps.
        let ranges: [ClosedRange<UInt32>]
        /// Any number of times.
        var isRepeated = false

        init(_ ranges: [ClosedRange<UInt32>]) {
            var merged: [ClosedRange<UInt32>] = []
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if let last = merged.last, range.lowerBound <= last.upperBound {
                    let upper = max(last.upperBound, range.upperBound)
                    merged[merged.count - 1] = last.lowerBound...upper
                } else {
                    merged.append(range)
                }
            }
            self.ranges = merged
        }

        func meets(_ other: Token) -> Bool {
            var (i, j) = (0, 0)
            while i < ranges.count && j < other.ranges.count {
                if ranges[i].overlaps(other.ranges[j]) { return true }
                if ranges[i].upperBound < other.ranges[j].upperBound { i += 1 } else { j += 1 }
            }
            return false
        }
    }

    private struct Expression {
        private(set) var tokens: [Token] = []
        private let scalars: [Unicode.Scalar]
        private var position = 0

        init(_ bytes: Bytes) throws(BuiltinError) {
            scalars = Array(bytes.string.unicodeScalars)
            while let (scalar, escaped) = try take() {
                var token = Token([scalar.value...scalar.value])
                if !escaped {
                    switch scalar {
                    case ".": token = Token([0...0x10FFFF])
                    case "[": token = Token(try takeMembers())
                    case "]": throw failure("set-close ']' with no preceding '['")
                    case "+", "*": throw failure("flag '\(scalar)' must be preceded by a non-flag")
                    default: break
                    }
                }
                append(&token)
            }
        }

        /// A token and its flag; `x+` is `xx*`.
        private mutating func append(_ token: inout Token) {
            let flag = position < scalars.count ? scalars[position] : nil
            if flag != "*" { tokens.append(token) }
            guard flag == "*" || flag == "+" else { return }
            position += 1
            token.isRepeated = true
            tokens.append(token)
        }

        private mutating func take() throws(BuiltinError) -> (Unicode.Scalar, escaped: Bool)? {
            guard position < scalars.count else { return nil }
            let scalar = scalars[position]
            guard scalar == "\\" else {
                position += 1
                return (scalar, false)
            }
            guard position + 1 < scalars.count else {
                throw failure("input ends with a \\ (escape) character")
            }
            position += 2
            return (scalars[position - 1], true)
        }

        private mutating func takeMembers() throws(BuiltinError) -> [ClosedRange<UInt32>] {
            var ranges: [ClosedRange<UInt32>] = []
            var before: Unicode.Scalar?
            while let (scalar, escaped) = try take() {
                if scalar == "]" && !escaped { return ranges }
                if scalar == "-" && !escaped {
                    guard let low = before else {
                        throw failure("range character '-' must be preceded by a Unicode character")
                    }
                    ranges.append(low.value...(try takeUpper(from: low)).value)
                    before = nil
                } else {
                    ranges.append(scalar.value...scalar.value)
                    before = scalar
                }
            }
            throw failure("found [ without matching ]")
        }

        private mutating func takeUpper(
            from low: Unicode.Scalar
        ) throws(BuiltinError) -> Unicode.Scalar {
            guard position < scalars.count - 1, let (high, escaped) = try take() else {
                throw failure("range character '-' must be followed by a Unicode character")
            }
            if !escaped && (high == "]" || high == "-") {
                throw failure("range character '-' cannot be followed by a special symbol")
            }
            guard low <= high else {
                throw failure(
                    "range is out of order: '\(high)' comes before '\(low)' in Unicode")
            }
            return high
        }

        private func failure(_ message: String) -> BuiltinError {
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            return .failed(
                "input:\(text), pos:\(position), \(message): the input provided is invalid")
        }
    }
}
