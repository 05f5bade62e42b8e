/// OPA's order of terms, in which it prints sets and the keys of objects: by kind, then by
/// value; numbers by their value, text by its bytes.
enum TermOrder {
    static func sorted(_ terms: [Term]) -> [Term] {
        var unique: [Term] = []
        for term in terms.sorted(by: { compare($0, $1) < 0 }) {
            if let last = unique.last, compare(last, term) == 0 { continue }
            unique.append(term)
        }
        return unique
    }

    static func sorted(_ pairs: [(key: Term, value: Term)]) -> [(key: Term, value: Term)] {
        pairs.sorted { compare($0.key, $1.key) < 0 }
    }

    /// Negative, zero or positive.
    static func compare(_ left: Term, _ right: Term) -> Int {
        let ranks = (rank(left), rank(right))
        guard ranks.0 == ranks.1 else { return ranks.0 - ranks.1 }
        switch (left.kind, right.kind) {
        case (.boolean(let a), .boolean(let b)): return (a ? 1 : 0) - (b ? 1 : 0)
        case (.number(let a), .number(let b)): return compare(numbers: a, b)
        case (.string(let a), .string(let b)), (.variable(let a), .variable(let b)):
            return compare(text: a, b)
        case (.array(let a), .array(let b)): return compare(a, b)
        case (.set(let a), .set(let b)): return compare(sorted(a), sorted(b))
        case (.object(let a), .object(let b)): return compare(objects: a, b)
        case (.reference(let a, let elements), .reference(let b, let others)):
            return compare([a] + elements, [b] + others)
        default: return compare(text: RegoText.term(left), RegoText.term(right))
        }
    }

    private static func rank(_ term: Term) -> Int {
        switch term.kind {
        case .null: 0
        case .boolean: 1
        case .number: 2
        case .string: 3
        case .variable("data"), .variable("input"): 5
        case .variable: 4
        case .reference: 5
        case .array: 6
        case .object: 7
        case .set: 8
        case .arrayComprehension: 9
        case .objectComprehension: 10
        case .setComprehension: 11
        case .call: 12
        case .template: 13
        }
    }

    private static func compare(_ left: [Term], _ right: [Term]) -> Int {
        for (a, b) in zip(left, right) {
            let order = compare(a, b)
            if order != 0 { return order }
        }
        return left.count - right.count
    }

    /// By keys and values in turn.
    private static func compare(
        objects left: [(key: Term, value: Term)], _ right: [(key: Term, value: Term)]
    ) -> Int {
        compare(
            sorted(left).flatMap { [$0.key, $0.value] },
            sorted(right).flatMap { [$0.key, $0.value] })
    }

    private static func compare(text left: String, _ right: String) -> Int {
        if left.utf8.elementsEqual(right.utf8) { return 0 }
        return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }

    private static func compare(numbers left: String, _ right: String) -> Int {
        if let a = Int64(left), let b = Int64(right) { return a < b ? -1 : a > b ? 1 : 0 }
        let a = Double(left) ?? 0
        let b = Double(right) ?? 0
        if a != b { return a < b ? -1 : 1 }
        // Two literals that no binary float tells apart.
        return compare(text: left, right)
    }
}
