/// Walks over resolved terms: replacing locals, and asking what a term is made of.
extension ResolvedTerm {
    /// The term with each local replaced, those of inner bodies too.
    func mapping(_ change: (LocalID) -> ResolvedTerm) -> ResolvedTerm {
        switch self {
        case .null, .boolean, .number, .string, .input, .data: self
        case .local(let local): change(local)
        case .reference(let head, let path):
            .joined(head.mapping(change), path.map { $0.mapping(change) })
        case .call(let callee, let arguments, let span):
            .call(callee, arguments.map { $0.mapping(change) }, span)
        case .array(let elements): .array(elements.map { $0.mapping(change) })
        case .set(let members): .set(members.map { $0.mapping(change) })
        case .object(let pairs):
            .object(pairs.map { ($0.key.mapping(change), $0.value.mapping(change)) })
        case .arrayComprehension(let head, let body):
            .arrayComprehension(head.mapping(change), body.map { $0.mapping(change) })
        case .setComprehension(let head, let body):
            .setComprehension(head.mapping(change), body.map { $0.mapping(change) })
        case .objectComprehension(let key, let value, let body):
            .objectComprehension(
                key: key.mapping(change), value: value.mapping(change),
                body.map { $0.mapping(change) })
        }
    }

    /// What stands at a path of a term: one reference, where the term is one itself.
    static func joined(_ head: ResolvedTerm, _ path: [ResolvedTerm]) -> ResolvedTerm {
        if path.isEmpty { return head }
        if case .reference(let inner, let start) = head { return .reference(inner, start + path) }
        return .reference(head, path)
    }

    /// Whether it is a value: constants, and composites of them.
    var isGround: Bool {
        switch self {
        case .null, .boolean, .number, .string: true
        case .array(let elements), .set(let elements): elements.allSatisfy(\.isGround)
        case .object(let pairs): pairs.allSatisfy { $0.key.isGround && $0.value.isGround }
        default: false
        }
    }

    /// Whether it has a value wherever its locals have one.
    var isTotal: Bool {
        switch self {
        case .null, .boolean, .number, .string, .local: true
        case .array(let elements), .set(let elements): elements.allSatisfy(\.isTotal)
        case .object(let pairs): pairs.allSatisfy { $0.key.isTotal && $0.value.isTotal }
        default: false
        }
    }

    /// Adds its locals, those outside of inner bodies alone or all.
    func addLocals(to found: inout [LocalID], closures: Bool) {
        switch self {
        case .null, .boolean, .number, .string, .input, .data: break
        case .local(let local): found.append(local)
        case .reference(let head, let path):
            head.addLocals(to: &found, closures: closures)
            path.forEach { $0.addLocals(to: &found, closures: closures) }
        case .call(_, let terms, _), .array(let terms), .set(let terms):
            terms.forEach { $0.addLocals(to: &found, closures: closures) }
        case .object(let pairs):
            for pair in pairs {
                pair.key.addLocals(to: &found, closures: closures)
                pair.value.addLocals(to: &found, closures: closures)
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            guard closures else { return }
            head.addLocals(to: &found, closures: true)
            body.forEach { $0.addLocals(to: &found) }
        case .objectComprehension(let key, let value, let body):
            guard closures else { return }
            key.addLocals(to: &found, closures: true)
            value.addLocals(to: &found, closures: true)
            body.forEach { $0.addLocals(to: &found) }
        }
    }

    /// Outside of inner bodies.
    var directLocals: [LocalID] {
        var found: [LocalID] = []
        addLocals(to: &found, closures: false)
        return found
    }

    var allLocals: [LocalID] {
        var found: [LocalID] = []
        addLocals(to: &found, closures: true)
        return found
    }

    /// Whether a call is part of it, outside of inner bodies.
    var holdsCalls: Bool {
        switch self {
        case .call: true
        case .array(let terms), .set(let terms): terms.contains(where: \.holdsCalls)
        case .object(let pairs): pairs.contains { $0.key.holdsCalls || $0.value.holdsCalls }
        case .reference(let head, let path):
            head.holdsCalls || path.contains(where: \.holdsCalls)
        default: false
        }
    }

    /// Whether a call that gives several values is part of it.
    var walks: Bool {
        switch self {
        case .call(.builtin("walk"), _, _): true
        case .call(_, let terms, _), .array(let terms), .set(let terms):
            terms.contains(where: \.walks)
        case .object(let pairs): pairs.contains { $0.key.walks || $0.value.walks }
        case .reference(let head, let path): head.walks || path.contains(where: \.walks)
        default: false
        }
    }

    /// Whether both are written alike; of values of different texts nothing is said.
    func isSame(as other: ResolvedTerm) -> Bool {
        switch (self, other) {
        case (.null, .null), (.input, .input), (.data, .data): true
        case (.boolean(let one), .boolean(let two)): one == two
        case (.number(let one), .number(let two)): one == two
        case (.string(let one), .string(let two)): one == two
        case (.local(let one), .local(let two)): one == two
        case (.array(let one), .array(let two)), (.set(let one), .set(let two)):
            one.isSame(as: two)
        case (.object(let one), .object(let two)):
            one.map(\.key).isSame(as: two.map(\.key))
                && one.map(\.value).isSame(as: two.map(\.value))
        case (.reference(let one, let path), .reference(let two, let other)):
            one.isSame(as: two) && path.isSame(as: other)
        default: false
        }
    }
}

extension [ResolvedTerm] {
    func isSame(as other: [ResolvedTerm]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.isSame(as: $1) }
    }
}

extension ResolvedExpression {
    /// The expression with each local replaced.
    func mapping(_ change: (LocalID) -> ResolvedTerm) -> ResolvedExpression {
        var changed = self
        switch kind {
        case .term(let term): changed.kind = .term(term.mapping(change))
        case .unify(let left, let right):
            changed.kind = .unify(left.mapping(change), right.mapping(change))
        case .not(let body): changed.kind = .not(body.map { $0.mapping(change) })
        case .and(let left, let right):
            changed.kind = .and(
                left.map { $0.mapping(change) }, right.map { $0.mapping(change) })
        case .or(let left, let right):
            changed.kind = .or(left.map { $0.mapping(change) }, right.map { $0.mapping(change) })
        case .every(let key, let value, let domain, let body):
            changed.kind = .every(
                key: change(key).local ?? key, value: change(value).local ?? value,
                domain: domain.mapping(change), body: body.map { $0.mapping(change) })
        }
        for index in changed.modifiers.indices {
            if case .term(let term) = changed.modifiers[index].value {
                changed.modifiers[index].value = .term(term.mapping(change))
            }
        }
        return changed
    }

    /// Its terms outside of inner bodies, the values of modifiers too.
    var ownTerms: [ResolvedTerm] {
        var found: [ResolvedTerm]
        switch kind {
        case .term(let term): found = [term]
        case .unify(let left, let right): found = [left, right]
        case .every(_, _, let domain, _): found = [domain]
        case .not, .and, .or: found = []
        }
        for modifier in modifiers {
            if case .term(let term) = modifier.value { found.append(term) }
        }
        return found
    }

    /// The bodies of `not`, `and`, `or` and `every`.
    var bodies: [[ResolvedExpression]] {
        switch kind {
        case .term, .unify: []
        case .not(let body), .every(_, _, _, let body): [body]
        case .and(let left, let right), .or(let left, let right): [left, right]
        }
    }

    /// The locals that it may bind, those of its closures left out.
    var directLocals: [LocalID] {
        switch kind {
        case .term, .unify: ownTerms.flatMap(\.directLocals)
        case .not, .and, .or, .every: []
        }
    }

    /// All locals, each as often as it stands there.
    func addLocals(to found: inout [LocalID]) {
        for term in ownTerms { term.addLocals(to: &found, closures: true) }
        for body in bodies { body.forEach { $0.addLocals(to: &found) } }
        if case .every(let key, let value, _, _) = kind { found += [key, value] }
    }
}

extension ResolvedTerm {
    var local: LocalID? { if case .local(let local) = self { local } else { nil } }
}
