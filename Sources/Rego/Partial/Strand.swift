/// One way through a body: what its variables are known to be, and what is left for later.
struct Strand {
    /// What variables stand for; terms may hold variables that stand for something themselves.
    var bindings: [LocalID: ResolvedTerm] = [:]
    /// The variables that have values when the residual is evaluated, and not before.
    var deferred: Set<LocalID> = []
    /// Of these, the ones that may have several values in one answer.
    var varying: Set<LocalID> = []
    /// The residual so far, in the order of evaluation.
    var saved: [ResolvedExpression] = []
    /// Whether nothing may become several strands: how many answers there are, and in which
    /// order, is then the residual's affair.
    var isFrozen = false

    /// The same place, with nothing left for later yet.
    var beginning: Strand {
        var inner = self
        inner.saved = []
        return inner
    }

    /// A term with all that is known put in.
    func resolved(_ term: ResolvedTerm) -> ResolvedTerm {
        bindings.isEmpty ? term : term.mapping { value(of: $0) }
    }

    func resolved(_ expression: ResolvedExpression) -> ResolvedExpression {
        bindings.isEmpty ? expression : expression.mapping { value(of: $0) }
    }

    private func value(of local: LocalID) -> ResolvedTerm {
        guard let known = bindings[local] else { return .local(local) }
        return known.isGround ? known : resolved(known)
    }

    /// What is left for later, all that is known put in.
    var residual: [ResolvedExpression] { saved.map { resolved($0) } }

    func isUnbound(_ local: LocalID) -> Bool {
        bindings[local] == nil && !deferred.contains(local)
    }

    /// Leaves an expression for later; it binds what is not bound yet.
    /// - Parameter iterates: Whether each answer before it may become several.
    mutating func save(
        _ kind: ResolvedExpression.Kind, at span: ResolvedSpan, iterates: Bool = false
    ) {
        let expression = ResolvedExpression(kind: kind, span: span)
        let locals = expression.directLocals
        let varies = iterates || locals.contains { varying.contains($0) }
            || expression.ownTerms.contains(where: \.walks)
        for local in locals where isUnbound(local) { put(off: local, varies: varies) }
        saved.append(expression)
    }

    mutating func put(off local: LocalID, varies: Bool) {
        deferred.insert(local)
        if varies { varying.insert(local) }
    }
}

/// A term as far as it is known, on one of the strands.
struct Reduced {
    var term: ResolvedTerm
    var strand: Strand
}

/// What a rule's value is wanted for; a default that cannot serve need not be looked at.
enum Demand {
    case any
    /// Not `false`.
    case truth
    case equal(ResolvedTerm)

    func refuses(_ value: ResolvedTerm) -> Bool {
        switch (self, value) {
        case (.any, _): false
        case (.truth, .boolean(let flag)): !flag
        case (.truth, _): false
        case (.equal(.boolean(let wanted)), .boolean(let flag)): wanted != flag
        case (.equal(.string(let wanted)), .string(let text)): wanted != text
        case (.equal(let wanted), _):
            wanted.isGround && value.isGround && wanted.typeNumber != value.typeNumber
        }
    }
}

extension ResolvedTerm {
    /// Different for values of different types.
    var typeNumber: Int {
        switch self {
        case .null: 0
        case .boolean: 1
        case .number: 2
        case .string: 3
        case .array: 4
        case .object: 5
        case .set: 6
        default: 7
        }
    }
}
