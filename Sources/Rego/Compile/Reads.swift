import RegoSyntax

/// The variables of one body, at a given depth, that a term or an expression mentions.
struct Reads {
    let variables: [Variable]
    let depth: Int
    /// Outside of closures.
    private(set) var direct = LocalSet()
    /// In closures.
    private(set) var closures = LocalSet()
    private(set) var hasClosures = false
    private var isInClosure = false

    init(variables: [Variable], depth: Int) {
        self.variables = variables
        self.depth = depth
    }

    var all: LocalSet {
        var union = direct
        union.formUnion(closures)
        return union
    }

    mutating func add(_ expression: ResolvedExpression) {
        switch expression.kind {
        case .term(let term): add(term)
        case .unify(let left, let right):
            add(left)
            add(right)
        case .not(let body):
            if expression.isShallowNegation {
                body.forEach { add($0) }
            } else {
                closure { $0.add(body) }
            }
        case .and(let left, let right), .or(let left, let right):
            closure {
                $0.add(left)
                $0.add(right)
            }
        case .every(_, _, let domain, let body):
            add(domain)
            closure { $0.add(body) }
        }
        for modifier in expression.modifiers {
            if case .term(let value) = modifier.value { add(value) }
        }
    }

    private mutating func add(_ body: [ResolvedExpression]) {
        for expression in body { add(expression) }
    }

    private mutating func closure(_ walk: (inout Reads) -> Void) {
        let outer = isInClosure
        isInClosure = true
        hasClosures = true
        walk(&self)
        isInClosure = outer
    }

    mutating func add(_ term: ResolvedTerm) {
        switch term {
        case .null, .boolean, .number, .string, .input, .data: break
        case .local(let local):
            guard variables[local].depth == depth else { return }
            if isInClosure { closures.insert(local) } else { direct.insert(local) }
        case .reference(let head, let path):
            add(head)
            for element in path { add(element) }
        case .call(_, let arguments, _):
            for argument in arguments { add(argument) }
        case .array(let elements), .set(let elements):
            for element in elements { add(element) }
        case .object(let pairs):
            for pair in pairs {
                add(pair.key)
                add(pair.value)
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            closure {
                $0.add(head)
                $0.add(body)
            }
        case .objectComprehension(let key, let value, let body):
            closure {
                $0.add(key)
                $0.add(value)
                $0.add(body)
            }
        }
    }
}

extension ResolvedExpression {
    /// Where an error points that says that this reads an unbound local: the innermost nested call
    /// that does, or the expression.
    func place(reading local: LocalID) -> ResolvedSpan {
        switch kind {
        case .term(.call(_, let arguments, _)):
            return arguments.place(reading: local, in: span) ?? span
        case .term(let term):
            return [term].place(reading: local, in: span) ?? span
        case .unify(let left, let right):
            return [left, right].place(reading: local, in: span) ?? span
        case .not, .and, .or, .every:
            return span
        }
    }
}

extension [ResolvedTerm] {
    fileprivate func place(reading local: LocalID, in span: ResolvedSpan) -> ResolvedSpan? {
        var found: ResolvedSpan?
        for term in self {
            guard let place = term.place(reading: local, in: span) else { continue }
            if place == span { return span }
            found = found ?? place
        }
        return found
    }
}

extension ResolvedTerm {
    fileprivate func place(reading local: LocalID, in span: ResolvedSpan) -> ResolvedSpan? {
        switch self {
        case .local(let other): return other == local ? span : nil
        case .null, .boolean, .number, .string, .input, .data: return nil
        case .call(_, let arguments, let place):
            return arguments.place(reading: local, in: place)
        case .reference(let head, let path):
            return ([head] + path).place(reading: local, in: span)
        case .array(let elements), .set(let elements):
            return elements.place(reading: local, in: span)
        case .object(let pairs):
            return pairs.flatMap { [$0.key, $0.value] }.place(reading: local, in: span)
        case .arrayComprehension(_, let body), .setComprehension(_, let body),
            .objectComprehension(_, _, let body):
            return body.contains { $0.mentions(local) } ? span : nil
        }
    }
}

extension ResolvedExpression {
    fileprivate func mentions(_ local: LocalID) -> Bool {
        switch kind {
        case .term(let term): term.mentions(local)
        case .unify(let left, let right): left.mentions(local) || right.mentions(local)
        case .not(let body): body.contains { $0.mentions(local) }
        case .and(let left, let right), .or(let left, let right):
            (left + right).contains { $0.mentions(local) }
        case .every(_, _, let domain, let body):
            domain.mentions(local) || body.contains { $0.mentions(local) }
        }
    }
}

extension ResolvedTerm {
    fileprivate func mentions(_ local: LocalID) -> Bool {
        let span = Span(start: 0, end: 0, row: 0, column: 0)
        return place(reading: local, in: ResolvedSpan(file: -1, span: span)) != nil
    }
}

extension ResolvedExpression {
    /// Where a template in this shows a local.
    func template(showing local: LocalID) -> ResolvedSpan? {
        switch kind {
        case .term(let term): term.template(showing: local)
        case .unify(let left, let right):
            left.template(showing: local) ?? right.template(showing: local)
        case .every, .not, .and, .or: nil
        }
    }
}

extension ResolvedTerm {
    fileprivate func template(showing local: LocalID) -> ResolvedSpan? {
        switch self {
        case .call(.builtin("internal.template_string"), let arguments, _):
            guard case .array(let parts)? = arguments.first else { return nil }
            for case .setComprehension(_, let body) in parts {
                if let capture = body.last, capture.mentions(local) { return capture.span }
            }
            return nil
        case .call(_, let terms, _), .array(let terms), .set(let terms):
            return terms.lazy.compactMap { $0.template(showing: local) }.first
        case .reference(let head, let path):
            return ([head] + path).lazy.compactMap { $0.template(showing: local) }.first
        case .object(let pairs):
            return pairs.lazy.compactMap {
                $0.key.template(showing: local) ?? $0.value.template(showing: local)
            }.first
        case .null, .boolean, .number, .string, .local, .input, .data: return nil
        case .arrayComprehension, .setComprehension, .objectComprehension: return nil
        }
    }
}
