/// The rules of a policy by their paths from `data`.
///
/// A node with rules of its own that name entries (`p[x] := …`, `p contains …`) takes the rules
/// below it in: one function gives the whole of what stands at its path.
struct RuleTree {
    struct Node {
        /// By name, in the order of the names.
        var children: [String: Int] = [:]
        var names: [String] = []
        /// Document rules, not functions.
        var rules: [ResolvedRule] = []
        var functions: [ResolvedRule] = []
        /// Whether a document rule, or a package, stands here or below.
        var holdsDocuments = false
    }

    private(set) var nodes: [Node] = [Node()]
    static let root = 0

    init(_ rules: [ResolvedRule], packages: [[String]]) {
        for rule in rules {
            let number = make(rule.path)
            if rule.kind == .function {
                nodes[number].functions.append(rule)
            } else {
                nodes[number].rules.append(rule)
            }
        }
        for package in packages { nodes[make(package)].holdsDocuments = true }
        _ = settle(RuleTree.root)
    }

    func child(_ node: Int, _ name: String) -> Int? { nodes[node].children[name] }

    /// The node at a path, where there is one.
    func node(at path: [String]) -> Int? {
        var number = RuleTree.root
        for name in path {
            guard let next = nodes[number].children[name] else { return nil }
            number = next
        }
        return number
    }

    private mutating func make(_ path: [String]) -> Int {
        var number = RuleTree.root
        for name in path {
            if let next = nodes[number].children[name] {
                number = next
            } else {
                nodes.append(Node())
                nodes[number].children[name] = nodes.count - 1
                nodes[number].names.append(name)
                number = nodes.count - 1
            }
        }
        return number
    }

    /// Sorts names, moves rules up where a node takes them in, and finds where documents are.
    private mutating func settle(_ number: Int) -> Bool {
        nodes[number].names.sort()
        var holds = nodes[number].holdsDocuments || !nodes[number].rules.isEmpty
        for name in nodes[number].names {
            guard let child = nodes[number].children[name] else { continue }
            // What only leads to functions is there too, empty.
            if settle(child) || !nodes[child].functions.isEmpty { holds = true }
        }
        if !nodes[number].rules.isEmpty { nodes[number].rules += taken(below: number, []) }
        nodes[number].holdsDocuments = holds
        return holds
    }

    private mutating func taken(below number: Int, _ path: [String]) -> [ResolvedRule] {
        var taken: [ResolvedRule] = []
        for name in nodes[number].names {
            guard let child = nodes[number].children[name] else { continue }
            let here = path + [name]
            for var rule in nodes[child].rules where !rule.isDefault {
                rule.rest = here.map { .string($0) } + rule.rest
                taken.append(rule)
            }
            nodes[child].rules = []
            taken += self.taken(below: child, here)
        }
        return taken
    }
}
