/// The rules of a policy by their paths from `data`, over what the compiler keeps of its modules.
///
/// A node with rules of its own that name entries (`p[x] := …`, `p contains …`) takes the rules
/// below it in: one function gives the whole of what stands at its path. So who walks down the
/// tree stops at the first node that has rules.
struct RuleTree {
    static let root = 0

    private let exports: Exports
    private let modules: [CompiledModule]

    init(_ policy: ResolvedPolicy) {
        exports = policy.exports
        modules = policy.modules
    }

    func child(_ node: Int, _ name: String) -> Int? { exports.child(of: node, named: name) }

    /// The node at a path, where there is one.
    func node(at path: [String]) -> Int? {
        var number = RuleTree.root
        for name in path {
            guard let next = child(number, name) else { return nil }
            number = next
        }
        return number
    }

    /// The names of a node's children, in their order.
    func names(_ node: Int) -> [String] {
        exports.nodes[node].children.keys.filter { child(node, $0) != nil }.sorted()
    }

    /// Whether document rules stand here.
    func hasRules(_ node: Int) -> Bool {
        exports.nodes[node].rules.contains { rule($0).kind != .function }
    }

    /// The document rules that stand here, and those below that are taken in.
    func rules(_ node: Int) -> [ResolvedRule] {
        let own = documents(node)
        return own.isEmpty ? [] : own + taken(below: node, [])
    }

    /// Whether they are a partial object, or one of sets.
    func givesEntries(_ node: Int) -> Bool {
        hasRules(node)
            && (exports.nodes[node].below > 0 && !taken(below: node, []).isEmpty
                || exports.nodes[node].rules.contains { !rule($0).rest.isEmpty })
    }

    /// Calls `body` with the first document rule of each path, going down where `enters` holds.
    func visitRules(where enters: ([String]) -> Bool, body: (ResolvedRule) -> Void) {
        visit(RuleTree.root, [], enters, body)
    }

    private func visit(
        _ node: Int, _ path: [String], _ enters: ([String]) -> Bool, _ body: (ResolvedRule) -> Void
    ) {
        if let rule = documents(node).first { body(rule) }
        for name in names(node) where enters(path + [name]) {
            if let child = child(node, name) { visit(child, path + [name], enters, body) }
        }
    }

    func functions(_ node: Int) -> [ResolvedRule] {
        exports.nodes[node].rules.map(rule).filter { $0.kind == .function }
    }

    /// Whether a document rule or a package stands here, or anything below: what only leads to
    /// functions is there too, empty.
    func holdsDocuments(_ node: Int) -> Bool {
        exports.nodes[node].below > 0 || !exports.nodes[node].modules.isEmpty || hasRules(node)
    }

    private func rule(_ entry: Exports.Entry) -> ResolvedRule {
        modules[entry.module].rules[entry.rule]
    }

    private func documents(_ node: Int) -> [ResolvedRule] {
        exports.nodes[node].rules.map(rule).filter { $0.kind != .function }
    }

    private func taken(below node: Int, _ path: [String]) -> [ResolvedRule] {
        var taken: [ResolvedRule] = []
        for name in names(node) {
            guard let child = child(node, name) else { continue }
            let here = path + [name]
            for var rule in documents(child) where !rule.isDefault {
                rule.rest = here.map { .string($0) } + rule.rest
                taken.append(rule)
            }
            taken += self.taken(below: child, here)
        }
        return taken
    }
}
