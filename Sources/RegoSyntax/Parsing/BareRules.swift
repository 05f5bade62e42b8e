/// Rules without a body, which are expressions first: `p := 1`, `p.q`, `f(x) = y`, v0's `p[x]`.
extension Grammar {
    /// Reads the statement as an expression, and the expression as a rule.
    mutating func bareRule(
        _ start: Token, into rules: inout [Rule], requiresV1: Bool
    ) throws(Fault) {
        let expression = try self.expression()
        guard kind != .semicolon else { throw try severalExpressions(expression) }
        let rule: Rule
        do throws(Fault) {
            rule = try self.rule(expression)
        } catch {
            // One doubt a line, and none about what is indented below a doubtful line.
            if notes.doubt == nil, start.column == 1 || notes.diagnostics.isEmpty {
                notes.doubt = hinted(error, start)
            }
            return
        }
        if requiresV1 { checkV1(bare: rule) }
        rules.append(rule)
    }

    private mutating func severalExpressions(_ first: Expression) throws(Fault) -> Fault {
        advance()
        _ = try expression()
        return fault(first.span, "multiple expressions cannot be used for rule head")
    }

    private func rule(_ expression: Expression) throws(Fault) -> Rule {
        func refused(_ what: String) -> Fault {
            fault(expression.span, "\(what) cannot be used for rule head")
        }
        guard expression.modifiers.isEmpty else {
            throw refused("expressions using with keyword")
        }
        switch expression.kind {
        case .term(let term): return try rule(term, expression.span)
        case .not(_, scoped: false): throw refused("negated expressions")
        case .someVariables, .someIn: throw refused("'some' declarations")
        case .not, .every, .and, .or: throw refused("expression")
        }
    }

    private func rule(_ term: Term, _ span: Span) throws(Fault) -> Rule {
        switch term.kind {
        case .reference(let head, let path):
            guard case .variable(let name) = head.kind else {
                throw fault(span, "invalid rule head: \(RegoText.term(term))")
            }
            if path.count == 1 { return made(name, [], nil, .contains(path[0]), span) }
            return made(name, path, nil, .value(nil, usesAssignment: false), span)
        case .call(let call): return try rule(call, span)
        case .variable("data"), .variable("input"):
            throw fault(span, "refs cannot be used for rule head")
        default:
            throw fault(span, "\(term.kind.name) cannot be used for rule name")
        }
    }

    private func rule(_ call: Call, _ span: Span) throws(Fault) -> Rule {
        switch call.notation {
        case .infix("="), .infix(":="):
            let kind = Rule.Head.Kind.value(
                call.arguments[1], usesAssignment: call.notation.isAssignment)
            return try rule(named: call.arguments[0], kind, span)
        case .infix, .negative:
            throw fault(span, "rule name conflicts with built-in function")
        case .call:
            guard !call.arguments.isEmpty else {
                throw fault(span, "rule argument list must take at least one argument")
            }
            return made(
                call.name[0], path(call), call.arguments, .value(nil, usesAssignment: false),
                span)
        }
    }

    private func rule(
        named term: Term, _ kind: Rule.Head.Kind, _ span: Span
    ) throws(Fault) -> Rule {
        switch term.kind {
        case .variable(let name): return made(name, [], nil, kind, span)
        case .reference(let head, let path):
            guard case .variable(let name) = head.kind else {
                throw fault(span, "invalid rule head: \(RegoText.term(term))")
            }
            return made(name, path, nil, kind, span)
        case .call(let call):
            guard case .call = call.notation else { break }
            let arguments = call.arguments.isEmpty ? nil : call.arguments
            return made(call.name[0], path(call), arguments, kind, span)
        default: break
        }
        throw fault(span, "\(term.kind.name) cannot be used for rule name")
    }

    private func path(_ call: Call) -> [Term] {
        call.name.dropFirst().map { Term(.string($0), call.nameSpan) }
    }

    private func made(
        _ name: String, _ path: [Term], _ arguments: [Term]?, _ kind: Rule.Head.Kind,
        _ span: Span
    ) -> Rule {
        let head = Rule.Head(
            name: name, path: path, arguments: arguments, kind: kind, span: span)
        return Rule(isDefault: false, head: head, body: [], elses: [], span: span)
    }

    private mutating func checkV1(bare rule: Rule) {
        switch rule.head.kind {
        case .contains: report(missingContains(rule))
        case .value(nil, _) where rule.head.arguments == nil:
            report(
                fault(
                    rule.span, "rule must have value assignment and/or body declaration",
                    hint: "write `\(rule.head.name) := …` or `\(rule.head.name) if …`"))
        default: break
        }
    }
}

extension Call.Notation {
    fileprivate var isAssignment: Bool {
        if case .infix(":=") = self { true } else { false }
    }
}
