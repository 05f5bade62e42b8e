import RegoSyntax

/// `mismatched-types`: the type checker goes over the rules once more, and notes comparisons.
extension Lint {
    @Sendable static func mismatchedTypes(_ reading: LintReading) -> [LintFinding] {
        var checker = TypeChecker(
            builtins: reading.builtins, exports: reading.exports, modules: reading.modules,
            types: reading.types, schemas: reading.schemas)
        checker.notesComparisons = true
        for (index, compiled) in reading.modules.enumerated() {
            for (position, draft) in compiled.drafts.enumerated() {
                for branch in draft.rule.branches.indices {
                    let place = BranchPlace(module: index, rule: position, branch: branch)
                    _ = checker.check(draft.rule, place)
                }
            }
        }
        return checker.comparisons.map { comparison in
            finding(
                "mismatched-types",
                "the left side is of type \(comparison.left), the right side \(comparison.right)",
                in: reading.modules[comparison.module].module, at: comparison.span)
        }
    }
}

/// A comparison of two types that no value has both of.
struct TypedComparison {
    let module: Int
    let span: Span
    let left: String
    let right: String

    static let names: Set<String> = ["equal", "neq", "lt", "lte", "gt", "gte"]
}
