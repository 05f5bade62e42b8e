package import RegoMachine
package import RegoSyntax

/// From syntax trees to a resolved policy: a list of passes, each a function in a file of its own.
///
/// Of a module's mistakes, those of the earliest `Stage` are told, as OPA does: the later ones
/// often follow from them. Every module's are told. What a module needs to know of the others is
/// in `Exports` (paths of rules and their arity) and in the types of their rules, so that a module
/// is compiled again only where one of these changed: see `Work`. Absent on purpose: any look at
/// base data.
package struct Compiler: Sendable {
    let builtins: BuiltinTable
    let options: CompilerOptions

    package init(builtins: BuiltinTable, options: CompilerOptions = CompilerOptions()) {
        self.builtins = builtins
        self.options = options
    }

    /// - Parameter previous: What an earlier compile gave. What is unchanged since, and depends on
    ///   nothing that is, is taken from it.
    /// - Parameter previous: What an earlier compile gave. What is unchanged since, and depends on
    ///   nothing that is, is taken from it.
    /// - Returns: The policy, or every mistake of every module, by file and place.
    package func compile(
        _ modules: [Module], after previous: ResolvedPolicy? = nil
    ) -> Result<ResolvedPolicy, Diagnostics> {
        var work = Work(modules: modules, after: previous)
        for pass in Compiler.passes {
            pass(self, &work)
        }
        let diagnostics = work.diagnostics
        if diagnostics.isEmpty { return .success(work.policy) }
        // Where two modules disagree, which of them is told depends on their order: by name.
        return previous == nil ? .failure(Diagnostics(diagnostics)) : compile(modules)
    }

    static let passes: [@Sendable (Compiler, inout Work) -> Void] = [
        { $0.checkImports(&$1) },
        { $0.resolve(&$1) },
        { $0.checkConflicts(&$1) },
        { $0.order(&$1) },
        { $0.checkRecursion(&$1) },
        { $0.checkTypes(&$1) },
        { $0.finish(&$1) },
    ]

    /// Pass: the rules in their last form, and the policy.
    func finish(_ work: inout Work) {
        for index in work.changed {
            work.modules[index].rules = work.modules[index].drafts.map { $0.hoistingNegated() }
            work.readers.add(index, reading: work.modules[index].reads)
        }
        work.policy.readers = work.readers
        work.policy.modules = work.modules
        work.policy.exports = work.exports
        work.policy.types = work.types
        work.policy.compiled = work.rechecked.union(work.changed).count
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
    package var features: LanguageFeatures
    package var schemas: SchemaSet

    package init(
        printEnabled: Bool = false, strict: Bool = false, features: LanguageFeatures = .all,
        schemas: SchemaSet = SchemaSet()
    ) {
        self.schemas = schemas
        self.printEnabled = printEnabled
        self.strict = strict
        self.features = features
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

    /// The same builtins, none of them refused for its age.
    var withoutDeprecation: BuiltinTable {
        var table = self
        table.rows = rows.mapValues { row in
            Row(
                arity: row.arity, traits: row.traits.subtracting(.deprecated),
                arguments: row.arguments, result: row.result)
        }
        return table
    }

    var names: [String] { rows.keys.sorted() }
}

/// A resolved rule, with what only the passes need to know of its variables.
struct Draft: Sendable {
    var rule: ResolvedRule
    /// By `LocalID`.
    var variables: [Variable]
    /// Whether it has a `not` whose nested references are to be moved before it.
    var negates: Bool
    /// What errors call the rule where others stand on its line: `p`, `a.b.c`; else `nil`.
    var nameOnSharedLine: String?
}

/// What the passes know of a local besides its number.
struct Variable: Sendable {
    /// As the author wrote it, `_` for a wildcard; `nil` for one that a pass made.
    let label: String?
    /// How many closures enclose the body that it belongs to. A closure reads the variables of
    /// its own depth and smaller ones, which must be bound before it begins.
    let depth: Int
    /// Where it stands first.
    let place: Span
}
