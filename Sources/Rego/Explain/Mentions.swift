import RegoSyntax

/// The names that a piece of syntax mentions, wildcards not counted: variables, and names of rules
/// and imports, which look alike before they are resolved.
struct Mentions {
    /// Each once, in the order of the text.
    private(set) var names: [String] = []

    mutating func add(_ body: [Expression]) {
        for expression in body { add(expression) }
    }

    mutating func add(_ expression: Expression) {
        switch expression.kind {
        case .term(let term): add(term)
        // A declaration binds nothing yet.
        case .someVariables: break
        case .someIn(let key, let value, let domain):
            add([key, value, domain].compactMap(\.self))
        case .every(let key, let value, let domain, let body):
            add([key, value, domain].compactMap(\.self))
            add(body)
        case .not(let body, _): add(body)
        case .and(let left, let right), .or(let left, let right): add(left + right)
        }
        for modifier in expression.modifiers { add(modifier.value) }
    }

    mutating func add(_ terms: [Term]) {
        for term in terms { add(term) }
    }

    mutating func add(_ term: Term) {
        switch term.kind {
        case .null, .boolean, .number, .string: break
        case .variable(let name):
            if !name.hasPrefix("$") && !names.contains(name) { names.append(name) }
        case .reference(let head, let path): add([head] + path)
        case .call(let call): add(call.arguments)
        case .array(let elements), .set(let elements): add(elements)
        case .object(let pairs): add(pairs.flatMap { [$0.key, $0.value] })
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            add(head)
            add(body)
        case .objectComprehension(let key, let value, let body):
            add([key, value])
            add(body)
        case .template(let parts):
            for case .expression(let expression) in parts { add(expression) }
        }
    }
}

extension Expression {
    func mentions(_ name: String) -> Bool {
        var mentions = Mentions()
        mentions.add(self)
        return mentions.names.contains(name)
    }
}
