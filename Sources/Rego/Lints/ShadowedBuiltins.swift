import RegoMachine
import RegoSyntax

/// `shadowed-builtin`. Names with a dot need no look: the compiler refuses to call what is hidden.
extension Lint {
    @Sendable static func shadowedBuiltins(_ reading: LintReading) -> [LintFinding] {
        let names = Set(
            reading.builtins.rows.filter { !$0.value.traits.contains(.deprecated) }.keys
        ).subtracting(operators)
        return reading.modules.map(\.module).flatMap { module in
            module.rules.flatMap { rule in
                var found: [LintFinding] = []
                let head = rule.head
                // A path of several names does not hide what the first stands for.
                if head.path.isEmpty, names.contains(head.name) {
                    found.append(hidden("rule", head.name, module, head.span))
                }
                for (name, span) in rule.declaredNames where names.contains(name) {
                    found.append(hidden("variable", name, module, span))
                }
                return found
            }
        }
    }

    private static func hidden(
        _ what: String, _ name: String, _ module: Module, _ span: Span
    ) -> LintFinding {
        finding(
            "shadowed-builtin", "the \(what) `\(name)` hides the builtin of that name", in: module,
            at: span)
    }
}

/// Operators are not called by their names.
private let operators: Set<String> = [
    "and", "assign", "div", "eq", "equal", "gt", "gte", "lt", "lte", "minus", "mul", "neq", "or",
    "plus", "rem",
]

extension Rule {
    /// The variables that it brings into being, with the place of each declaration.
    fileprivate var declaredNames: [(String, Span)] {
        var found: [(String, Span)] = []
        for argument in head.arguments ?? [] { argument.patternVariables(into: &found) }
        forEachExpression { expression in
            switch expression.kind {
            case .term(let term):
                guard case .call(let call) = term.kind else { return }
                call.assignmentTarget?.patternVariables(into: &found)
            case .someVariables(let names):
                for name in names { name.patternVariables(into: &found) }
            case .someIn(let key, let value, _), .every(let key, let value, _, _):
                key?.patternVariables(into: &found)
                value.patternVariables(into: &found)
            case .not, .and, .or: break
            }
        }
        return found
    }
}
