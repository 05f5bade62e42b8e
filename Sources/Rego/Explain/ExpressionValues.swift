import RegoSyntax

// What an expression is made of, and what that was.
extension BodySearch {
    private static let valuesMax = 12

    /// - Parameter known: The answers of the expressions before it.
    func evaluated(
        _ expression: Expression, after before: [Expression], _ known: [ResultRow]
    ) -> EvaluatedExpression {
        let bindings = (known.first?.bindings ?? []).filter { !$0.name.hasSuffix("#") }
        var mentions = Mentions()
        mentions.add(expression)
        var values = bindings.filter { mentions.names.contains($0.name) }
            .map { (text: $0.name, json: Optional($0.json)) }
        var found: [String: [[UInt8]]] = [:]
        for operand in BodySearch.operands(of: expression) {
            let text = module.source.text(operand.span)
            guard !values.contains(where: { $0.text == text }), !isOver,
                let all = self.values(of: operand, in: expression, after: before)
            else { continue }
            found[text] = all
            values.append((text, all.first))
        }
        let bound = Set(bindings.map(\.name))
        let claim = Claim(expression, text: module.source.text(expression.span)) { term in
            let text = module.source.text(term.span)
            func all(_ term: Term) -> [[UInt8]] {
                let name = module.source.text(term.span)
                if let known = found[name] { return known }
                let known = term.isVariable ? BodySearch.distinct(name, in: known) : []
                return known.isEmpty
                    ? self.values(of: term, in: expression, after: before) ?? [] : known
            }
            return Claim.Operand(
                text: shown(term, bound: bound, keys: all), written: text, values: all(term),
                isLiteral: term.isSpelledOut)
        }
        return EvaluatedExpression(
            text: module.source.text(expression.span), file: module.source.name,
            span: expression.span, claim: claim, values: values,
            variables: bindings.map { ($0.name, $0.json) }, answerCount: max(known.count, 1))
    }

    /// - Returns: As JSON, one for each answer, each once; `nil` where it cannot be told.
    func values(
        of operand: Term, in expression: Expression, after before: [Expression]
    ) -> [[UInt8]]? {
        // No author's variable has such a name.
        let name = "operand#"
        let assignment = BodySearch.call(
            ["assign"], Term(.variable(name), operand.span), operand, like: expression)
        guard !isOver else { return nil }
        switch answer(before + [assignment]) {
        case .none: return nil
        case .undefined: return []
        case .rows(let rows): return BodySearch.distinct(name, in: rows)
        }
    }

    private static func distinct(_ name: String, in rows: [ResultRow]) -> [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return rows.compactMap { row in
            guard seen.count < valuesMax,
                let json = row.bindings.first(where: { $0.name == name })?.json,
                seen.insert(json).inserted
            else { return nil }
            return json
        }
    }

    // MARK: Names

    /// A term as its author wrote it, but with what the names of arguments and of aliases such as
    /// `facts := input.facts` stand for, and the keys that have one value.
    /// - Parameters:
    ///   - bound: Variables that have values here.
    ///   - keys: Evaluates what stands between brackets.
    func shown(
        _ term: Term, bound: Set<String>, keys: (Term) -> [[UInt8]] = { _ in [] }
    ) -> String {
        let text = withKeys(term, keys)
        guard let head = term.leadingName, text.hasPrefix(head),
            let name = names[head] ?? (bound.contains(head) ? nil : alias(head))
        else { return text }
        return name + text.dropFirst(head.count)
    }

    private func withKeys(_ term: Term, _ keys: (Term) -> [[UInt8]]) -> String {
        var text = Array(module.source.text(term.span).utf8)
        guard case .reference(_, let path) = term.kind else {
            return String(decoding: text, as: UTF8.self)
        }
        for key in path.reversed() where !key.isSpelledOut {
            let values = keys(key)
            let start = Int(key.span.start - term.span.start)
            let end = Int(key.span.end - term.span.start)
            guard values.count == 1, start >= 0, end <= text.count else { continue }
            text.replaceSubrange(start..<end, with: values[0])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func alias(_ name: String) -> String? {
        let exports = policy.resolved.exports
        guard let node = exports.find(module.package + [name]) else { return nil }
        let entries = exports.nodes[node].rules
        guard entries.count == 1 else { return nil }
        let module = policy.resolved.modules[entries[0].module].module
        let rule = module.rules[entries[0].rule]
        guard rule.body.isEmpty, rule.elses.isEmpty, rule.head.arguments == nil,
            case .value(let value?, _) = rule.head.kind, case .reference = value.kind,
            ["input", "data"].contains(value.leadingName)
        else { return nil }
        let place = Expression(kind: .term(value), span: value.span)
        let search = reading(module)
        return search.withKeys(value) { search.values(of: $0, in: place, after: []) ?? [] }
    }

    /// `left name right`, where another expression stands and under its modifiers.
    static func call(
        _ name: [String], _ left: Term, _ right: Term, like expression: Expression
    ) -> Expression {
        let operation = Call(
            name: name, nameSpan: expression.span, arguments: [left, right],
            notation: .infix(name == ["assign"] ? ":=" : "=="))
        return Expression(
            kind: .term(Term(.call(operation), expression.span)),
            modifiers: expression.modifiers, span: expression.span)
    }

    /// What stands on the sides of an operator or between parentheses, literals left out.
    private static func operands(of expression: Expression) -> [Term] {
        switch expression.kind {
        case .term(let term): operands(of: term)
        case .not(let body, _): body.count == 1 ? operands(of: body[0]) : []
        case .someIn(_, _, let domain), .every(_, _, let domain, _): [domain].filter(isTelling)
        case .someVariables, .and, .or: []
        }
    }

    private static func operands(of term: Term) -> [Term] {
        guard case .call(let call) = term.kind else { return [term].filter(isTelling) }
        return call.arguments.filter(isTelling)
    }

    private static func isTelling(_ term: Term) -> Bool {
        switch term.kind {
        case .variable(let name): !name.hasPrefix("$")
        case .reference, .call, .template: true
        case .arrayComprehension, .setComprehension, .objectComprehension: true
        case .null, .boolean, .number, .string, .array, .object, .set: false
        }
    }
}
