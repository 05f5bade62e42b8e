/// A rule's head while it is read: what it becomes depends on what follows it.
struct HeadDraft {
    var name: String
    var path: [Term] = []
    var arguments: [Term]?
    var value: Term?
    var usesAssignment = false
    /// What follows `contains`.
    var key: Term?
    var usesContains: Bool { key != nil }
    var usesIf = false
    /// Spaces before the first bracket, dot or parenthesis.
    var hasGap = false
    var span: Span

    /// What a rule with a body defines. Without `if` and `contains`, as in v0, one element after
    /// the name and no value means a set.
    func finished(usesIf: Bool) -> Rule.Head {
        if let key { return head(path, .contains(key)) }
        return !usesIf && isSet ? head([], .contains(path[0])) : withValue()
    }

    /// Without `if` and a value, this defines a set.
    var isSet: Bool {
        usesContains || arguments == nil && path.count == 1 && value == nil
    }

    func withValue() -> Rule.Head {
        head(path, .value(value, usesAssignment: usesAssignment))
    }

    private func head(_ path: [Term], _ kind: Rule.Head.Kind) -> Rule.Head {
        Rule.Head(name: name, path: path, arguments: arguments, kind: kind, span: span)
    }
}

extension Grammar {
    /// Reads a head; nil where it cannot be one and only an expression makes sense of it.
    mutating func head(isDefault: Bool) throws(Fault) -> HeadDraft? {
        let start = current
        let name = variable()
        guard case .variable(let text) = name.kind else { return nil }
        var draft = HeadDraft(name: text, span: start.span)
        if !hasSpaceBefore, kind.isInfixOperator { throw unexpected() }
        switch kind {
        case .leftParen, .dot, .leftBracket:
            draft.hasGap = hasSpaceBefore
            guard try readElements(&draft, try headReference(name)) else { return nil }
        default: break
        }
        switch kind {
        case .contains: try readKey(&draft)
        case .unify, .assign: try readValue(&draft, isDefault: isDefault)
        default: break
        }
        draft.usesIf = kind == .if
        draft.span = span(from: start)
        return draft
    }

    /// The name counts as read; its elements follow.
    private mutating func headReference(_ name: Term) throws(Fault) -> Term {
        height = 1
        return try reference(name)
    }

    /// Takes a reference or a call apart.
    private func readElements(_ draft: inout HeadDraft, _ term: Term) throws(Fault) -> Bool {
        switch term.kind {
        case .reference(let head, let path):
            guard case .variable = head.kind else { return false }
            draft.path = path
        case .call(let call):
            // Invariant: a call's name begins with the variable that the head begins with.
            draft.path = call.name.dropFirst().map { Term(.string($0), call.nameSpan) }
            // A function of no arguments is a value, as in OPA.
            draft.arguments = call.arguments.isEmpty ? nil : call.arguments
        default: return false
        }
        return true
    }

    private mutating func readKey(_ draft: inout HeadDraft) throws(Fault) {
        if draft.arguments != nil {
            let example = "\(reference(of: draft)) contains <VALUE> { ... }"
            throw unexpected(
                "the contains keyword can only be used with multi-value rule definitions "
                    + "(e.g., \(example))")
        }
        advance()
        draft.key = try operation(allowsPair: true)
    }

    private mutating func readValue(
        _ draft: inout HeadDraft, isDefault: Bool
    ) throws(Fault) {
        draft.usesAssignment = kind == .assign
        advance()
        draft.value = try operation(allowsPair: true)
    }

    private func reference(of draft: HeadDraft) -> String {
        guard !draft.path.isEmpty else { return draft.name }
        let head = Term(.variable(draft.name), draft.span)
        return RegoText.term(Term(.reference(head, draft.path), draft.span))
    }
}
