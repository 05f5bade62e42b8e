import RegoSyntax

/// Which rules read which, to tell those that nothing reads.
struct LintReach {
    private let exports: Exports
    private let modules: [CompiledModule]

    init(_ policy: ResolvedPolicy) {
        exports = policy.exports
        modules = policy.modules
    }

    /// The nodes of `Exports` whose rules are read from some nodes on, these included.
    func from(_ roots: some Sequence<Int>) -> Set<Int> {
        let search = Search(exports: exports)
        for root in roots { search.find(root) }
        while let node = search.pending.popLast() {
            for entry in exports.nodes[node].rules {
                let rule = modules[entry.module].drafts[entry.rule].rule
                let references = References { search.follow($0) }
                for branch in rule.branches { references.walk(branch) }
                for term in rule.rest + rule.arguments { references.walk(term) }
            }
        }
        return search.found
    }

    /// Every node with rules of its own.
    var nodes: [Int] { exports.nodes.indices.filter { !exports.nodes[$0].rules.isEmpty } }

    /// The nodes at and below a path.
    func nodes(at path: [String]) -> Set<Int> {
        let search = Search(exports: exports)
        search.follow(.names(path))
        return search.found
    }

    private final class Search {
        let exports: Exports
        private(set) var found: Set<Int> = []
        var pending: [Int] = []
        /// Nodes below which all was found already.
        private var exhausted: Set<Int> = []

        init(exports: Exports) { self.exports = exports }

        func find(_ node: Int) {
            guard !exports.nodes[node].rules.isEmpty, found.insert(node).inserted else { return }
            pending.append(node)
        }

        func follow(_ path: References.Path) { follow(path, 0, 0) }

        private func follow(_ path: References.Path, _ position: Int, _ node: Int) {
            // A rule on the way gives what is looked for inside of its value.
            find(node)
            guard position < path.count else { return exhaust(node) }
            switch path[position] {
            case .name(let name):
                guard let child = exports.child(of: node, named: name) else { return }
                follow(path, position + 1, child)
            case .variable:
                for child in exports.nodes[node].children.values {
                    follow(path, position + 1, child)
                }
            case .constant: break
            }
        }

        private func exhaust(_ node: Int) {
            guard exhausted.insert(node).inserted else { return }
            find(node)
            for child in exports.nodes[node].children.values { exhaust(child) }
        }
    }
}
