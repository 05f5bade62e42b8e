import RegoMachine

/// Which sub-tests of a test passed: those whose keys lead to `true` in its value. Those that were
/// begun and have no value failed.
struct CaseTree {
    private enum Node {
        case leaf(isFailed: Bool)
        case inner([String: Node])
    }

    private var root: [String: Node] = [:]

    /// - Parameter value: What the rule is.
    init(_ value: Value) {
        if case .inner(let nodes) = CaseTree.node(value) { root = nodes }
    }

    private static func node(_ value: Value) -> Node {
        guard value.kind == .object else { return .leaf(isFailed: !value.isTrue) }
        var nodes: [String: Node] = [:]
        for entry in value.entries { nodes[entry.key.string ?? ""] = node(entry.value) }
        return .inner(nodes)
    }

    /// - Parameter keys: As JSON.
    mutating func begin(_ keys: [[UInt8]]) {
        CaseTree.begin(keys.map(CaseTree.name)[...], in: &root)
    }

    private static func begin(_ keys: ArraySlice<String>, in nodes: inout [String: Node]) {
        guard let key = keys.first else { return }
        guard keys.count > 1 else {
            if nodes[key] == nil { nodes[key] = .leaf(isFailed: true) }
            return
        }
        var below: [String: Node] = [:]
        if let known = nodes[key] {
            guard case .inner(let known) = known else { return }
            below = known
        }
        begin(keys.dropFirst(), in: &below)
        nodes[key] = .inner(below)
    }

    var isFailed: Bool { CaseTree.isFailed(.inner(root)) }

    private static func isFailed(_ node: Node) -> Bool {
        switch node {
        case .leaf(let isFailed): isFailed
        case .inner(let nodes): nodes.values.contains(where: isFailed)
        }
    }

    var results: [TestCase] { CaseTree.results(root) }

    private static func results(_ nodes: [String: Node]) -> [TestCase] {
        nodes.sorted { $0.key < $1.key }.map { name, node in
            var below: [TestCase] = []
            if case .inner(let nodes) = node { below = results(nodes) }
            return TestCase(name: name, isFailed: isFailed(node), cases: below)
        }
    }

    /// The elements of a JSON array; `nil`: it is none.
    static func keys(_ json: [UInt8]) -> [[UInt8]]? {
        guard let document = try? Document.parse(json: json) else { return nil }
        let count = document.withRoot { $0.kind == .array ? $0.elements.count : 0 }
        return (0..<count).compactMap { document.json(at: ["\($0)"]) }
    }

    /// A string as it is, anything else as its JSON.
    static func name(_ json: [UInt8]) -> String {
        let document = try? Document.parse(json: json)
        return document?.withRoot { $0.kind == .string ? $0.string : nil }
            ?? String(decoding: json, as: UTF8.self)
    }
}

extension [TestCase] {
    /// Gives the failed sub-test with these keys its reason.
    /// - Parameter keys: As JSON.
    mutating func explain(_ keys: ArraySlice<[UInt8]>, _ reason: () -> EvaluatedExpression?) {
        guard let key = keys.first else { return }
        let name = CaseTree.name(key)
        guard let index = firstIndex(where: { $0.name == name }), self[index].isFailed else {
            return
        }
        if keys.count > 1 {
            self[index].cases.explain(keys.dropFirst(), reason)
        } else if self[index].cases.isEmpty {
            self[index].failure = reason()
        }
    }
}
