package import RegoSyntax

/// The resolved policy: what the passes make of the syntax trees, and all that the planner reads.
///
/// Every name is bound: variables are numbered locals, calls name a builtin or a rule, references
/// begin at `input`, `data`, a local or a term. Bodies are in an order in which each expression
/// finds its inputs bound. What is only a way of writing is gone: `some x in xs` is a unification,
/// `:=` too, calls with an output operand are unifications with the call, `print` is
/// `internal.print` over set comprehensions (or absent), templates are `internal.template_string`.
package struct ResolvedPolicy: Sendable {
    package var modules: [CompiledModule] = []
    /// The rules' paths, for queries to be resolved against.
    package var exports = Exports()
    /// The types of rules by the nodes of `exports`.
    var types: [RegoType?] = []
    var readers = ReaderTree()
    /// How many modules were compiled to make it, the others being taken over from the last one.
    package var compiled = 0

    package init() {}

    package var rules: [ResolvedRule] { modules.flatMap(\.rules) }

    /// The sources that `ResolvedSpan.file` counts.
    package var files: [String] { modules.map(\.module.source.name) }

    /// A file by its number; empty for that of a query.
    func file(_ number: Int32) -> String {
        modules.indices.contains(Int(number)) ? modules[Int(number)].module.source.name : ""
    }
}

/// A place in one of `ResolvedPolicy.files`.
package struct ResolvedSpan: Sendable, Hashable {
    package var file: Int32
    package var span: Span

    package init(file: Int32, span: Span) {
        self.file = file
        self.span = span
    }
}

/// One rule definition. Definitions of the same path are alternatives.
package struct ResolvedRule: Sendable {
    /// From `data`, package included, up to the first element that is no constant string:
    /// `p.q[x].r` in package `a` is `["a", "p", "q"]`.
    package var path: [String]
    /// What follows `path` in the head: `[x, "r"]`. Never empty for `p[x] := v`.
    package var rest: [ResolvedTerm]
    package var kind: Kind
    /// The operands' patterns; empty unless a function.
    package var arguments: [ResolvedTerm]
    package var isDefault: Bool
    /// `branches[0]` is the rule's own value and body; each `else` is one more.
    package var branches: [Branch]
    package var locals: LocalTable
    package var span: ResolvedSpan

    package enum Kind: Sendable, Hashable {
        /// `rest` empty: a complete rule; else an entry of a partial object.
        case value
        /// `contains`: `branches[0].value` is the member.
        case member
        case function
    }

    package struct Branch: Sendable {
        package var value: ResolvedTerm
        package var body: [ResolvedExpression]
        package var span: ResolvedSpan

        package init(value: ResolvedTerm, body: [ResolvedExpression], span: ResolvedSpan) {
            self.value = value
            self.body = body
            self.span = span
        }
    }

    package init(
        path: [String], rest: [ResolvedTerm], kind: Kind, arguments: [ResolvedTerm],
        isDefault: Bool, branches: [Branch], locals: LocalTable, span: ResolvedSpan
    ) {
        self.path = path
        self.rest = rest
        self.kind = kind
        self.arguments = arguments
        self.isDefault = isDefault
        self.branches = branches
        self.locals = locals
        self.span = span
    }
}

/// The variables of one rule or query, nested bodies included. No two of them share a number, so a
/// variable that a comprehension declares anew has one of its own.
package struct LocalTable: Sendable {
    /// The author's name; `nil` for a wildcard or one that a pass made.
    package var names: [String?] = []

    package init() {}

    package mutating func make(_ name: String?) -> LocalID {
        names.append(name)
        return LocalID(names.count - 1)
    }
}

package typealias LocalID = Int

package struct ResolvedExpression: Sendable {
    package var kind: Kind
    package var modifiers: [Modifier]
    package var span: ResolvedSpan
    /// Of a `not` before the passes' last step: what is nested in its expression is still to be
    /// moved before it.
    var isShallowNegation = false
    /// Of a unification that was `:=`: its right side is only read.
    var isAssignment = false

    package indirect enum Kind: Sendable {
        /// Succeeds for each value of the term that is not `false`.
        case term(ResolvedTerm)
        /// Either side may hold locals that this binds.
        case unify(ResolvedTerm, ResolvedTerm)
        /// Succeeds where the body has no solution.
        case not([ResolvedExpression])
        /// Succeeds once where the left body has a solution, or else the right one.
        case or([ResolvedExpression], [ResolvedExpression])
        /// Succeeds once where both have one.
        case and([ResolvedExpression], [ResolvedExpression])
        case every(
            key: LocalID, value: LocalID, domain: ResolvedTerm, body: [ResolvedExpression])
    }

    /// `with target as value`.
    package struct Modifier: Sendable {
        package var target: Target
        package var value: Replacement

        package enum Target: Sendable, Hashable {
            case input([String])
            case data([String])
            case callee(Callee)
        }

        package enum Replacement: Sendable {
            case term(ResolvedTerm)
            case callee(Callee)
        }

        package init(target: Target, value: Replacement) {
            self.target = target
            self.value = value
        }
    }

    package init(kind: Kind, modifiers: [Modifier] = [], span: ResolvedSpan) {
        self.kind = kind
        self.modifiers = modifiers
        self.span = span
    }
}

package enum Callee: Sendable, Hashable {
    case builtin(String)
    /// A function rule by its path from `data`.
    case function([String])
}

package indirect enum ResolvedTerm: Sendable {
    case null
    case boolean(Bool)
    /// The literal as written.
    case number(String)
    case string(String)
    case local(LocalID)
    case input
    /// The whole of `data`, base and virtual.
    case data
    /// `head[path[0]][path[1]]…`; `path` is not empty; `head` is `input`, `data`, a local, or any
    /// term. Locals in `path` that are not bound are bound by iteration.
    case reference(ResolvedTerm, [ResolvedTerm])
    case call(Callee, [ResolvedTerm], ResolvedSpan)
    case array([ResolvedTerm])
    case object([(key: ResolvedTerm, value: ResolvedTerm)])
    case set([ResolvedTerm])
    case arrayComprehension(ResolvedTerm, [ResolvedExpression])
    case setComprehension(ResolvedTerm, [ResolvedExpression])
    case objectComprehension(
        key: ResolvedTerm, value: ResolvedTerm, [ResolvedExpression])
}

/// A query, resolved against a policy.
package struct ResolvedQuery: Sendable {
    package var body: [ResolvedExpression]
    /// What the answer binds: the author's variables but for wildcards, in the order of the text.
    package var variables: [(name: String, local: LocalID)]
    /// The value of each expression as written: a term over locals of `body`, or `true`.
    package var expressions: [(value: ResolvedTerm, text: String, span: Span)]
    package var locals: LocalTable

    package init(
        body: [ResolvedExpression], variables: [(name: String, local: LocalID)],
        expressions: [(value: ResolvedTerm, text: String, span: Span)], locals: LocalTable
    ) {
        self.body = body
        self.variables = variables
        self.expressions = expressions
        self.locals = locals
    }
}
