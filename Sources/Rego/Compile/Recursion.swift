import RegoSyntax

extension Compiler {
    /// Pass: refuses rules that reach themselves.
    func checkRecursion(_ work: inout Work) {
        var graph = RuleGraph(exports: work.exports, drafts: work.drafts)
        graph.link()
        work.dependencyOrder = graph.order
        for cycle in graph.cycles() {
            let start = graph.vertices[cycle[0]]
            let names = cycle.map { "data." + graph.name(of: $0) }
            let diagnostic = Diagnostic(
                code: .recursion,
                message: "rule \(names[0]) is recursive: \(names.joined(separator: " -> "))",
                file: work.modules[start.module].source.name, span: start.span)
            work.report(
                [Mistake(stage: .recursion, diagnostic: diagnostic)], in: start.module)
        }
    }
}

/// Which rules read which.
///
/// Its vertices are the branches of rules, and, so that a reference to a whole subtree costs one
/// edge, the nodes of `Exports`: a node reads the rules at it and the nodes below.
private struct RuleGraph {
    struct Vertex {
        let module: Int
        let rule: Int
        let branch: Int
        let span: Span
    }

    let exports: Exports
    let drafts: [[Draft]]
    /// Without those of the nodes, which follow them.
    private(set) var vertices: [Vertex] = []
    /// By vertex, those that reach each other have the same number; what they read a smaller one.
    private var component: [Int] = []
    private var edges: [[Int]] = []
    /// The vertices of each rule's branches, by module and position.
    private var branches: [[Range<Int>]] = []

    init(exports: Exports, drafts: [[Draft]]) {
        self.exports = exports
        self.drafts = drafts
        for (module, rules) in drafts.enumerated() {
            var ranges: [Range<Int>] = []
            ranges.reserveCapacity(rules.count)
            for position in rules.indices {
                let first = vertices.count
                for (branch, part) in rules[position].rule.branches.enumerated() {
                    vertices.append(
                        Vertex(
                            module: module, rule: position, branch: branch, span: part.span.span))
                }
                ranges.append(first..<vertices.count)
            }
            branches.append(ranges)
        }
        edges = Array(repeating: [], count: vertices.count + exports.nodes.count)
    }

    func name(of vertex: Int) -> String {
        let rule = drafts[vertices[vertex].module][vertices[vertex].rule].rule
        var text = rule.path.joined(separator: ".")
        for term in rule.rest {
            switch term {
            case .string(let name): text += ".\(name)"
            case .number(let literal): text += "[\(literal)]"
            case .local(let local): text += "[\(rule.locals.names[local] ?? "_")]"
            default: text += "[_]"
            }
        }
        return text
    }

    // MARK: Edges

    mutating func link() {
        for (index, node) in exports.nodes.enumerated() {
            let vertex = vertices.count + index
            edges[vertex].reserveCapacity(node.children.count + node.rules.count)
            for child in node.children.values { edges[vertex].append(vertices.count + child) }
            for entry in node.rules { edges[vertex] += branches[entry.module][entry.rule] }
        }
        var reader = Reader(exports: exports, branches: branches, nodesFrom: vertices.count)
        for (index, vertex) in vertices.enumerated() {
            let branch = drafts[vertex.module][vertex.rule].rule.branches[vertex.branch]
            edges[index] = reader.targets(of: branch, index)
        }
        var finder = ComponentFinder(edges: edges)
        component = finder.components()
    }

    /// The branches, each after those that it reads.
    var order: [BranchPlace] {
        vertices.indices.sorted { component[$0] < component[$1] }.map {
            BranchPlace(
                module: vertices[$0].module, rule: vertices[$0].rule, branch: vertices[$0].branch)
        }
    }

    /// Finds the vertices that a branch reads.
    private struct Reader {
        let exports: Exports
        let branches: [[Range<Int>]]
        /// The vertex of the first node.
        let nodesFrom: Int
        private var found: [Int] = []
        /// By vertex, the last reader that was told of it.
        private var told: [Int]
        private var current = 0

        init(exports: Exports, branches: [[Range<Int>]], nodesFrom: Int) {
            self.exports = exports
            self.branches = branches
            self.nodesFrom = nodesFrom
            told = Array(repeating: -1, count: nodesFrom + exports.nodes.count)
        }

        mutating func targets(of branch: ResolvedRule.Branch, _ vertex: Int) -> [Int] {
            current = vertex
            found.removeAll(keepingCapacity: true)
            withoutActuallyEscaping({ (path: References.Path) in
                self.follow(path, 0, from: 0)
            }) { visit in
                let references = References(visit: visit)
                references.walk(branch.value)
                references.walk(branch.body)
            }
            return found
        }

        private mutating func tell(_ vertex: Int) {
            guard told[vertex] != current else { return }
            told[vertex] = current
            found.append(vertex)
        }

        /// The rules that a reference may read: those on its way, and all below its end.
        private mutating func follow(_ path: References.Path, _ position: Int, from index: Int) {
            guard position < path.count else {
                tell(nodesFrom + index)
                return
            }
            switch path[position] {
            case .name(let name):
                if let child = exports.nodes[index].children[name] {
                    enter(child, path, position)
                }
            case .variable:
                for child in exports.nodes[index].children.values {
                    enter(child, path, position)
                }
            case .constant: break
            }
        }

        private mutating func enter(_ child: Int, _ path: References.Path, _ position: Int) {
            for entry in exports.nodes[child].rules {
                for vertex in branches[entry.module][entry.rule] { tell(vertex) }
            }
            follow(path, position + 1, from: child)
        }
    }

    // MARK: Cycles

    /// For each rule that reaches itself, the shortest way: from it, back to it.
    func cycles() -> [[Int]] {
        var size: [Int: Int] = [:]
        for number in component { size[number, default: 0] += 1 }
        return vertices.indices.compactMap { start in
            guard size[component[start], default: 0] > 1 || edges[start].contains(start) else {
                return nil
            }
            return way(from: start, component)
        }
    }

    private func way(from start: Int, _ component: [Int]) -> [Int] {
        var before: [Int: Int] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let current = queue[next]
            next += 1
            for target in edges[current] where component[target] == component[start] {
                if target == start { return path(to: current, before) + [start] }
                guard before[target] == nil else { continue }
                before[target] = current
                queue.append(target)
            }
        }
        return [start]
    }

    private func path(to end: Int, _ before: [Int: Int]) -> [Int] {
        var result = [end]
        while let earlier = before[result[result.count - 1]] { result.append(earlier) }
        return result.reversed().filter { $0 < vertices.count }
    }
}

/// Tarjan's strongly connected components, without recursion: rules chain deeply.
private struct ComponentFinder {
    let edges: [[Int]]
    private var order: [Int]
    private var low: [Int]
    private var component: [Int]
    private var stack: [Int] = []
    private var counter = 0
    private var closed = 0

    init(edges: [[Int]]) {
        self.edges = edges
        order = Array(repeating: -1, count: edges.count)
        low = order
        component = order
    }

    /// The number of each vertex's component.
    mutating func components() -> [Int] {
        for vertex in edges.indices where order[vertex] < 0 { visit(vertex) }
        return component
    }

    private mutating func enter(_ vertex: Int) {
        order[vertex] = counter
        low[vertex] = counter
        counter += 1
        stack.append(vertex)
    }

    private mutating func visit(_ start: Int) {
        var path: [(vertex: Int, next: Int)] = [(start, 0)]
        enter(start)
        while let (vertex, next) = path.last {
            if next < edges[vertex].count {
                path[path.count - 1].next += 1
                let target = edges[vertex][next]
                if order[target] < 0 {
                    enter(target)
                    path.append((target, 0))
                } else if component[target] < 0 {
                    low[vertex] = min(low[vertex], order[target])
                }
                continue
            }
            path.removeLast()
            if let (parent, _) = path.last { low[parent] = min(low[parent], low[vertex]) }
            if low[vertex] == order[vertex] { close(vertex) }
        }
    }

    private mutating func close(_ root: Int) {
        while let member = stack.popLast() {
            component[member] = closed
            if member == root { break }
        }
        closed += 1
    }
}
