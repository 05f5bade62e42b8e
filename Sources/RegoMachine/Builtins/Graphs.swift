extension Builtin {
    package static let graphs: [Builtin] = [
        Builtin("graph.reachable", [graph, vertices], .set(.any), run: Graphs.reachable),
        Builtin(
            "graph.reachable_paths", [graph, vertices], .set(.array(of: .any)),
            run: Graphs.reachablePaths),
        Builtin(
            "walk", [.any], .array([.array(of: .any), .any], rest: nil), [.relation],
            run: Graphs.walk),
    ]

    private static let vertices = TypeDeclaration.anyOf([.array(of: .any), .set(.any)])
    private static let graph = TypeDeclaration.object(.any, vertices)
}

/// Graphs are objects from a vertex to the array or set of its neighbours. A vertex that is no key
/// is not in the graph; a value that is no collection has no neighbours.
enum Graphs {
    static func reachable(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var queue = Array(operands[1].items)
        let reached = try Value.set(in: context.arena)
        var next = 0
        while next < queue.count {
            let vertex = queue[next]
            next += 1
            try context.charge(1)
            let edges = operands[0].element(vertex, arena: context.arena)
            if edges.isUndefined || reached.holds(vertex, in: context.arena) { continue }
            try reached.insert(vertex, in: context.arena)
            for neighbour in neighbours(edges) {
                try context.charge(1)
                if !reached.holds(neighbour, in: context.arena) { queue.append(neighbour) }
            }
        }
        return reached
    }

    /// The paths from each start to where they end: at a vertex without neighbours, before one
    /// that is not in the graph, and before one that the path has been at.
    static func reachablePaths(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let paths = try Value.set(in: context.arena)
        for start in operands[1].items {
            if operands[0].holds(start, in: context.arena) {
                var search = PathSearch(graph: operands[0], paths: paths, context: context)
                try search.visit(start)
            }
        }
        return paths
    }

    fileprivate static func neighbours(_ edges: Value) -> [Value] {
        edges.kind == .array || edges.kind == .set ? Array(edges.items) : []
    }

    /// A depth-first search; its depth is that of the graph, so that it keeps its own stack.
    private struct PathSearch {
        let graph: Value
        let paths: Value
        let context: BuiltinContext
        /// The vertices of the current path, and the neighbours of each still to be visited.
        var path: [Value] = []
        var pending: [(neighbours: [Value], next: Int)] = []

        mutating func visit(_ start: Value) throws(BuiltinError) {
            try enter(start)
            while let top = pending.last {
                if top.next == top.neighbours.count {
                    pending.removeLast()
                    path.removeLast()
                } else {
                    pending[pending.count - 1].next += 1
                    try enter(top.neighbours[top.next])
                }
            }
        }

        private mutating func enter(_ vertex: Value) throws(BuiltinError) {
            try context.charge(1 + path.count)
            let edges = graph.element(vertex, arena: context.arena)
            if edges.isUndefined || path.contains(vertex) { return try record() }
            path.append(vertex)
            let neighbours = Graphs.neighbours(edges)
            if neighbours.isEmpty { try record() }
            pending.append((neighbours, 0))
        }

        private func record() throws(BuiltinError) {
            try paths.insert(try .array(path, in: context.arena), in: context.arena)
        }
    }
}

extension Graphs {
    /// Every value inside the operand with its path, the operand first, then depth first in the
    /// order of keys, indexes and members.
    static func walk(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var visit = Walk(context: context)
        try visit.append(operands[0], at: try .array([], in: context.arena), depth: 0)
        return try .array(visit.pairs, in: context.arena)
    }

    private struct Walk {
        let context: BuiltinContext
        var pairs: [Value] = []

        mutating func append(
            _ value: Value, at path: Value, depth: Int
        ) throws(BuiltinError) {
            if depth > context.limits.nesting { throw .limit(.nesting) }
            try context.charge(1)
            pairs.append(try .array([path, value], in: context.arena))
            switch value.kind {
            case .array:
                for (index, element) in value.elements.enumerated() {
                    try descend(element, .integer(Int64(index)), path, depth)
                }
            case .set:
                for member in value.members { try descend(member, member, path, depth) }
            case .object:
                for entry in value.entries { try descend(entry.value, entry.key, path, depth) }
            default: break
            }
        }

        private mutating func descend(
            _ value: Value, _ key: Value, _ path: Value, _ depth: Int
        ) throws(BuiltinError) {
            try context.charge(depth)
            let below = try Value.array(Array(path.elements) + [key], in: context.arena)
            try append(value, at: below, depth: depth + 1)
        }
    }
}
