import RegoSyntax

extension Compiler {
    /// Pass: rules of one path that cannot stand side by side, rules below a complete rule, and
    /// rules that have the path of a package. Those of unchanged modules do not conflict: only
    /// nodes are looked at that lead to what changed, or are below it.
    func checkConflicts(_ work: inout Work) {
        let packages = work.changed.map { work.modules[$0].module.package }
        var check = ConflictCheck(
            modules: work.modules, exports: work.exports,
            changed: PathSet(Set(packages).union(work.changedNodes.values)))
        check.path = ["data"]
        check.node(0, isCovered: false)
        for (module, mistake) in check.found { work.report([mistake], in: module) }
    }
}

private struct ConflictCheck {
    let modules: [CompiledModule]
    let exports: Exports
    let changed: PathSet
    /// From `data` to the node at hand.
    var path: [String] = []
    var found: [(module: Int, mistake: Mistake)] = []

    init(modules: [CompiledModule], exports: Exports, changed: PathSet) {
        self.modules = modules
        self.exports = exports
        self.changed = changed
    }

    /// - Parameter isCovered: Whether a rule above conflicts with those at and below the node.
    mutating func node(_ index: Int, isCovered: Bool) {
        let node = exports.nodes[index]
        var isCovered = isCovered
        if !isCovered, let first = node.rules.first,
            node.rules.count > 1 || node.below > 0,
            let (message, span) = conflict(node)
        {
            report(message, at: span ?? rule(first).span, in: first.module)
            isCovered = true
        }
        if !node.modules.isEmpty && !node.rules.isEmpty { packageConflicts(node) }
        for (name, child) in node.children {
            path.append(name)
            if changed.touches(Array(path.dropFirst())) { self.node(child, isCovered: isCovered) }
            path.removeLast()
        }
    }

    private func rule(_ entry: Exports.Entry) -> Rule {
        modules[entry.module].module.rules[entry.rule]
    }

    private mutating func report(_ message: String, at span: Span, in module: Int) {
        let diagnostic = Diagnostic(
            code: .type, message: message, file: modules[module].module.source.name, span: span)
        found.append((module, Mistake(stage: .conflicts, diagnostic: diagnostic)))
    }

    /// What is wrong among the rules of one path, and where unless at the first of them.
    private func conflict(_ node: Exports.Node) -> (String, Span?)? {
        let rules = node.rules.map(rule)
        let name = path.joined(separator: ".")
        let isGround = rules.contains { $0.head.dynamicPath.isEmpty }
        if isGround {
            var below: [[String]] = []
            for child in node.children {
                collect(child.value, path + [child.key], into: &below)
            }
            if !below.isEmpty {
                let names = below.sorted { $0.lexicographicallyPrecedes($1) }
                    .map { $0.joined(separator: ".") }
                return ("rule \(name) conflicts with [\(names.joined(separator: " "))]", nil)
            }
        }
        let isMember = rules.map { $0.head.resolvedKind == .member }
        let isComplete = zip(rules, isMember).map { $0.head.dynamicPath.isEmpty && !$1 }
        // A set in an object's place, `p.q contains x` beside `p[y] := z`, is for evaluation.
        let isMixed = Set(isComplete).count > 1 || Set(zip(rules, isMember).compactMap {
            $0.head.dynamicPath.isEmpty ? $1 : nil
        }).count > 1
        let arities = Set(rules.map { $0.head.arguments?.count })
        if isMixed || arities.count > 1 {
            return ("conflicting rules \(name) found", nil)
        }
        let defaults = zip(node.rules, rules).filter { $1.isDefault }
        if defaults.count > 1 {
            let places = defaults.map { "\(modules[$0.module].module.source.name):\($1.span.row)" }
            return (
                "multiple default rules \(name) found at \(places.joined(separator: ", "))",
                modules[defaults[0].0.module].module.packageSpan
            )
        }
        return nil
    }

    /// The paths of all rules at a node and below.
    private func collect(_ index: Int, _ path: [String], into found: inout [[String]]) {
        let node = exports.nodes[index]
        if !node.rules.isEmpty { found.append(path) }
        for (name, child) in node.children { collect(child, path + [name], into: &found) }
    }

    private mutating func packageConflicts(_ node: Exports.Node) {
        for entry in node.rules where rule(entry).head.dynamicPath.isEmpty {
            for other in node.modules where other != entry.module {
                let package = modules[other].module.package.joined(separator: ".")
                let place = "\(modules[entry.module].module.source.name):\(rule(entry).span.row)"
                let name = rule(entry).head.written
                report(
                    "package \(package) conflicts with rule \(name) defined at \(place)",
                    at: modules[entry.module].module.packageSpan, in: entry.module)
            }
        }
    }
}
