import RegoSyntax

/// What is there and not used: `unused-rule`, `unused-import`, `untested-entrypoint`.
extension Lint {
    @Sendable static func unusedRules(_ reading: LintReading) -> [LintFinding] {
        let reach = reading.reach
        let reached = reach.from(
            reach.nodes.filter { reading.isRoot($0, entrypoints: reading.entrypointNodes) })
        return reach.nodes.filter { !reached.contains($0) }.flatMap { node in
            reading.exports.nodes[node].rules.prefix(1).map { entry in
                let module = reading.modules[entry.module].module
                let head = module.rules[entry.rule].head
                let path = ["data"] + head.constantPath(in: module.package)
                let name = RegoText.term(.path(path, head.span))
                return finding(
                    "unused-rule", "nothing reads `\(name)`", in: module, at: head.span)
            }
        }
    }

    @Sendable static func unusedImports(_ reading: LintReading) -> [LintFinding] {
        reading.modules.map(\.module).flatMap { module in
            let used = module.usedNames
            return module.imports.compactMap { item -> LintFinding? in
                guard item.global != nil, let name = item.name, !used.contains(name) else {
                    return nil
                }
                return finding(
                    "unused-import", "`\(item.written)` is not used", in: module, at: item.span)
            }
        }
    }

    @Sendable static func untestedEntrypoints(_ reading: LintReading) -> [LintFinding] {
        let reach = reading.reach
        let tested = reach.from(reach.nodes.filter { reading.isTest($0) })
        return reading.entrypoints.compactMap { entrypoint in
            guard reach.nodes(at: entrypoint.path).isDisjoint(with: tested) else { return nil }
            let name = RegoText.term(.path(["data"] + entrypoint.path, entrypoint.span))
            return finding(
                "untested-entrypoint", "no test reads `\(name)`", in: entrypoint.module,
                at: entrypoint.span)
        }
    }

    /// A finding of one of the lints of `all`.
    static func finding(
        _ code: String, _ message: String, in module: Module, at span: Span, hint: String? = nil
    ) -> LintFinding {
        LintFinding(
            code: code, message: message, file: module.source.name, span: span,
            hint: hint ?? named(code)?.fix ?? "")
    }
}

extension LintReading {
    /// The rules that entrypoints name; empty where the policy declares none.
    fileprivate var entrypointNodes: Set<Int> {
        entrypoints.reduce(into: []) { $0.formUnion(reach.nodes(at: $1.path)) }
    }

    /// Whether somebody outside may ask for the rules of a node.
    fileprivate func isRoot(_ node: Int, entrypoints: Set<Int>) -> Bool {
        if isTest(node) || isOfSystem(node) { return true }
        guard entrypoints.isEmpty else { return entrypoints.contains(node) }
        guard let entry = exports.nodes[node].rules.first else { return true }
        let rule = modules[entry.module].module.rules[entry.rule]
        if rule.head.name.hasPrefix("_") { return false }
        return rule.head.arguments == nil || isLibrary(modules[entry.module].module.package)
    }

    func isTest(_ node: Int) -> Bool {
        exports.nodes[node].rules.contains {
            modules[$0.module].module.rules[$0.rule].head.testNameLength != nil
        }
    }

    /// Rules that the server itself asks for, such as `system.authz.allow`.
    private func isOfSystem(_ node: Int) -> Bool {
        exports.nodes[node].rules.contains {
            modules[$0.module].module.package.first == "system"
        }
    }

    /// A package that others read, or that only offers functions: more may read it elsewhere.
    private func isLibrary(_ package: [String]) -> Bool {
        guard let node = exports.find(package) else { return false }
        let isRead = modules.contains { other in
            other.module.package != package && !other.module.isOfTests
                && other.reads.contains { $0.starts(with: package) }
        }
        return isRead || exports.nodes[node].modules.allSatisfy { index in
            modules[index].module.rules.allSatisfy {
                $0.head.arguments != nil || $0.head.testNameLength != nil
            }
        }
    }
}

extension Module {
    fileprivate var isOfTests: Bool { rules.contains { $0.head.testNameLength != nil } }

    /// Every name that some term mentions or calls.
    fileprivate var usedNames: Set<String> {
        var names: Set<String> = []
        for rule in rules {
            rule.forEachTerm { term in
                switch term.kind {
                case .variable(let name): names.insert(name)
                case .call(let call): if let first = call.name.first { names.insert(first) }
                default: break
                }
            }
        }
        return names
    }
}
