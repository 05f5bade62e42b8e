import RegoMachine
import RegoSyntax

/// Expressions.
extension PartialEvaluator {
    func solve(
        _ body: [ResolvedExpression], _ start: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        var strands = [start]
        for expression in body {
            var next: [Strand] = []
            for strand in strands {
                next += try step(expression, strand, situation)
                try check(next)
            }
            strands = next
            if strands.isEmpty { break }
        }
        return strands
    }

    private func step(
        _ written: ResolvedExpression, _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        try charge()
        if written.prints { return [strand] }
        let expression = strand.resolved(written)
        if !expression.modifiers.isEmpty { return try under(expression, strand, situation) }
        if let found = try simple(expression, strand) { return found }
        if !reach(situation).touches(expression, strand.deferred) {
            return try evaluate(expression, strand, situation)
        }
        switch expression.kind {
        case .term(.call(.builtin("equal"), let sides, _)) where sides.count == 2:
            return try unify(sides[0], sides[1], expression.span, strand, situation)
        case .unify(let left, let right):
            return try unify(left, right, expression.span, strand, situation)
        case .term(let term): return try succeed(term, expression.span, strand, situation)
        case .not(let body): return try negate(body, expression.span, strand, situation)
        case .and(let left, let right):
            var strands: [Strand] = []
            for strand in try succeed(once: [left], expression.span, strand, situation) {
                strands += try succeed(once: [right], expression.span, strand, situation)
            }
            return strands
        case .or(let left, let right):
            return try succeed(once: [left, right], expression.span, strand, situation)
        case .every: return try every(expression, strand, situation)
        }
    }

    /// What needs no machine: nearly all that binds a constant.
    private func simple(
        _ expression: ResolvedExpression, _ strand: Strand
    ) throws(EvaluationFailure) -> [Strand]? {
        switch expression.kind {
        case .term(let term) where term.isGround:
            if case .boolean(false) = term { return [] }
            return [strand]
        case .unify(.local(let local), let value), .unify(let value, .local(let local)):
            guard strand.isUnbound(local), value.isGround else { return nil }
            return [strand.binding(local, to: value)]
        default: return nil
        }
    }

    private func succeed(
        _ term: ResolvedTerm, _ span: ResolvedSpan, _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        try reduce(term, strand, situation, demand: .truth).compactMap { found in
            var strand = found.strand
            if found.term.isGround {
                if case .boolean(false) = found.term { return nil }
                return strand
            }
            strand.save(.term(found.term), at: span)
            return strand
        }
    }

    private func unify(
        _ left: ResolvedTerm, _ right: ResolvedTerm, _ span: ResolvedSpan, _ strand: Strand,
        _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        var strands: [Strand] = []
        let first = try reduce(
            left, strand, situation, demand: right.isGround ? .equal(right) : .any)
        for first in first {
            let demand = first.term.isGround ? Demand.equal(first.term) : .any
            for second in try reduce(right, first.strand, situation, demand: demand) {
                strands += try match(first.term, second.term, span, second.strand)
            }
            try check(strands)
        }
        return strands
    }

    /// An expression under `with`: where all is known then, it is evaluated; else what is left of
    /// it is evaluated under the same `with`.
    private func under(
        _ expression: ResolvedExpression, _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Strand] {
        let values = expression.modifiers.compactMap { modifier -> ResolvedTerm? in
            if case .term(let term) = modifier.value { term } else { nil }
        }
        var plain = expression
        plain.modifiers = []
        if values.allSatisfy(\.isGround) {
            let inner = self.situation(situation, under: expression.modifiers, isKnown: true)
            if !reach(inner).touches(plain, strand.deferred) {
                return try evaluate(expression, strand, situation)
            }
        }
        let inner = self.situation(situation, under: expression.modifiers, isKnown: false)
        let documents = expression.modifiers.filter {
            if case .callee = $0.target { false } else { true }
        }
        return try step(plain, strand.beginning, inner).map { found in
            var found = found
            found.saved = strand.saved + found.saved.map { saved in
                var saved = saved
                saved.modifiers = documents + saved.modifiers
                return saved
            }
            return found
        }
    }
}

/// Unification of terms that are reduced.
extension PartialEvaluator {
    func match(
        _ left: ResolvedTerm, _ right: ResolvedTerm, _ span: ResolvedSpan, _ strand: Strand
    ) throws(EvaluationFailure) -> [Strand] {
        try charge()
        let left = strand.resolved(left)
        let right = strand.resolved(right)
        switch (left, right) {
        case (.local(let one), .local(let other)) where one == other: return [strand]
        case (.local(let local), _) where strand.isUnbound(local):
            return [strand.binding(local, to: right, at: span)]
        case (_, .local(let local)) where strand.isUnbound(local):
            return [strand.binding(local, to: left, at: span)]
        case (.array(let first), .array(let second)):
            guard first.count == second.count else { return [] }
            return try match(Array(zip(first, second)), span, strand)
        case (.object(let first), .object(let second)):
            if let pairs = first.paired(with: second) {
                return try pairs.map { (found) throws(EvaluationFailure) in
                    try match(found, span, strand)
                } ?? []
            }
        default: break
        }
        if left.isGround && right.isGround {
            return try isEqual(left, right, span) ? [strand] : []
        }
        if left.isLiteral && right.isLiteral && left.typeNumber != right.typeNumber { return [] }
        var strand = strand
        let isTurned = left.isGround && !right.isGround
        strand.save(isTurned ? .unify(right, left) : .unify(left, right), at: span)
        return [strand]
    }

    private func match(
        _ pairs: [(ResolvedTerm, ResolvedTerm)], _ span: ResolvedSpan, _ strand: Strand
    ) throws(EvaluationFailure) -> [Strand] {
        var strands = [strand]
        for pair in pairs {
            var next: [Strand] = []
            for strand in strands { next += try match(pair.0, pair.1, span, strand) }
            strands = next
        }
        return strands
    }

    /// Whether two values are equal.
    func isEqual(
        _ left: ResolvedTerm, _ right: ResolvedTerm, _ span: ResolvedSpan
    ) throws(EvaluationFailure) -> Bool {
        if left.isSame(as: right) { return true }
        switch (left, right) {
        case (.number(let one), .number(let other)):
            if one.isPlainInteger && other.isPlainInteger { return false }
        case (.null, _), (.boolean, _), (.string, _): return false
        case _ where left.typeNumber != right.typeNumber: return false
        default: break
        }
        let comparison = ResolvedExpression(kind: .unify(left, right), span: span)
        return try !known.rows(comparison, binding: [], among: locals).isEmpty
    }
}

extension [(key: ResolvedTerm, value: ResolvedTerm)] {
    /// The values of equal keys; `.some(nil)` where the objects differ in their keys, `nil` where
    /// that cannot be told.
    fileprivate func paired(
        with other: [(key: ResolvedTerm, value: ResolvedTerm)]
    ) -> [(ResolvedTerm, ResolvedTerm)]?? {
        func names(_ pairs: Self) -> [String: ResolvedTerm]? {
            var found: [String: ResolvedTerm] = [:]
            for case (.string(let name), let value) in pairs { found[name] = value }
            return found.count == pairs.count ? found : nil
        }
        guard let first = names(self), let second = names(other) else { return nil }
        guard Set(first.keys) == Set(second.keys) else { return .some(nil) }
        return first.sorted { $0.key < $1.key }.compactMap { name, value in
            second[name].map { (value, $0) }
        }
    }
}

extension String {
    /// Whether the text of a number is the one way to write it.
    var isPlainInteger: Bool { Int64(self).map { String($0) == self } ?? false }
}

extension ResolvedTerm {
    /// A constant, or a composite of any terms: its type is known.
    fileprivate var isLiteral: Bool { typeNumber < 7 }
}

extension ResolvedExpression {
    /// A call of `print`, which is nobody's condition.
    fileprivate var prints: Bool {
        if case .term(.call(.builtin("internal.print"), _, _)) = kind { true } else { false }
    }
}

extension Strand {
    func binding(_ local: LocalID, to value: ResolvedTerm) -> Strand {
        var strand = self
        strand.bindings[local] = value
        return strand
    }

    /// Binds a variable to what has a value for sure; else that it has one is left for later.
    func binding(_ local: LocalID, to term: ResolvedTerm, at span: ResolvedSpan) -> Strand {
        if term.isTotal { return binding(local, to: term) }
        var strand = self
        strand.save(.unify(.local(local), term), at: span)
        return strand
    }
}
