import RegoSyntax

/// What the passes hand on: all modules, and which of them are to be compiled.
///
/// Modules keep their numbers from one compile to the next, for spans and exports hold them. A new
/// module takes the place of one that is gone, or the next; where one is gone and none is new, the
/// last one moves into its place.
///
/// A module is compiled where its text is new, or where that is which resolving it read of the
/// others: the names of its package, whether the paths it names are functions, annotations.
struct Work {
    var modules: [CompiledModule]
    /// Those to compile, in their order.
    private(set) var changed: [Int] = []
    /// Those whose types alone are looked at again.
    var rechecked: Set<Int> = []
    private(set) var exports: Exports
    var readers: ReaderTree
    /// The types of rules by the nodes of `exports`.
    var types: [RegoType?]
    /// The nodes whose rules are to be given types, and their paths.
    private(set) var changedNodes: [Int: [String]] = [:]
    var graph: RuleGraph
    /// What was found in each module.
    private var mistakes: [Int: [Mistake]] = [:]
    var policy = ResolvedPolicy()

    init(modules: [Module], after previous: ResolvedPolicy?) {
        let start = previous.map { Work.isUnique(modules) ? $0 : ResolvedPolicy() }
            ?? ResolvedPolicy()
        self.modules = start.modules
        exports = start.exports
        types = start.types
        graph = RuleGraph()
        readers = start.readers
        var change = ModuleChange()
        if start.modules.isEmpty {
            for module in modules.sorted(by: Work.precedes) { append(module, &change) }
        } else {
            replace(with: modules, &change)
        }
        let dependents = start.modules.isEmpty ? [] : dependents(of: change)
        changed = change.modules.union(dependents).sorted()
        changedNodes = change.nodes
        for index in dependents { noteNodes(of: index) }
        types += Array(repeating: nil, count: exports.nodes.count - types.count)
    }

    private static func isUnique(_ modules: [Module]) -> Bool {
        var names: Set<String> = []
        names.reserveCapacity(modules.count)
        return modules.allSatisfy { names.insert($0.source.name).inserted }
    }

    /// The unchanged modules that are to be compiled again.
    private func dependents(of change: ModuleChange) -> Set<Int> {
        var found: Set<Int> = []
        for path in change.paths {
            found.formUnion(readers.readers(of: path))
            for length in 1...path.count {
                guard let package = exports.find(path.prefix(length)) else { break }
                found.formUnion(exports.nodes[package].modules)
            }
        }
        if change.hasAnnotations {
            found.formUnion(modules.indices.filter { modules[$0].readsAnnotations })
        }
        return found.subtracting(change.modules)
    }

    private static func precedes(_ one: Module, _ other: Module) -> Bool {
        one.source.name < other.source.name
    }

    private mutating func replace(with modules: [Module], _ change: inout ModuleChange) {
        var fresh: [String: Int] = [:]
        fresh.reserveCapacity(modules.count)
        for index in modules.indices { fresh[modules[index].source.name] = index }
        var gone: [Int] = []
        for index in self.modules.indices {
            let name = self.modules[index].module.source.name
            guard let new = fresh.removeValue(forKey: name) else {
                gone.append(index)
                continue
            }
            if !modules[new].isSame(as: self.modules[index].module) {
                put(modules[new], at: index, &change)
            }
        }
        for module in fresh.values.map({ modules[$0] }).sorted(by: Work.precedes) {
            if let index = gone.popLast() {
                put(module, at: index, &change)
            } else {
                append(module, &change)
            }
        }
        for index in gone.reversed() {
            let last = self.modules.count - 1
            let moved = self.modules[last].module
            clear(last, &change)
            self.modules.removeLast()
            change.modules.remove(last)
            if index != last { put(moved, at: index, &change) }
        }
    }

    private mutating func append(_ module: Module, _ change: inout ModuleChange) {
        modules.append(CompiledModule(module: module))
        fill(modules.count - 1, &change)
    }

    private mutating func put(_ module: Module, at index: Int, _ change: inout ModuleChange) {
        clear(index, &change)
        modules[index] = CompiledModule(module: module)
        fill(index, &change)
    }

    private mutating func fill(_ index: Int, _ change: inout ModuleChange) {
        let nodes = exports.add(modules[index].module, index: index)
        change.add(modules[index].module, index, nodes)
    }

    private mutating func clear(_ index: Int, _ change: inout ModuleChange) {
        let nodes = exports.remove(modules[index].module, index: index)
        change.remove(modules[index].module, nodes)
        readers.remove(index, reading: modules[index].reads)
    }

    private mutating func noteNodes(of index: Int) {
        for rule in modules[index].module.rules {
            let path = rule.head.constantPath(in: modules[index].module.package)
            if let node = exports.find(path) { changedNodes[node] = path }
        }
    }

    // MARK: Mistakes

    mutating func report(_ found: [Mistake], in module: Int) {
        if !found.isEmpty { mistakes[module, default: []] += found }
    }

    /// Whether nothing is wrong with a module that a stage before this one looks for.
    func isSound(_ module: Int, before stage: Stage) -> Bool {
        mistakes[module]?.allSatisfy { $0.stage >= stage } ?? true
    }

    /// The earliest of each module, each once, by file, in the order of the text.
    var diagnostics: [Diagnostic] {
        mistakes.sorted { Work.precedes(modules[$0.key].module, modules[$1.key].module) }
            .flatMap(\.value.earliest)
    }
}

/// A module, and what became of it.
package struct CompiledModule: Sendable {
    let module: Module
    /// In the order of the text; ordered, and before what is nested under `not` was moved.
    var drafts: [Draft] = []
    /// In the order of the text.
    package var rules: [ResolvedRule] = []
    /// What it names below `data`: each path up to its first variable.
    var reads: Set<[String]> = []
    var readsAnnotations = false
}

extension Module {
    /// Whether compiling both gives the same.
    fileprivate func isSame(as other: Module) -> Bool {
        version == other.version && source.bytes == other.source.bytes
    }
}

/// The modules that are new or gone, and what others could see of them.
private struct ModuleChange {
    private(set) var nodes: [Int: [String]] = [:]
    var modules: Set<Int> = []
    private(set) var hasAnnotations = false
    /// By path, the numbers of operands; `nil` of a rule that is no function.
    private var before: [[String]: Set<Int?>] = [:]
    private var after: [[String]: Set<Int?>] = [:]

    mutating func add(_ module: Module, _ index: Int, _ found: [Int]) {
        modules.insert(index)
        for (path, count) in note(module, found) { after[path, default: []].insert(count) }
    }

    mutating func remove(_ module: Module, _ found: [Int]) {
        for (path, count) in note(module, found) { before[path, default: []].insert(count) }
    }

    private mutating func note(
        _ module: Module, _ found: [Int]
    ) -> [(path: [String], operands: Int?)] {
        if !module.annotations.isEmpty { hasAnnotations = true }
        return zip(module.rules, found).map { rule, node in
            let path = rule.head.constantPath(in: module.package)
            nodes[node] = path
            return (path, rule.head.arguments?.count)
        }
    }

    /// The paths at which there are other rules than before, as far as names and operands go.
    var paths: Set<[String]> {
        Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
    }
}
