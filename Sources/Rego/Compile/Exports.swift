import RegoSyntax

/// What modules offer each other: the paths of their rules, as a tree below `data`.
///
/// This is all that resolving one module reads of the others.
package struct Exports: Sendable {
    struct Node: Sendable {
        /// Some of them may hold nothing any more: see `child(of:named:)`.
        fileprivate(set) var children: [String: Int] = [:]
        /// By module, each's in the order of the text.
        fileprivate(set) var rules: [Entry] = []
        /// The modules whose package this is.
        fileprivate(set) var modules: [Int] = []
        /// The names that the rules of this package begin with, and how many do.
        fileprivate(set) var names: [String: Int] = [:]
        /// How many rules and packages are below.
        fileprivate(set) var below = 0

        var isEmpty: Bool { rules.isEmpty && modules.isEmpty && below == 0 }
    }

    /// One rule definition.
    struct Entry: Sendable {
        let module: Int
        let rule: Int
        /// How many operands it takes; `nil`: it is no function.
        let operands: Int?
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
        let own = find(module.package).map { Set(nodes[$0].names.keys) } ?? []
        return own.union(module.imports.compactMap(\.name)).union(["input", "data"])
    }

    /// Whether a rule, or a function, has exactly this path.
    func hasRules(at path: [String]) -> Bool {
        find(path).map { !nodes[$0].rules.isEmpty } ?? false
    }

    /// How many operands the function at exactly this path takes; `nil` where there is none.
    func operands(of path: [String]) -> Int? {
        find(path).flatMap { nodes[$0].rules.first?.operands }
    }

    /// The child of a node that holds something, or leads to what does.
    func child(of node: Int, named name: String) -> Int? {
        guard let child = nodes[node].children[name], !nodes[child].isEmpty else { return nil }
        return child
    }

    /// - Returns: The node of each of its rules.
    mutating func add(_ module: Module, index: Int) -> [Int] {
        let package = node(at: module.package, below: 0)
        nodes[package].modules.append(index)
        count(module.package, by: 1)
        return module.rules.indices.map { position in
            let head = module.rules[position].head
            nodes[package].names[head.name, default: 0] += 1
            let path = head.constantPath(in: [])
            let target = node(at: path, below: package)
            let place = nodes[target].rules.firstIndex { $0.module > index }
            nodes[target].rules.insert(
                Entry(module: index, rule: position, operands: head.arguments?.count),
                at: place ?? nodes[target].rules.endIndex)
            count(module.package + path, by: 1)
            return target
        }
    }

    /// - Returns: The node of each of its rules.
    mutating func remove(_ module: Module, index: Int) -> [Int] {
        let package = node(at: module.package, below: 0)
        nodes[package].modules.removeAll { $0 == index }
        count(module.package, by: -1)
        return module.rules.indices.map { position in
            let head = module.rules[position].head
            let left = (nodes[package].names[head.name] ?? 1) - 1
            nodes[package].names[head.name] = left > 0 ? left : nil
            let path = head.constantPath(in: [])
            let target = node(at: path, below: package)
            nodes[target].rules.removeAll { $0.module == index && $0.rule == position }
            count(module.package + path, by: -1)
            return target
        }
    }

    /// Counts something at a path, in all nodes above it.
    private mutating func count(_ path: [String], by difference: Int) {
        var current = 0
        for element in path {
            nodes[current].below += difference
            guard let child = nodes[current].children[element] else { return }
            current = child
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
