/// Terms: a `type` and a `value`.
extension TreeJSON {
    /// The function as a reference, then its arguments.
    func operands(_ call: Call) -> [Term] {
        let head = Term(.variable(call.name[0]), call.nameSpan)
        let path = call.name.dropFirst().map { Term(.string($0), call.nameSpan) }
        return [Term(.reference(head, Array(path)), call.nameSpan)] + call.arguments
    }

    /// A reference's element: there, a variable that names a document is a variable.
    mutating func element(_ term: Term) {
        guard case .variable(let name) = term.kind else { return self.term(term) }
        typed("var", term.span) { $0.json.string(name) }
    }

    mutating func typed(
        _ type: String, _ span: Span, _ value: (inout TreeJSON) -> Void
    ) {
        json.open("{")
        location(span)
        json.key("type")
        json.string(type)
        json.key("value")
        value(&self)
        json.close("}")
    }

    mutating func term(_ term: Term) {
        typed(term.kind.name, term.span) { $0.value(term) }
    }

    private mutating func value(_ term: Term) {
        switch term.kind {
        case .null: json.raw("{}")
        case .boolean(let value): json.raw(value ? "true" : "false")
        case .number(let literal): json.raw(jsonNumber(literal))
        case .string(let value): json.string(value)
        case .variable(let name) where term.isVariable: json.string(name)
        case .variable: list([term]) { $0.element($1) }
        case .reference(let head, let path):
            list([head] + path) { $0.element($1) }
        case .call(let call): list(operands(call)) { $0.term($1) }
        case .array(let terms): list(terms) { $0.term($1) }
        case .set(let terms): list(TermOrder.sorted(terms)) { $0.term($1) }
        case .object(let pairs):
            list(TermOrder.sorted(pairs)) { tree, pair in
                tree.list([pair.key, pair.value]) { $0.term($1) }
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            comprehension([("term", head)], body)
        case .objectComprehension(let key, let value, let body):
            comprehension([("key", key), ("value", value)], body)
        case .template(let parts): template(parts, term.span)
        }
    }

    private mutating func comprehension(_ heads: [(String, Term)], _ body: [Expression]) {
        json.open("{")
        for (name, head) in heads {
            json.key(name)
            term(head)
        }
        json.key("body")
        self.body(body)
        json.close("}")
    }

    private mutating func template(_ parts: [Term.TemplatePart], _ span: Span) {
        json.open("{")
        list("parts", parts) { tree, part in
            switch part {
            case .text(let text): tree.term(Term(.string(text), span))
            case .expression(let expression):
                if let constant = expression.constant {
                    tree.term(constant)
                } else {
                    tree.expression(expression, 0)
                }
            }
        }
        json.key("multi_line")
        let quote = Int(span.start) + 1
        let isRaw = quote < source.bytes.count && source.bytes[quote] == UInt8(ascii: "`")
        json.raw(isRaw ? "true" : "false")
        json.close("}")
    }

    /// JSON has no number that begins with a point.
    private func jsonNumber(_ literal: String) -> String {
        if literal.hasPrefix(".") { return "0" + literal }
        if literal.hasPrefix("-.") { return "-0" + literal.dropFirst() }
        return literal
    }
}

extension Expression {
    /// A scalar that stands in a template as it is.
    fileprivate var constant: Term? {
        guard modifiers.isEmpty, case .term(let term) = kind else { return nil }
        switch term.kind {
        case .null, .boolean, .number, .string: return term
        default: return nil
        }
    }
}
