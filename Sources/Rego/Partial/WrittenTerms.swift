import RegoSyntax

/// Resolved terms as syntax.
struct WrittenTerms {
    /// Of the variables that stand in a text more than once; the others are wildcards.
    let names: [LocalID: String]

    func text(_ term: ResolvedTerm) -> String { RegoText.term(tree(term)) }
    func text(_ expression: ResolvedExpression) -> String {
        RegoText.expression(tree(expression))
    }
    func body(_ body: [ResolvedExpression]) -> String { RegoText.body(body.map(tree)) }

    private func tree(_ body: [ResolvedExpression]) -> [Expression] { body.map(tree) }

    private func tree(_ expression: ResolvedExpression) -> Expression {
        Expression(
            kind: kind(expression.kind), modifiers: expression.modifiers.compactMap(modifier),
            span: Rendition.nowhere)
    }

    private func kind(_ kind: ResolvedExpression.Kind) -> Expression.Kind {
        switch kind {
        case .term(.call(let callee, let arguments, _)):
            return .term(operation(callee, arguments.map(tree)) ?? call(callee, arguments))
        case .term(let term): return .term(tree(term))
        case .unify(let left, let right):
            return .term(infix(["eq"], "=", [tree(left), tree(right)]))
        case .not(let body): return .not(tree(body), scoped: false)
        case .and(let left, let right): return .and(tree(left), tree(right))
        case .or(let left, let right): return .or(tree(left), tree(right))
        case .every(let key, let value, let domain, let body):
            return .every(
                key: names[key].map { make(.variable($0)) }, value: tree(.local(value)),
                domain: tree(domain), body: tree(body))
        }
    }

    private func modifier(_ modifier: ResolvedExpression.Modifier) -> Expression.With? {
        let target: Term
        switch modifier.target {
        case .input(let path): target = reference(.variable("input"), path)
        case .data(let path): target = reference(.variable("data"), path)
        case .callee: return nil
        }
        guard case .term(let value) = modifier.value else { return nil }
        return Expression.With(target: target, value: tree(value), span: Rendition.nowhere)
    }

    private func make(_ kind: Term.Kind) -> Term { Term(kind, Rendition.nowhere) }

    private func reference(_ head: Term.Kind, _ path: [String]) -> Term {
        path.isEmpty ? make(head) : make(.reference(make(head), path.map { make(.string($0)) }))
    }

    func tree(_ term: ResolvedTerm) -> Term {
        switch term {
        case .null: make(.null)
        case .boolean(let flag): make(.boolean(flag))
        case .number(let text): make(.number(text))
        case .string(let text): make(.string(text))
        case .local(let local): make(.variable(names[local] ?? "$0"))
        case .input: make(.variable("input"))
        case .data: make(.variable("data"))
        case .reference(let head, let path): make(.reference(tree(head), path.map(tree)))
        case .call(let callee, let arguments, _): call(callee, arguments)
        case .array(let elements): make(.array(elements.map(tree)))
        case .set(let members): make(.set(members.map(tree)))
        case .object(let pairs):
            make(.object(pairs.map { (tree($0.key), tree($0.value)) }))
        case .arrayComprehension(let head, let body):
            make(.arrayComprehension(tree(head), tree(body)))
        case .setComprehension(let head, let body):
            make(.setComprehension(tree(head), tree(body)))
        case .objectComprehension(let key, let value, let body):
            make(.objectComprehension(key: tree(key), value: tree(value), tree(body)))
        }
    }

    // MARK: Calls

    private func call(_ callee: Callee, _ arguments: [ResolvedTerm]) -> Term {
        let arguments = arguments.map(tree)
        switch callee {
        case .builtin(let name):
            // In other terms, `|` and `in` may be read as something else.
            if let symbol = Self.arithmetic[name], arguments.count == 2 {
                return infix([name], symbol, arguments)
            }
            return call(name.split(separator: ".").map(String.init), arguments)
        case .function(let path): return call(["data"] + path, arguments)
        }
    }

    private func call(_ name: [String], _ arguments: [Term]) -> Term {
        make(
            .call(
                Call(
                    name: name, nameSpan: Rendition.nowhere, arguments: arguments,
                    notation: .call)))
    }

    private func infix(_ name: [String], _ symbol: String, _ arguments: [Term]) -> Term {
        make(
            .call(
                Call(
                    name: name, nameSpan: Rendition.nowhere, arguments: arguments,
                    notation: .infix(symbol))))
    }

    /// What is written as an operator where it is an expression of its own.
    private func operation(_ callee: Callee, _ arguments: [Term]) -> Term? {
        guard case .builtin(let name) = callee, arguments.count == (name.hasSuffix("_3") ? 3 : 2)
        else { return nil }
        switch name {
        case "equal": return infix(["eq"], "=", arguments)
        case "internal.member_2", "internal.member_3":
            return infix(name.split(separator: ".").map(String.init), "in", arguments)
        default: return Self.comparisons[name].map { infix([name], $0, arguments) }
        }
    }

    private static let comparisons = [
        "neq": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=",
    ]

    private static let arithmetic = [
        "plus": "+", "minus": "-", "mul": "*", "div": "/", "rem": "%",
    ]
}
