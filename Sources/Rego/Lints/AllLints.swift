extension Lint {
    /// Every lint, in the order of `docs/lints.md`.
    public static let all: [Lint] = [
        Lint(
            code: "unused-rule",
            finds: "rules that nothing reads",
            why: """
                A rule that no decision reaches is never evaluated; its name may be a slip, or the \
                rule that should call it is missing. Where the policy declares entrypoints \
                (`entrypoint: true` in METADATA), every rule that neither these nor tests reach is \
                found. Without entrypoints any rule may be asked for from outside, so only names \
                that begin with `_`, and functions in packages that no other reads, are found.
                """,
            fix: "remove the rule, or read it where it was meant to count",
            example: """
                package shop

                allow if input.user == "ada"

                is_open(hour) if hour < 18
                """,
            instead: """
                package shop

                default allow := false

                allow if {
                	input.user == "ada"
                	is_open(input.hour)
                }

                is_open(hour) if hour < 18
                """,
            check: unusedRules),
        Lint(
            code: "unused-import",
            finds: "imports whose name the module never uses",
            why: """
                An import that nothing uses claims a dependency that is not there. `--strict` \
                refuses it as an error, as OPA does.
                """,
            fix: "remove the import",
            example: """
                package shop

                import data.users

                limit := 10
                """,
            instead: """
                package shop

                limit := 10
                """,
            check: unusedImports),
        Lint(
            code: "constant-condition",
            finds: "conditions that are always true, or never",
            why: """
                A condition that does not depend on anything decides nothing: what always holds \
                can go, and what never holds turns the whole body off. Often a reference was \
                meant where a string stands.
                """,
            fix: "compare what varies, or remove the condition",
            example: """
                package shop

                is_large if {
                	input.total > 100
                	"gold"
                }
                """,
            instead: """
                package shop

                is_large if {
                	input.total > 100
                	input.level == "gold"
                }
                """,
            check: constantConditions),
        Lint(
            code: "unreachable-else",
            finds: "`else` branches that are never tried",
            why: """
                Branches are tried in order, and the first that holds gives the value. What \
                stands after a branch without conditions, or repeats the conditions of an \
                earlier one, is never used.
                """,
            fix: "remove the branch, or give the earlier one the condition that it lacks",
            example: """
                package shop

                level := "gold" if {
                	input.total > 100
                } else := "silver" if {
                	input.total > 100
                } else := "none"
                """,
            instead: """
                package shop

                level := "gold" if {
                	input.total > 100
                } else := "silver" if {
                	input.total > 10
                } else := "none"
                """,
            check: unreachableElses),
        Lint(
            code: "mismatched-types",
            finds: "comparisons of values whose types never agree",
            why: """
                A number never equals a string, and the order of two types says nothing of their \
                values: such a comparison has one outcome, whatever comes in. The types are those \
                that the compiler infers; what it does not know, such as `input`, is not doubted.
                """,
            fix: "compare values of one type; `to_number` and `sprintf` convert",
            example: """
                package shop

                is_empty if count(input.items) == "0"
                """,
            instead: """
                package shop

                is_empty if count(input.items) == 0
                """,
            check: mismatchedTypes),
        Lint(
            code: "shadowed-builtin",
            finds: "rules and variables that have the name of a builtin",
            why: """
                Where a name is taken, the builtin cannot be called by it; a reader takes one for \
                the other.
                """,
            fix: "rename it",
            example: """
                package shop

                count := 3
                """,
            instead: """
                package shop

                items_max := 3
                """,
            check: shadowedBuiltins),
        Lint(
            code: "missing-default",
            finds: "decisions that are undefined where no rule holds",
            why: """
                Undefined is not `false`: over HTTP the answer lacks `result`, and a caller that \
                negates it may take absence for consent. A default says what holds when nothing \
                else does. Looked at are rules named `allow`, `allowed`, `authorized`, `deny` and \
                `denied` whose values are booleans, and rules with `entrypoint: true`.
                """,
            fix: "add `default … := false`, or the value that refuses",
            example: """
                package shop

                allow if input.user == "ada"
                """,
            instead: """
                package shop

                default allow := false

                allow if input.user == "ada"
                """,
            check: missingDefaults),
        Lint(
            code: "untested-entrypoint",
            finds: "entrypoints that no test reads",
            why: """
                What is asked for from outside is what has to keep its meaning. An entrypoint \
                counts as tested where some rule whose name begins with `test_` reads it, however \
                indirectly; name the folder of the tests, too, when checking.
                """,
            fix: "write a rule whose name begins with `test_` that reads it",
            example: """
                package shop

                # METADATA
                # entrypoint: true
                default allow := false

                allow if input.user == "ada"
                """,
            instead: """
                package shop

                # METADATA
                # entrypoint: true
                default allow := false

                allow if input.user == "ada"

                test_ada_is_allowed if allow with input as {"user": "ada"}
                """,
            check: untestedEntrypoints),
        Lint(
            code: "unindexed-rules",
            finds: "rules of one name that are told apart by a computed value",
            why: """
                Rules that compare `input` or an argument with constants are looked up in an \
                index, however many there are. Where each computes a value first, as in \
                `lower(input.method) == "get"`, every one of them is tried.
                """,
            fix: "normalize the value before it is sent, or look it up in an object",
            example: """
                package shop

                action := "read" if lower(input.method) == "get"

                action := "write" if lower(input.method) == "put"

                action := "create" if lower(input.method) == "post"
                """,
            instead: """
                package shop

                actions := {"get": "read", "put": "write", "post": "create"}

                action := actions[lower(input.method)]
                """,
            check: unindexedRules),
    ]
}
