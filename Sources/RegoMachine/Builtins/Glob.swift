/// A compiled glob: `?` is one scalar and `*` any number of them, delimiters excepted; `**` takes
/// these too; `[abc]`, `[a-z]`, `[!…]` are one scalar; `{a,b}` is either; `\` takes the next as
/// it is.
///
/// It is a nondeterministic automaton of which all states advance together, so that matching
/// takes at most the product of both lengths.
/// - Source: github.com/gobwas/glob, which OPA uses.
struct Glob {
    private enum Instruction {
        case scalar(Unicode.Scalar)
        /// Any scalar but the delimiters.
        case one
        case any
        case member([ClosedRange<UInt32>], negated: Bool)
        /// Goes on at both places.
        case fork(Int, Int)
        case jump(Int)
    }

    private var program: [Instruction] = []
    private let delimiters: [Unicode.Scalar]

    /// - Throws: `failed`, with what is wrong with the pattern.
    init(_ pattern: Bytes, delimiters: [Unicode.Scalar]) throws(BuiltinError) {
        self.delimiters = delimiters
        var rest = Pattern(pattern)
        try compileSequence(&rest, depth: 0)
    }

    func matches(_ text: Bytes, _ context: BuiltinContext) throws(BuiltinError) -> Bool {
        var current = States(program.count + 1)
        var next = States(program.count + 1)
        try enter(0, &current, context)
        for scalar in text.string.unicodeScalars {
            if current.all.isEmpty { return false }
            next.clear()
            for state in current.all where state < program.count {
                try context.charge(1)
                if accepts(program[state], scalar) { try enter(state + 1, &next, context) }
            }
            swap(&current, &next)
        }
        return current.has[program.count]
    }

    private struct States {
        var all: [Int] = []
        var has: [Bool]

        init(_ count: Int) { has = Array(repeating: false, count: count) }

        mutating func clear() {
            for state in all { has[state] = false }
            all.removeAll(keepingCapacity: true)
        }
    }

    /// Adds a state, and those reached from it without a scalar.
    private func enter(
        _ first: Int, _ states: inout States, _ context: BuiltinContext
    ) throws(BuiltinError) {
        var pending = [first]
        while let state = pending.popLast() {
            if states.has[state] { continue }
            try context.charge(1)
            states.has[state] = true
            states.all.append(state)
            guard state < program.count else { continue }
            switch program[state] {
            case .fork(let one, let other): pending += [other, one]
            case .jump(let place): pending.append(place)
            default: continue
            }
        }
    }

    private func accepts(_ instruction: Instruction, _ scalar: Unicode.Scalar) -> Bool {
        switch instruction {
        case .scalar(let wanted): scalar == wanted
        case .one: !delimiters.contains(scalar)
        case .any: true
        case .member(let ranges, let negated):
            ranges.contains { $0.contains(scalar.value) } != negated
        case .fork, .jump: false
        }
    }
}

extension Glob {
    /// What of a pattern is still to be read.
    private struct Pattern {
        let scalars: [Unicode.Scalar]
        var position = 0

        init(_ bytes: Bytes) { scalars = Array(bytes.string.unicodeScalars) }

        var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

        mutating func take() -> Unicode.Scalar? {
            defer { position += 1 }
            return next
        }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard next == scalar else { return false }
            position += 1
            return true
        }
    }

    /// Alternatives inside each other; deeper ones are refused.
    private static let depthMax = 100

    /// Up to the end, or to the `,` or `}` that ends an alternative.
    private mutating func compileSequence(
        _ rest: inout Pattern, depth: Int
    ) throws(BuiltinError) {
        while let scalar = rest.next {
            if depth > 0 && (scalar == "," || scalar == "}") { return }
            rest.position += 1
            switch scalar {
            case "?": program.append(.one)
            case "*": repeatAny(rest.take("*") ? .any : .one)
            case "[": program.append(try Glob.members(&rest))
            case "{": try compileAlternatives(&rest, depth: depth + 1)
            // A backslash at the end stands for nothing.
            case "\\": if let escaped = rest.take() { program.append(.scalar(escaped)) }
            default: program.append(.scalar(scalar))
            }
        }
    }

    private mutating func repeatAny(_ instruction: Instruction) {
        let loop = program.count
        program.append(.fork(loop + 1, loop + 3))
        program.append(instruction)
        program.append(.jump(loop))
    }

    /// A missing `}` at the end of the pattern is forgiven.
    private mutating func compileAlternatives(
        _ rest: inout Pattern, depth: Int
    ) throws(BuiltinError) {
        if depth > Glob.depthMax { throw .limit(.nesting) }
        var exits: [Int] = []
        while true {
            let fork = program.count
            program.append(.fork(fork + 1, fork + 1))
            try compileSequence(&rest, depth: depth)
            guard rest.take(",") else {
                _ = rest.take("}")
                // The last alternative: nothing else to try.
                break
            }
            exits.append(program.count)
            program.append(.jump(0))
            program[fork] = .fork(fork + 1, program.count)
        }
        for exit in exits { program[exit] = .jump(program.count) }
    }

    /// What follows `[`: a range from one scalar to another, or a list in which `-` is itself.
    private static func members(_ rest: inout Pattern) throws(BuiltinError) -> Instruction {
        let negated = rest.take("!")
        guard let first = rest.next else { throw .failed("unexpected end of input") }
        var ranges: [ClosedRange<UInt32>] = []
        if rest.position + 1 < rest.scalars.count, rest.scalars[rest.position + 1] == "-" {
            rest.position += 2
            guard let last = rest.take() else { throw .failed("unexpected end of input") }
            guard first <= last else {
                throw .failed("hi character '\(last)' should be greater than lo '\(first)'")
            }
            ranges = [first.value...last.value]
        } else {
            while let scalar = rest.next, scalar != "]" {
                rest.position += 1
                if scalar != "\\" {
                    ranges.append(scalar.value...scalar.value)
                } else if let escaped = rest.take() {
                    ranges.append(escaped.value...escaped.value)
                }
            }
        }
        guard let end = rest.take() else { throw .failed("unexpected end of input") }
        guard end == "]" else { throw .failed("expected close range character") }
        guard !ranges.isEmpty else { throw .failed("could not parse range") }
        return .member(ranges, negated: negated)
    }
}
