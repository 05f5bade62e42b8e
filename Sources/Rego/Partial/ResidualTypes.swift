import RegoSyntax

/// Takes out of a residual what the type checker refuses.
///
/// What is known has types, so that an expression which in the whole was merely undefined may be
/// refused in what is left of it. It has no answer: the body that it stands in never holds.
struct ResidualTypes {
    private let compiler: Compiler

    init(_ policy: Policy) {
        compiler = Compiler(
            builtins: policy.compiler.builtins.withoutDeprecation,
            options: CompilerOptions(features: policy.compiler.options.features))
    }

    /// How often something is taken out.
    private static let turnsMax = 1_000

    func checked(_ residual: Residual) throws(EvaluationFailure) -> Residual {
        var modules = residual.support
        let policy = try compile(&modules)
        var queries: [Residual.Query] = []
        for query in residual.queries {
            if let query = try checked(query, against: policy) { queries.append(query) }
        }
        return Residual(queries: queries, support: modules)
    }

    // MARK: Modules

    private func compile(_ modules: inout [Module]) throws(EvaluationFailure) -> ResolvedPolicy {
        for _ in 0..<Self.turnsMax {
            let refusal: Diagnostics
            switch compiler.compile(modules) {
            case .success(let policy): return policy
            case .failure(let found): refusal = found
            }
            var changed: Set<String> = []
            for mistake in refusal.all where mistake.code == .type {
                guard let index = modules.firstIndex(where: { $0.source.name == mistake.file }),
                    !changed.contains(mistake.file),
                    let edit = modules[index].edit(at: mistake.span)
                else { continue }
                let source = modules[index].source.replacing(edit)
                guard case .success(let read) = Parser.module(source) else { continue }
                modules[index] = read
                changed.insert(mistake.file)
            }
            if changed.isEmpty { throw Self.failure(refusal) }
        }
        throw .limit("partial evaluation takes too many steps")
    }

    private static func failure(_ refusal: Diagnostics) -> EvaluationFailure {
        .limit("what is left does not compile: \(refusal.all[0].message)")
    }

    // MARK: Queries

    /// `nil` for a query that never holds.
    private func checked(
        _ query: Residual.Query, against policy: ResolvedPolicy
    ) throws(EvaluationFailure) -> Residual.Query? {
        var query = query
        for _ in 0..<Self.turnsMax where !query.body.isEmpty {
            let refusal: Diagnostics
            switch compiler.query(query.body, source: query.source, against: policy) {
            case .success: return query
            case .failure(let found): refusal = found
            }
            guard let mistake = refusal.all.first(where: { $0.code == .type }),
                let end = query.body.end(at: mistake.span)
            else { throw Self.failure(refusal) }
            guard case .inside(let edit) = end else { return nil }
            let source = query.source.replacing(edit)
            guard case .success(let body) = Parser.query(source) else {
                throw Self.failure(refusal)
            }
            query = Residual.Query(
                text: String(decoding: source.bytes, as: UTF8.self), source: source, body: body)
        }
        return query
    }
}

/// A stretch of a source, and what is to stand there.
private struct Edit {
    let span: Span
    let text: String
}

/// Where what never holds ends: with the body that it stands in, or inside of a part of it.
private enum End {
    case body
    case inside(Edit)
}

extension Source {
    fileprivate func replacing(_ edit: Edit) -> Source {
        Source(
            name: name,
            bytes: bytes[..<Int(edit.span.start)] + Array(edit.text.utf8)
                + bytes[Int(edit.span.end)...])
    }
}

extension Span {
    fileprivate func holdsAll(of other: Span) -> Bool {
        start <= other.start && other.end <= end
    }
}

extension Module {
    fileprivate func edit(at place: Span) -> Edit? {
        guard let rule = rules.first(where: { $0.span.holdsAll(of: place) }) else { return nil }
        if let branch = rule.elses.first(where: { $0.span.holdsAll(of: place) }) {
            let end = branch.body.end(at: place) ?? [branch.value].end(at: place)
            if case .inside(let edit)? = end { return edit }
            return Edit(span: branch.span, text: "else := null if {\n\tfalse\n}")
        }
        if case .inside(let edit)? = rule.body.end(at: place) ?? rule.head.terms.end(at: place) {
            return edit
        }
        var span = rule.span
        span.end = rule.elses.first?.span.start ?? span.end
        return Edit(span: span, text: rule.neverHolding + (rule.elses.isEmpty ? "" : " "))
    }
}

extension Rule.Head {
    fileprivate var terms: [Term?] {
        switch kind {
        case .value(let value, _): path + [value]
        case .contains(let member): path + [member]
        }
    }
}

extension Rule {
    /// A rule with the same head as far as it names something, that has no value.
    fileprivate var neverHolding: String {
        let keys = head.path.map { element -> Term in
            if case .string = element.kind { return element }
            return Term(.null, element.span)
        }
        let name = Term(.variable(head.name), head.span)
        var text = RegoText.term(
            keys.isEmpty ? name : Term(.reference(name, keys), head.span))
        if let arguments = head.arguments {
            text += "(" + arguments.map(RegoText.term).joined(separator: ", ") + ")"
        }
        if case .contains = head.kind { text += " contains null" } else { text += " := null" }
        return text + " if {\n\tfalse\n}"
    }
}

extension [Expression] {
    /// `nil` where the place is elsewhere.
    fileprivate func end(at place: Span) -> End? {
        guard let expression = first(where: { $0.span.holdsAll(of: place) }) else { return nil }
        return expression.end(at: place) ?? .body
    }

    fileprivate var wholeSpan: Span? {
        guard var span = first?.span, let last else { return nil }
        span.end = last.span.end
        return span
    }
}

extension Expression {
    /// `nil` where the place is in no inner body.
    fileprivate func end(at place: Span) -> End? {
        for body in bodies {
            guard let end = body.end(at: place) else { continue }
            if case .inside = end { return end }
            if case .not = kind { return .inside(Edit(span: span, text: "true")) }
            return body.wholeSpan.map { .inside(Edit(span: $0, text: "false")) }
        }
        return terms.map(Optional.some).end(at: place)
    }
}

extension [Term?] {
    fileprivate func end(at place: Span) -> End? {
        for case .some(let term) in self where term.span.holdsAll(of: place) {
            if let end = term.end(at: place) { return end }
        }
        return nil
    }
}

extension Term {
    fileprivate func end(at place: Span) -> End? {
        for body in bodies {
            guard let end = body.end(at: place) else { continue }
            if case .inside = end { return end }
            return .inside(Edit(span: span, text: emptied))
        }
        if let end = children.map(Optional.some).end(at: place) { return end }
        return isComprehension && span.holdsAll(of: place) && span != place
            ? .inside(Edit(span: span, text: emptied)) : nil
    }

    private var isComprehension: Bool {
        switch kind {
        case .arrayComprehension, .setComprehension, .objectComprehension: true
        default: false
        }
    }

    /// The comprehension whose body never holds.
    private var emptied: String {
        switch kind {
        case .arrayComprehension: "[]"
        case .setComprehension: "set()"
        default: "{}"
        }
    }
}
