import RegoSyntax

/// Puts references in the place of the variables that stand for them: `x = input.a; x > 1` is
/// `input.a > 1`.
///
/// A variable goes only where its reference is evaluated all the same: some other expression reads
/// it outside of inner bodies. Expressions under `with` are left alone, for a reference means
/// something else there.
extension [ResolvedExpression] {
    /// - Parameter kept: Variables that are read elsewhere.
    func propagatingCopies(keeping kept: Set<LocalID> = []) -> [ResolvedExpression] {
        var body = self
        var index = 0
        while index < body.count {
            guard let (local, term) = body[index].copy, !kept.contains(local),
                body.reads(local, besides: index),
                body.take(term, for: local, besides: index)
            else {
                index += 1
                continue
            }
            body.remove(at: index)
            body = body.map { $0.mapping { $0 == local ? term : .local($0) } }
            index = 0
        }
        return body
    }

    /// Whether every reader of a variable means the same when it reads the reference.
    ///
    /// What iterates binds its variables in operands alone, and a number means something else in
    /// a path of base documents than in a value's.
    private func take(
        _ term: ResolvedTerm, for local: LocalID, besides index: Int
    ) -> Bool {
        let iterates = !term.directLocals.isEmpty
        return indices.allSatisfy { other in
            other == index || !self[other].allLocals.contains(local)
                || (!iterates || self[other].hasAsOperand(local))
                    && !(term.isInData && self[other].isIndexed(local))
        }
    }

    /// Whether a variable is read directly, and nowhere under `with`.
    private func reads(_ local: LocalID, besides index: Int) -> Bool {
        var isRead = false
        for (other, expression) in enumerated() where other != index {
            var all: [LocalID] = []
            expression.addLocals(to: &all)
            guard all.contains(local) else { continue }
            if expression.holdsModifiers { return false }
            if !isRead {
                isRead = expression.kind.isDirect
                    && expression.ownTerms.contains { $0.directLocals.contains(local) }
            }
        }
        return isRead
    }
}

extension ResolvedExpression {
    /// The variable and the reference that an expression does nothing but equate.
    fileprivate var copy: (LocalID, ResolvedTerm)? {
        guard modifiers.isEmpty, case .unify(let left, let right) = kind else { return nil }
        if let local = left.local, right.isCopied(as: local) { return (local, right) }
        if let local = right.local, left.isCopied(as: local) { return (local, left) }
        return nil
    }

    /// Whether a `with` is anywhere in it.
    fileprivate var holdsModifiers: Bool {
        !modifiers.isEmpty || bodies.joined().contains(where: \.holdsModifiers)
            || ownTerms.contains(where: \.holdsModifiers)
    }
}

extension ResolvedExpression {
    fileprivate var allLocals: [LocalID] {
        var found: [LocalID] = []
        addLocals(to: &found)
        return found
    }

    /// Whether all that mentions a variable are operands, or what they are read from.
    fileprivate func hasAsOperand(_ local: LocalID) -> Bool {
        let operands: [ResolvedTerm]
        switch kind {
        case .term(.call(_, let arguments, _)): operands = arguments
        case .term(let term): operands = [term]
        case .unify(let left, let right): operands = [left, right]
        case .not, .and, .or, .every: return false
        }
        return operands.allSatisfy { operand in
            switch operand {
            case .local: true
            case .reference(.local, let path): !path.contains { $0.allLocals.contains(local) }
            default: !operand.allLocals.contains(local)
            }
        }
    }

    /// Whether a number is a key of what a variable is, anywhere.
    fileprivate func isIndexed(_ local: LocalID) -> Bool {
        ownTerms.contains { $0.isIndexed(local) }
            || bodies.joined().contains { $0.isIndexed(local) }
    }
}

extension ResolvedTerm {
    fileprivate var isInData: Bool {
        switch self {
        case .data, .reference(.data, _): true
        default: false
        }
    }

    fileprivate func isIndexed(_ local: LocalID) -> Bool {
        switch self {
        case .null, .boolean, .number, .string, .local, .input, .data: return false
        case .reference(let head, let path):
            if case .number? = path.first, head.local == local { return true }
            return head.isIndexed(local) || path.contains { $0.isIndexed(local) }
        case .call(_, let terms, _), .array(let terms), .set(let terms):
            return terms.contains { $0.isIndexed(local) }
        case .object(let pairs):
            return pairs.contains { $0.key.isIndexed(local) || $0.value.isIndexed(local) }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            return head.isIndexed(local) || body.contains { $0.isIndexed(local) }
        case .objectComprehension(let key, let value, let body):
            return key.isIndexed(local) || value.isIndexed(local)
                || body.contains { $0.isIndexed(local) }
        }
    }
}

extension ResolvedExpression.Kind {
    fileprivate var isDirect: Bool {
        switch self {
        case .term, .unify, .every: true
        case .not, .and, .or: false
        }
    }
}

extension ResolvedTerm {
    fileprivate func isCopied(as local: LocalID) -> Bool {
        switch self {
        case .local(let other): return other != local
        case .input: return true
        case .reference(let head, let path):
            switch head {
            case .input, .data, .local: break
            default: return false
            }
            return !directLocals.contains(local)
                && path.allSatisfy { $0.isGround || $0.local != nil || $0.isReference }
        default: return false
        }
    }

    private var isReference: Bool {
        guard case .reference(let head, let path) = self else { return false }
        switch head {
        case .input, .data, .local:
            return path.allSatisfy { $0.isGround || $0.local != nil || $0.isReference }
        default: return false
        }
    }

    fileprivate var holdsModifiers: Bool {
        switch self {
        case .arrayComprehension(_, let body), .setComprehension(_, let body),
            .objectComprehension(_, _, let body):
            body.contains(where: \.holdsModifiers)
        case .call(_, let terms, _), .array(let terms), .set(let terms):
            terms.contains(where: \.holdsModifiers)
        case .object(let pairs):
            pairs.contains { $0.key.holdsModifiers || $0.value.holdsModifiers }
        case .reference(let head, let path):
            head.holdsModifiers || path.contains(where: \.holdsModifiers)
        default: false
        }
    }
}
