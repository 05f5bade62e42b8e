import RegoSyntax

extension Compiler {
    /// Pass: refuses rules that reach themselves. A circle that was not there before leads through
    /// a module that changed.
    func checkRecursion(_ work: inout Work) {
        work.graph = RuleGraph(exports: work.exports, modules: work.modules)
        for index in work.changed {
            for position in work.modules[index].drafts.indices {
                work.graph.explore(from: index, rule: position)
            }
        }
        for cycle in work.graph.cycles() {
            let start = work.graph.place(of: cycle[0])
            let names = cycle.map { "data." + work.graph.name(of: $0) }
            let diagnostic = Diagnostic(
                code: .recursion,
                message: "rule \(names[0]) is recursive: \(names.joined(separator: " -> "))",
                file: work.modules[start.module].module.source.name, span: start.span)
            work.report(
                [Mistake(stage: .recursion, diagnostic: diagnostic)], in: start.module)
        }
    }
}

/// Which rules read which, found as far as it is explored.
///
/// Its vertices are the branches of rules, and, so that a reference to a whole subtree costs one
/// edge, the nodes of `Exports`: a node reads the rules at it and the nodes below.
struct RuleGraph {
    struct Vertex {
        let module: Int
        let rule: Int
        let branch: Int
        let span: Span
    }

    private var exports = Exports()
    private var modules: [CompiledModule] = []
    /// Of the branches; vertex 0 stands for node 0, and this many before the first branch.
    private var vertices: [Vertex] = []
    private var nodeCount = 0
    /// By vertex, once something asked for them.
    private var edges: [[Int]?] = []
    /// The vertices of each rule's branches, by module and position, once something asked.
    private var branches: [[Range<Int>]?] = []
    /// By vertex, the last reader that was told of it.
    private var told: [Int] = []
    private var finder = ComponentFinder()

    init() {}

    init(exports: Exports, modules: [CompiledModule]) {
        self.exports = exports
        self.modules = modules
        nodeCount = exports.nodes.count
        branches = Array(repeating: nil, count: modules.count)
        edges = Array(repeating: nil, count: nodeCount)
        told = Array(repeating: -1, count: nodeCount)
        finder.grow(to: nodeCount)
    }

    /// The vertices of a rule's branches.
    private mutating func branches(_ module: Int, _ rule: Int) -> Range<Int> {
        if let known = branches[module] { return known[rule] }
        var ranges: [Range<Int>] = []
        for position in modules[module].drafts.indices {
            let first = nodeCount + vertices.count
            let parts = modules[module].drafts[position].rule.branches
            for branch in parts.indices {
                vertices.append(
                    Vertex(
                        module: module, rule: position, branch: branch,
                        span: parts[branch].span.span))
            }
            ranges.append(first..<nodeCount + vertices.count)
        }
        branches[module] = ranges
        let grown = vertices.count + nodeCount - edges.count
        edges += Array(repeating: nil, count: grown)
        told += Array(repeating: -1, count: grown)
        return ranges[rule]
    }

    func place(of vertex: Int) -> Vertex { vertices[vertex - nodeCount] }

    /// Finds all that a rule reaches.
    mutating func explore(from module: Int, rule: Int) {
        var finder = self.finder
        self.finder = ComponentFinder()
        for vertex in branches(module, rule) { finder.visit(vertex) { targets(of: $0) } }
        self.finder = finder
    }

    /// The branches of rules, each after those that it reads; the rules were explored.
    mutating func ordered(_ places: [Exports.Entry]) -> [BranchPlace] {
        places.flatMap { branches($0.module, $0.rule) }
            .sorted { finder.component[$0] < finder.component[$1] }
            .map {
                let place = place(of: $0)
                return BranchPlace(module: place.module, rule: place.rule, branch: place.branch)
            }
    }

    func name(of vertex: Int) -> String {
        let rule = modules[place(of: vertex).module].drafts[place(of: vertex).rule].rule
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

    private mutating func targets(of vertex: Int) -> [Int] {
        if let known = edges[vertex] { return known }
        let found = vertex < nodeCount ? below(node: vertex) : read(by: vertex)
        edges[vertex] = found
        return found
    }

    private mutating func below(node: Int) -> [Int] {
        let node = exports.nodes[node]
        return node.children.values + node.rules.flatMap { branches($0.module, $0.rule) }
    }

    /// The vertices that a branch reads.
    private mutating func read(by vertex: Int) -> [Int] {
        var paths: [References.Path] = []
        let references = References { paths.append($0) }
        let place = place(of: vertex)
        let branch = modules[place.module].drafts[place.rule].rule.branches[place.branch]
        references.walk(branch)
        var found: [Int] = []
        for path in paths { follow(path, 0, from: 0, by: vertex, into: &found) }
        return found
    }

    private mutating func tell(_ vertex: Int, by reader: Int, into found: inout [Int]) {
        guard told[vertex] != reader else { return }
        told[vertex] = reader
        found.append(vertex)
    }

    /// The rules that a reference may read: those on its way, and all below its end.
    private mutating func follow(
        _ path: References.Path, _ position: Int, from index: Int, by reader: Int,
        into found: inout [Int]
    ) {
        guard position < path.count else {
            tell(index, by: reader, into: &found)
            return
        }
        switch path[position] {
        case .name(let name):
            if let child = exports.nodes[index].children[name] {
                enter(child, path, position, by: reader, into: &found)
            }
        case .variable:
            for child in exports.nodes[index].children.values {
                enter(child, path, position, by: reader, into: &found)
            }
        case .constant: break
        }
    }

    private mutating func enter(
        _ child: Int, _ path: References.Path, _ position: Int, by reader: Int,
        into found: inout [Int]
    ) {
        for entry in exports.nodes[child].rules {
            for vertex in branches(entry.module, entry.rule) {
                tell(vertex, by: reader, into: &found)
            }
        }
        follow(path, position + 1, from: child, by: reader, into: &found)
    }

    // MARK: Cycles

    /// For each rule that reaches itself, the shortest way: from it, back to it.
    func cycles() -> [[Int]] {
        let component = finder.component
        var size: [Int: Int] = [:]
        for number in component where number >= 0 { size[number, default: 0] += 1 }
        return (nodeCount..<component.count).compactMap { start in
            guard component[start] >= 0,
                size[component[start], default: 0] > 1 || edges[start]?.contains(start) == true
            else { return nil }
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
            for target in edges[current] ?? [] where component[target] == component[start] {
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
        return result.reversed().filter { $0 >= nodeCount }
    }
}

/// Tarjan's strongly connected components, without recursion: rules chain deeply.
private struct ComponentFinder {
    private var order: [Int] = []
    private var low: [Int] = []
    /// By vertex, -1 for one that was not visited; vertices that reach each other have the same
    /// number, what they read a smaller one.
    private(set) var component: [Int] = []
    private var stack: [Int] = []
    private var counter = 0
    private var closed = 0

    /// Makes room for vertices that came since.
    mutating func grow(to count: Int) {
        guard count > order.count else { return }
        let grown = Array(repeating: -1, count: count - order.count)
        order += grown
        low += grown
        component += grown
    }

    private mutating func enter(_ vertex: Int) {
        order[vertex] = counter
        low[vertex] = counter
        counter += 1
        stack.append(vertex)
    }

    /// Visits a vertex and all that it reaches.
    mutating func visit(_ start: Int, targets: (Int) -> [Int]) {
        grow(to: start + 1)
        guard order[start] < 0 else { return }
        var path: [(vertex: Int, targets: [Int], next: Int)] = [(start, targets(start), 0)]
        enter(start)
        while let (vertex, known, next) = path.last {
            if next < known.count {
                path[path.count - 1].next += 1
                let target = known[next]
                grow(to: target + 1)
                if order[target] < 0 {
                    enter(target)
                    path.append((target, targets(target), 0))
                } else if component[target] < 0 {
                    low[vertex] = min(low[vertex], order[target])
                }
                continue
            }
            path.removeLast()
            if let parent = path.last?.vertex { low[parent] = min(low[parent], low[vertex]) }
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
