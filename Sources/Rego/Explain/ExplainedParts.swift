import RegoSyntax

extension BodySearch {
    /// The same world, seen from another module.
    func reading(_ module: Module) -> BodySearch {
        BodySearch(
            module: module, policy: policy, data: data, input: input, evaluator: evaluator,
            host: host, deadline: deadline)
    }
}

extension Term {
    /// The variable that it is, or that its reference begins with.
    var leadingName: String? {
        switch kind {
        case .variable(let name): name
        case .reference(let head, _): head.leadingName
        default: nil
        }
    }
}

extension Expression {
    /// Holds always: it only names variables.
    var isDeclaration: Bool {
        if case .someVariables = kind { true } else { false }
    }

    /// Whether it held because of rules that have a value or none, or of all that a rule holds: of
    /// the conditions of a rule that succeeded, what a reader would ask about.
    var decidesByRules: Bool {
        switch kind {
        case .not: true
        case .term(let term):
            switch term.kind {
            case .call, .variable, .reference: true
            default: false
            }
        case .someVariables, .someIn, .every, .and, .or: false
        }
    }
}

extension Rule {
    /// What the values and keys of a rule are called in queries about it: no author's names.
    static let valueName = "value#"
    static let keyName = "key#"

    struct ExplainedBranch {
        let body: [Expression]
        /// Bind what the branch gives.
        let results: [Expression]
        let text: Span
        let span: Span
    }

    var explainedBranches: [ExplainedBranch] {
        var results: [Expression] = []
        switch head.kind {
        case .contains(let member): results.append(Rule.binding(Rule.valueName, member))
        case .value(let value, _):
            results.append(Rule.binding(Rule.valueName, value ?? Term(.boolean(true), head.span)))
            if let key = head.path.last, !key.isString {
                results.append(Rule.binding(Rule.keyName, key))
            }
        }
        let own = ExplainedBranch(body: body, results: results, text: head.span, span: head.span)
        let others = elses.map { branch in
            let value = branch.value ?? Term(.boolean(true), branch.span)
            var text = branch.span
            let word = Int32("else".utf8.count)
            text.end = branch.value?.span.end ?? min(text.end, text.start + word)
            return ExplainedBranch(
                body: branch.body, results: [Rule.binding(Rule.valueName, value)], text: text,
                span: branch.span)
        }
        return [own] + others
    }

    private static func binding(_ name: String, _ term: Term) -> Expression {
        let place = Expression(kind: .term(term), span: term.span)
        return BodySearch.call(["assign"], Term(.variable(name), term.span), term, like: place)
    }
}

extension Term {
    fileprivate var isString: Bool {
        if case .string = kind { true } else { false }
    }
}
