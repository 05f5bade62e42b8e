/// Which modules name a path below `data`, or one above or below it.
package struct ReaderTree: Sendable {
    private struct Node: Sendable {
        var children: [String: Int] = [:]
        var modules: Set<Int> = []
    }

    private var nodes = [Node()]

    mutating func add(_ module: Int, reading paths: Set<[String]>) {
        for path in paths {
            var current = 0
            for name in path {
                if let child = nodes[current].children[name] {
                    current = child
                } else {
                    nodes.append(Node())
                    nodes[current].children[name] = nodes.count - 1
                    current = nodes.count - 1
                }
            }
            nodes[current].modules.insert(module)
        }
    }

    mutating func remove(_ module: Int, reading paths: Set<[String]>) {
        for path in paths {
            var current = 0
            for name in path { current = nodes[current].children[name] ?? 0 }
            nodes[current].modules.remove(module)
        }
    }

    func readers(of path: [String]) -> Set<Int> {
        var found = nodes[0].modules
        var current = 0
        for name in path {
            guard let child = nodes[current].children[name] else { return found }
            current = child
            found.formUnion(nodes[current].modules)
        }
        collect(below: current, into: &found)
        return found
    }

    private func collect(below node: Int, into found: inout Set<Int>) {
        for child in nodes[node].children.values {
            found.formUnion(nodes[child].modules)
            collect(below: child, into: &found)
        }
    }
}

/// Paths, and which others lead to, through or below one of them.
struct PathSet {
    private let paths: Set<[String]>
    private var prefixes: Set<[String]> = []

    init(_ paths: Set<[String]>) {
        self.paths = paths
        for path in paths {
            for length in 0...path.count { prefixes.insert(Array(path.prefix(length))) }
        }
    }

    /// Whether one of them is at a path, below it, or on the way to it.
    func touches(_ path: [String]) -> Bool {
        prefixes.contains(path)
            || (0..<path.count).contains { paths.contains(Array(path.prefix($0))) }
    }
}
