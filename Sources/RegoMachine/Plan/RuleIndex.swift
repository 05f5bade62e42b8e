/// Which of a function's rules can have a value, by what they compare with constants: a decision
/// tree over values that the parameters lead to. A rule that is left out would have been undefined;
/// one that is let in still runs all of its body.
struct RuleIndex: Sendable {
    /// Where a compared value stands: steps from a parameter's register.
    struct Place: Hashable, Sendable {
        var register: Int32
        var steps: [Step]
    }

    enum Step: Hashable, Sendable {
        case key(Value)
        /// The number of elements; undefined for what has none.
        case length
    }

    struct Node: Sendable {
        /// `nil` for a leaf.
        var place: Place?
        /// From the value at `place` to the number of a node: an object of integers.
        var children: Value
        /// For a value that no rule names, or none.
        var otherwise: Int32
        /// A leaf's position in `candidates`.
        var first: Int32
    }

    var nodes: [Node] = []
    /// Starts of rules in the program's code, -1 after each leaf's last.
    var candidates: [Int32] = []
}

/// What one rule demands: that the value at a place equals a constant.
struct RuleTests {
    var byPlace: [RuleIndex.Place: Value] = [:]
    /// The rule's number among its function's.
    var rule: Int
}

/// Builds a `RuleIndex` from the tests of each rule.
struct RuleIndexBuilder {
    private var index = RuleIndex()
    private let tests: [RuleTests]
    private let constants: Arena
    private let nodesMax: Int

    /// - Returns: `nil` where no place is tested by at least two rules.
    static func index(of tests: [RuleTests], constants: Arena) throws(BuiltinError) -> RuleIndex? {
        var builder = RuleIndexBuilder(tests, constants)
        guard builder.bestPlace(Array(tests.indices), []) != nil else { return nil }
        _ = try builder.node(Array(tests.indices), [])
        return builder.index
    }

    private init(_ tests: [RuleTests], _ constants: Arena) {
        self.tests = tests
        self.constants = constants
        nodesMax = tests.count * 8 + 64
    }

    /// The place that most of the rules test, so that each step leaves the fewest.
    private func bestPlace(_ rules: [Int], _ used: Set<RuleIndex.Place>) -> RuleIndex.Place? {
        var counts: [RuleIndex.Place: Int] = [:]
        for rule in rules {
            for place in tests[rule].byPlace.keys where !used.contains(place) {
                counts[place, default: 0] += 1
            }
        }
        // Equal counts are settled by the shorter, then the textually first place, so that a
        // policy has one plan.
        return counts.filter { $0.value >= 2 }.max {
            ($0.value, -$0.key.steps.count, $0.key.order)
                < ($1.value, -$1.key.steps.count, $1.key.order)
        }?.key
    }

    private mutating func node(
        _ rules: [Int], _ used: Set<RuleIndex.Place>
    ) throws(BuiltinError) -> Int32 {
        guard rules.count > 2, used.count < 12, index.nodes.count < nodesMax,
            let place = bestPlace(rules, used)
        else { return leaf(rules) }
        let number = index.nodes.count
        index.nodes.append(
            .init(place: place, children: .undefined, otherwise: 0, first: 0))
        let free = rules.filter { tests[$0].byPlace[place] == nil }
        var groups: [Value: [Int]] = [:]
        for rule in rules {
            if let value = tests[rule].byPlace[place] { groups[value, default: []].append(rule) }
        }
        let children = try Value.object(capacity: groups.count, in: constants)
        let deeper = used.union([place])
        for (value, matching) in groups.sorted(by: { $0.key < $1.key }) {
            let child = try node((matching + free).sorted(), deeper)
            try children.insert(value.withHash(), .integer(Int64(child)), in: constants)
        }
        index.nodes[number].children = children
        index.nodes[number].otherwise = try node(free, deeper)
        return Int32(number)
    }

    private mutating func leaf(_ rules: [Int]) -> Int32 {
        index.nodes.append(
            .init(
                place: nil, children: .undefined, otherwise: 0,
                first: Int32(index.candidates.count)))
        index.candidates += rules.map { Int32(tests[$0].rule) } + [-1]
        return Int32(index.nodes.count - 1)
    }
}

extension RuleIndex.Place {
    fileprivate var order: Int {
        steps.reduce(Int(register)) { total, step in
            switch step {
            case .key(let key): total &* 31 &+ (key.index.map { Int($0) } ?? key.length)
            case .length: total &* 31 &+ 7
            }
        }
    }
}

extension Value: Comparable {
    public static func < (left: Value, right: Value) -> Bool { compare(left, right) < 0 }
}
