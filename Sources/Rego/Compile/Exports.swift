import RegoSyntax

/// What modules offer each other: the paths of their rules, as a tree below `data`.
///
/// This is all that resolving one module reads of the others.
package struct Exports: Sendable {
    struct Node: Sendable {
        var children: [String: Int] = [:]
        var rules: [Entry] = []
        /// The modules whose package this is.
        var modules: [Int] = []
        /// The names that the rules of this package begin with.
        var names: Set<String> = []
    }

    /// One rule definition.
    struct Entry: Sendable {
        let module: Int
        let rule: Int
        /// 0 where it is no function.
        let arity: Int
    }

    private(set) var nodes: [Node] = [Node()]

    /// The node at a path below another, made where it is missing.
    private mutating func node(at path: some Sequence<String>, below start: Int) -> Int {
        var current = start
        for element in path {
            if let child = nodes[current].children[element] {
                current = child
            } else {
                nodes.append(Node())
                nodes[current].children[element] = nodes.count - 1
                current = nodes.count - 1
            }
        }
        return current
    }

    func find(_ path: some Sequence<String>) -> Int? {
        var current = 0
        for element in path {
            guard let child = nodes[current].children[element] else { return nil }
            current = child
        }
        return current
    }

    /// What names mean in a module besides locals.
    func names(of module: Module) -> Set<String> {
        let own = find(module.package).map { nodes[$0].names } ?? []
        return own.union(module.imports.compactMap(\.name)).union(["input", "data"])
    }

    /// The operands that the rule at exactly this path takes: 0 for a rule that is no function,
    /// `nil` where there is none.
    func arity(of path: [String]) -> Int? {
        find(path).flatMap { nodes[$0].rules.first?.arity }
    }

    mutating func add(_ module: Module, index: Int) {
        let package = node(at: module.package, below: 0)
        nodes[package].modules.append(index)
        for position in module.rules.indices {
            nodes[package].names.insert(module.rules[position].head.name)
            let target = node(
                at: module.rules[position].head.constantPath(in: []), below: package)
            nodes[target].rules.append(
                Entry(
                    module: index, rule: position,
                    arity: module.rules[position].head.arguments?.count ?? 0))
        }
    }
}

extension Rule.Head {
    /// From `data`, up to the first element that is no constant string.
    func constantPath(in package: [String]) -> [String] {
        var result = package
        result.append(name)
        for term in path {
            guard case .string(let element) = term.kind else { break }
            result.append(element)
        }
        return result
    }

    /// The elements after `constantPath`.
    var dynamicPath: ArraySlice<Term> {
        path.drop {
            if case .string = $0.kind { true } else { false }
        }
    }
}

extension Compiler {
    /// Pass: collects the rules' paths.
    func export(_ work: inout Work) {
        for (index, module) in work.modules.enumerated() {
            work.exports.add(module, index: index)
        }
    }
}
