package import RegoMachine
package import RegoSyntax

/// From syntax trees to a resolved policy: a list of passes, each a function in a file of its own.
///
/// Of a module's mistakes, those of the earliest `Stage` are told, as OPA does: the later ones
/// often follow from them. Every module's are told. What a module needs to know of the others is
/// in `Exports` alone: paths of rules and their arity. Absent on purpose: any look at
/// base data.
package struct Compiler: Sendable {
    let builtins: BuiltinTable
    let options: CompilerOptions

    package init(builtins: BuiltinTable, options: CompilerOptions = CompilerOptions()) {
        self.builtins = builtins
        self.options = options
    }

    /// - Returns: The policy, or every mistake of every module, by file and place.
    package func compile(_ modules: [Module]) -> Result<ResolvedPolicy, Diagnostics> {
        var work = Work(modules: modules.sorted { $0.source.name < $1.source.name })
        for pass in Compiler.passes {
            pass(self, &work)
        }
        let diagnostics = work.diagnostics
        return diagnostics.isEmpty ? .success(work.policy) : .failure(Diagnostics(diagnostics))
    }

    static let passes: [@Sendable (Compiler, inout Work) -> Void] = [
        { $0.export(&$1) },
        { $0.checkImports(&$1) },
        { $0.resolve(&$1) },
        { $0.checkConflicts(&$1) },
        { $0.order(&$1) },
        { $0.checkRecursion(&$1) },
        { $0.checkTypes(&$1) },
        { $0.hoistNegated(&$1) },
        { $0.collect(&$1) },
    ]

    func collect(_ work: inout Work) {
        work.policy.rules = work.drafts.flatMap { $0.map(\.rule) }
        work.policy.files = work.modules.map(\.source.name)
        work.policy.exports = work.exports
    }

    /// What the passes hand on.
    struct Work {
        let modules: [Module]
        var exports = Exports()
        /// The rules of each module, in the order of the text.
        var drafts: [[Draft]] = []
        /// The rules' branches, each after those that it reads.
        var dependencyOrder: [BranchPlace] = []
        /// What was found in each module.
        private(set) var mistakes: [[Mistake]]
        var policy = ResolvedPolicy()

        init(modules: [Module]) {
            self.modules = modules
            mistakes = Array(repeating: [], count: modules.count)
        }

        mutating func report(_ found: [Mistake], in module: Int) {
            mistakes[module] += found
        }

        /// Whether nothing is wrong with a module that a stage before this one looks for.
        func isSound(_ module: Int, before stage: Stage) -> Bool {
            mistakes[module].allSatisfy { $0.stage >= stage }
        }

        /// The earliest of each module, each once, in the order of the text.
        var diagnostics: [Diagnostic] { mistakes.flatMap(\.earliest) }
    }
}

/// What a check looks for, in the order in which OPA does.
enum Stage: Int, Comparable {
    case imports, names, locals, shown, modifiers, conflicts, calls, heads, bodies, recursion
    case types, deprecation

    static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
}

struct Mistake {
    let stage: Stage
    let diagnostic: Diagnostic
}

extension [Mistake] {
    /// Those of the earliest stage, each once, in the order of the text.
    var earliest: [Diagnostic] {
        guard let first = self.map(\.stage).min() else { return [] }
        var seen = Set<Diagnostic>()
        return filter { $0.stage == first && seen.insert($0.diagnostic).inserted }
            .map(\.diagnostic)
            .sorted { ($0.span.start, $0.message) < ($1.span.start, $1.message) }
    }
}

package struct CompilerOptions: Sendable {
    /// Whether `print` reaches the host; else it is erased.
    package var printEnabled = false
    /// OPA's strict mode: unused variables and imports, shadowed root documents, deprecated
    /// builtins in v0 modules.
    package var strict = false

    package init(printEnabled: Bool = false, strict: Bool = false) {
        self.printEnabled = printEnabled
        self.strict = strict
    }
}

/// The builtins by name, as far as the compiler cares.
package struct BuiltinTable: Sendable {
    struct Row: Sendable {
        let arity: Int
        let traits: Builtin.Traits
        let arguments: [TypeDeclaration]
        let result: TypeDeclaration
    }

    private(set) var rows: [String: Row] = [:]

    package init(_ builtins: [Builtin]) {
        rows.reserveCapacity(builtins.count)
        for row in builtins {
            rows[row.name] = Row(
                arity: row.arguments.count, traits: row.traits, arguments: row.arguments,
                result: row.result)
        }
    }

    subscript(name: String) -> Row? { rows[name] }

    var names: [String] { rows.keys.sorted() }
}

/// A resolved rule, with what only the passes need to know of its variables.
struct Draft {
    var rule: ResolvedRule
    /// By `LocalID`.
    var variables: [Variable]
    /// Whether it has a `not` whose nested references are to be moved before it.
    var negates: Bool
    /// What errors call the rule where others stand on its line: `p`, `a.b.c`; else `nil`.
    var nameOnSharedLine: String?
}

/// What the passes know of a local besides its number.
struct Variable {
    /// As the author wrote it, `_` for a wildcard; `nil` for one that a pass made.
    let label: String?
    /// How many closures enclose the body that it belongs to. A closure reads the variables of
    /// its own depth and smaller ones, which must be bound before it begins.
    let depth: Int
    /// Where it stands first.
    let place: Span
}
