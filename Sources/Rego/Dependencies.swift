public import RegoSyntax

/// The documents that a query's answer may depend on, written as references.
public struct Dependencies: Sendable {
    /// Of `input`, and of `data` where there are no rules: up to the first variable, those below
    /// another one left out.
    public let base: [String]
    /// Paths of rules.
    public let virtual: [String]
}

extension Policy {
    /// What a query reads, by way of all rules that it reaches.
    /// - Throws: what is wrong with the query.
    /// - Source: OPA documentation, "CLI", `opa deps`.
    public func dependencies(
        of query: String, version: LanguageVersion = .v1
    ) throws(CompileFailure) -> Dependencies {
        var search = DependencySearch(policy: resolved)
        search.add(try resolve(query: query, version: version).body)
        return search.dependencies
    }
}

extension Policy {
    /// The rules that decisions at paths can reach: by file, the offsets at which they begin.
    public func rules(reachedFrom paths: [[String]]) -> [String: Set<Int32>] {
        var search = DependencySearch(policy: resolved)
        search.add(paths: paths)
        return search.starts
    }

    /// Whether a rule or a package stands at a path of `data`, or something below it.
    public func hasDocument(at path: [String]) -> Bool { tree.node(at: path) != nil }

    /// Paths that annotations say are entrypoints, such as `["authz", "allow"]`.
    public var annotatedEntrypoints: [[String]] {
        Set(Annotations(resolved.modules).entrypoints.map(\.path)).sorted {
            $0.lexicographicallyPrecedes($1)
        }
    }
}

private struct DependencySearch {
    let policy: ResolvedPolicy
    private var base: Set<[String]> = []
    private var virtual: Set<[String]> = []
    private var waiting: [ResolvedRule] = []
    /// Where the rules begin that were reached, by file.
    private(set) var starts: [String: Set<Int32>] = [:]

    init(policy: ResolvedPolicy) { self.policy = policy }

    var dependencies: Dependencies {
        let least = base.filter { path in
            !(1..<path.count).contains { base.contains(Array(path.prefix($0))) }
        }
        return Dependencies(
            base: least.map(Self.text).sorted(), virtual: virtual.map(Self.text).sorted())
    }

    private static func text(_ path: [String]) -> String {
        let span = Span(start: 0, end: 0, row: 0, column: 0)
        return RegoText.term(.path(path, span))
    }

    mutating func add(_ body: [ResolvedExpression]) {
        var found: [(isInput: Bool, path: References.Path)] = []
        References(visit: { found.append((false, $0)) }, visitInput: { found.append((true, $0)) })
            .walk(body)
        note(found)
        drain()
    }

    mutating func add(paths: [[String]]) {
        for path in paths { follow(.names(path)) }
        drain()
    }

    private mutating func drain() {
        while let rule = waiting.popLast() {
            var found: [(isInput: Bool, path: References.Path)] = []
            let references = References(
                visit: { found.append((false, $0)) }, visitInput: { found.append((true, $0)) })
            for branch in rule.branches { references.walk(branch) }
            for term in rule.arguments + rule.rest { references.walk(term) }
            note(found)
        }
    }

    private mutating func note(_ found: [(isInput: Bool, path: References.Path)]) {
        for (isInput, path) in found {
            if isInput {
                base.insert(["input"] + path.names)
            } else {
                follow(path)
            }
        }
    }

    private mutating func follow(_ path: References.Path) {
        follow(path, 0, from: 0, names: [], isInRule: false)
    }

    /// The rules on the way of a reference and below its end; base documents where it leaves them.
    /// - Parameter isInRule: Whether it leads through the value of a rule, beside which others may
    ///   stand deeper: `p[x] := 1` and `p.a.b := 2`.
    private mutating func follow(
        _ path: References.Path, _ position: Int, from node: Int, names: [String], isInRule: Bool
    ) {
        guard position < path.count else { return below(node, names) }
        switch path[position] {
        case .name(let name):
            if !step(path, position, from: node, names, name, isInRule), !isInRule {
                base.insert(["data"] + path.names)
            }
        case .variable:
            for name in policy.exports.nodes[node].children.keys {
                _ = step(path, position, from: node, names, name, isInRule)
            }
            if !names.isEmpty && !isInRule { base.insert(["data"] + names) }
        case .constant:
            if !isInRule { base.insert(["data"] + names) }
        }
    }

    /// - Returns: Whether something of the policy stands there.
    private mutating func step(
        _ path: References.Path, _ position: Int, from node: Int, _ names: [String],
        _ name: String, _ isInRule: Bool
    ) -> Bool {
        guard let child = policy.exports.child(of: node, named: name) else { return false }
        let names = names + [name]
        let isRule = enter(child, names)
        follow(path, position + 1, from: child, names: names, isInRule: isInRule || isRule)
        return true
    }

    /// - Returns: Whether rules stand at the node.
    private mutating func enter(_ node: Int, _ names: [String]) -> Bool {
        let entries = policy.exports.nodes[node].rules
        guard !entries.isEmpty else { return false }
        if virtual.insert(["data"] + names).inserted {
            for entry in entries {
                let module = policy.modules[entry.module]
                let rule = module.rules[entry.rule]
                starts[module.module.source.name, default: []].insert(rule.span.span.start)
                waiting.append(rule)
            }
        }
        return true
    }

    private mutating func below(_ node: Int, _ names: [String]) {
        for name in policy.exports.nodes[node].children.keys {
            guard let child = policy.exports.child(of: node, named: name) else { continue }
            _ = enter(child, names + [name])
            below(child, names + [name])
        }
    }
}
