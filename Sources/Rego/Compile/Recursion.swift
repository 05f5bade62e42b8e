import RegoSyntax

extension Compiler {
    /// Pass: refuses rules that reach themselves.
    func checkRecursion(_ work: inout Work) {
        var graph = RuleGraph(exports: work.exports, drafts: work.drafts)
        graph.link()
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
    private var edges: [[Int]] = []
    /// The first vertex of each rule, by module and position.
    private var firstVertex: [[Int]] = []

    init(exports: Exports, drafts: [[Draft]]) {
        self.exports = exports
        self.drafts = drafts
        for (module, rules) in drafts.enumerated() {
            var firsts: [Int] = []
            for (position, draft) in rules.enumerated() {
                firsts.append(vertices.count)
                for (branch, part) in draft.rule.branches.enumerated() {
                    vertices.append(
                        Vertex(
                            module: module, rule: position, branch: branch, span: part.span.span))
                }
            }
            firstVertex.append(firsts)
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
            edges[vertex] = node.children.values.map { vertices.count + $0 }
            for entry in node.rules { edges[vertex] += branches(of: entry) }
        }
        for index in vertices.indices {
            let vertex = vertices[index]
            let rule = drafts[vertex.module][vertex.rule].rule
            var references = References()
            rule.arguments.forEach { references.add($0) }
            rule.rest.forEach { references.add($0) }
            references.add(rule.branches[vertex.branch].value)
            references.add(rule.branches[vertex.branch].body)
            var targets = Set<Int>()
            for path in references.paths { follow(path[...], from: 0, into: &targets) }
            edges[index] = targets.sorted()
        }
    }

    private func branches(of entry: Exports.Entry) -> Range<Int> {
        let first = firstVertex[entry.module][entry.rule]
        return first..<first + drafts[entry.module][entry.rule].rule.branches.count
    }

    /// The rules that a reference may read: those on its way, and all below its end.
    private func follow(
        _ path: ArraySlice<References.Element>, from index: Int, into targets: inout Set<Int>
    ) {
        guard let element = path.first else {
            targets.insert(vertices.count + index)
            return
        }
        let node = exports.nodes[index]
        let next: [Int] =
            switch element {
            case .name(let name): node.children[name].map { [$0] } ?? []
            case .variable: Array(node.children.values)
            case .constant: []
            }
        for child in next {
            for entry in exports.nodes[child].rules { targets.formUnion(branches(of: entry)) }
            follow(path.dropFirst(), from: child, into: &targets)
        }
    }

    // MARK: Cycles

    /// For each rule that reaches itself, the shortest way: from it, back to it.
    func cycles() -> [[Int]] {
        var finder = ComponentFinder(edges: edges)
        let component = finder.components()
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
