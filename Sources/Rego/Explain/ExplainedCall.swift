import RegoSyntax

/// A function as it was called.
struct ExplainedCall {
    /// As told, and as JSON.
    let operands: [(text: String, json: [UInt8])]

    /// `("ada", 7)`.
    var text: String {
        let texts = operands.map { String(decoding: $0.json, as: UTF8.self) }
        return "(\(texts.joined(separator: ", ")))"
    }

    private static let nameBytesMax = 60

    /// What a rule of the function calls its operands; but what is computed, or long, keeps the
    /// rule's own name.
    func names(for head: Rule.Head) -> [String: String] {
        var names: [String: String] = [:]
        for (pattern, operand) in zip(head.arguments ?? [], operands) {
            guard case .variable(let name) = pattern.kind,
                operand.text.utf8.count <= ExplainedCall.nameBytesMax,
                !operand.text.contains(where: { "({\n".contains($0) })
            else { continue }
            names[name] = operand.text
        }
        return names
    }

    /// Gives the arguments of a rule of the function their values.
    func binding(_ head: Rule.Head) -> [Expression] {
        zip(head.arguments ?? [], operands).map { pattern, operand in
            let place = Expression(kind: .term(pattern), span: head.span)
            return BodySearch.call(
                ["eq"], pattern, .unmarshalled(operand.json, head.span), like: place)
        }
    }
}

extension Term {
    /// A value as a call that makes it: a literal would have a type, by which the checker refuses
    /// what it lacks.
    static func unmarshalled(_ json: [UInt8], _ span: Span) -> Term {
        let text = Term(.string(String(decoding: json, as: UTF8.self)), span)
        return Term(
            .call(
                Call(
                    name: ["json", "unmarshal"], nameSpan: span, arguments: [text],
                    notation: .call)), span)
    }
}
