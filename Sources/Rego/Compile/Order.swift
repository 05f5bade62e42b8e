import RegoSyntax

extension Compiler {
    /// Pass: brings each body into an order in which every expression finds its inputs bound, and
    /// refuses variables that nothing binds.
    func order(_ work: inout Work) {
        for index in work.changed where work.isSound(index, before: .heads) {
            let module = work.modules[index].module
            var found: [Mistake] = []
            let names = { [exports = work.exports] in exports.names(of: module) }
            for position in work.modules[index].drafts.indices {
                let draft = work.modules[index].drafts[position]
                var orderer = Orderer(
                    variables: draft.variables, locals: draft.rule.locals,
                    file: module.source.name, nameOnSharedLine: draft.nameOnSharedLine,
                    names: names)
                orderer.order(&work.modules[index].drafts[position].rule)
                work.modules[index].drafts[position].rule.locals = orderer.locals
                found += orderer.mistakes
            }
            work.report(found, in: index)
        }
    }
}

/// Orders the bodies of one rule or query, the way OPA does: expressions are taken in the order of
/// the text as soon as what they read is bound, round after round.
///
/// An expression reads its variables, unless matching it binds them: both sides of a unification
/// bind, and the keys of a reference whose head is bound. What a closure has from outside is read,
/// and so is everything under `not`, in `and` and `or`, and in values of `with`.
struct Orderer {
    private(set) var variables: [Variable]
    private(set) var locals: LocalTable
    let file: String
    let nameOnSharedLine: String?
    /// Of the package's rules and the imports, for hints.
    let names: () -> Set<String>
    private(set) var mistakes: [Mistake] = []

    init(
        variables: [Variable], locals: LocalTable, file: String, nameOnSharedLine: String?,
        names: @escaping () -> Set<String>
    ) {
        self.names = names
        self.variables = variables
        self.locals = locals
        self.file = file
        self.nameOnSharedLine = nameOnSharedLine
    }

    mutating func order(_ rule: inout ResolvedRule) {
        var arguments = Reads(variables: variables, depth: 0)
        rule.arguments.forEach { arguments.add($0) }
        for index in rule.branches.indices {
            let body = rule.branches[index].body
            var heads = Reads(variables: variables, depth: 0)
            if index == 0 { rule.rest.forEach { heads.add($0) } }
            heads.add(rule.branches[index].value)
            var present = Reads(variables: variables, depth: 0)
            body.forEach { present.add($0) }
            let missing = heads.direct.subtracting(present.direct)
                .subtracting(arguments.direct)
            for local in missing.members {
                report(local, .heads, at: variables[local].place)
            }
            rule.branches[index].body = order(body, depth: 0, bound: arguments.direct)
            if rule.isDefault {
                rule.branches[index].value = term(rule.branches[index].value, 0, rule.span)
            }
        }
    }

    /// - Parameters:
    ///   - depth: How many closures enclose the body.
    ///   - bound: Those of its variables that are bound before it begins. The variables of
    ///     enclosing bodies are, or else are told of there.
    mutating func order(
        _ body: [ResolvedExpression], depth: Int, bound: LocalSet
    ) -> [ResolvedExpression] {
        var safe = bound
        let undeclared = checkPrints(body, depth: depth, bound: bound)
        var pending: [Pending] = []
        pending.reserveCapacity(body.count)
        for (index, expression) in body.enumerated() {
            var reads = Reads(variables: variables, depth: depth)
            if !undeclared.contains(index) { reads.add(expression) }
            pending.append(Pending(expression: expression, reads: reads))
        }
        var ordered: [Pending] = []
        ordered.reserveCapacity(body.count)
        while true {
            take(from: &pending, to: &ordered, depth: depth, safe: &safe)
            guard !pending.isEmpty else { break }
            tell(of: pending, depth: depth, safe: &safe)
        }
        return ordered.map { orderClosures($0, depth: depth) }
    }

    struct Pending {
        let expression: ResolvedExpression
        let reads: Reads
    }

    /// Moves what is ready, until nothing more is.
    private mutating func take(
        from pending: inout [Pending], to ordered: inout [Pending], depth: Int,
        safe: inout LocalSet
    ) {
        var progress = true
        while progress && !pending.isEmpty {
            progress = false
            var rest: [Pending] = []
            for candidate in pending {
                let missing = candidate.reads.direct.subtracting(safe)
                guard candidate.reads.closures.isSubset(of: safe) else {
                    rest.append(candidate)
                    continue
                }
                if !missing.isEmpty {
                    let bindings = Bindings(variables: variables, depth: depth, safe: safe)
                    let outputs = bindings.outputs(of: candidate.expression)
                    guard missing.isSubset(of: outputs) else {
                        rest.append(candidate)
                        continue
                    }
                    let (before, expression) = hoistKeys(
                        of: candidate.expression, missing, bindings)
                    ordered += before.map { self.pending($0, depth) }
                    safe.formUnion(outputs)
                    if !before.isEmpty {
                        ordered.append(self.pending(expression, depth))
                        progress = true
                        continue
                    }
                }
                ordered.append(candidate)
                progress = true
            }
            pending = rest
        }
    }

    /// Takes references that bind variables by iterating out of an expression that also reads
    /// these variables: `f(i, input.xs[i])` is `x = input.xs[i]; f(i, x)`.
    private mutating func hoistKeys(
        of expression: ResolvedExpression, _ missing: LocalSet, _ bindings: Bindings
    ) -> ([ResolvedExpression], ResolvedExpression) {
        guard expression.readsItsKeys(missing) else { return ([], expression) }
        var before: [ResolvedExpression] = []
        var result = expression
        result.replaceNestedReferences { reference in
            guard bindings.bindsKeys(reference, missing) else { return nil }
            let span = expression.span
            variables.append(Variable(label: nil, depth: bindings.depth, place: span.span))
            let local = ResolvedTerm.local(locals.make(nil))
            before.append(
                ResolvedExpression(
                    kind: .unify(local, reference), modifiers: expression.modifiers,
                    span: span))
            return local
        }
        return (before, result)
    }

    // MARK: Mistakes

    /// Reports the variables that keep the rest from being ordered: those that no expression of
    /// it would bind, or where each would be bound by another, all. They count as bound then.
    private mutating func tell(of pending: [Pending], depth: Int, safe: inout LocalSet) {
        var missing = LocalSet()
        for stuck in pending {
            let outputs = Bindings(variables: variables, depth: depth, safe: safe)
                .outputs(of: stuck.expression)
            missing.formUnion(stuck.reads.direct.subtracting(outputs))
            missing.formUnion(stuck.reads.closures)
        }
        missing.subtract(safe)
        // The search for roots takes time by the square; a body this long is told of as a whole.
        let isShort = pending.count < 256
        let roots = !isShort ? [] : missing.members.filter { local in
            var others = safe
            for stuck in pending { others.formUnion(stuck.reads.all) }
            others.remove(local)
            let bindings = Bindings(variables: variables, depth: depth, safe: others)
            return !pending.contains { bindings.outputs(of: $0.expression).contains(local) }
        }
        let told = roots.isEmpty ? missing.members : roots
        for local in told {
            safe.insert(local)
            let shown = pending.compactMap { $0.expression.template(showing: local) }
            if let place = shown.first {
                reportUndeclared(local, at: place.span)
                continue
            }
            let places = pending.compactMap {
                $0.reads.all.contains(local) ? $0.expression.place(reading: local) : nil
            }
            let first = places.min { $0.span.start < $1.span.start }
            report(local, .bodies, at: first?.span ?? variables[local].place)
        }
    }

    private mutating func report(_ local: LocalID, _ stage: Stage, at span: Span) {
        guard let label = variables[local].label else { return }
        let suffix = nameOnSharedLine.map { " in rule \($0)" } ?? ""
        let diagnostic = Diagnostic(
            code: .unsafeVariable, message: "var \(label) is unsafe\(suffix)", file: file,
            span: span, hint: hint(for: label))
        mistakes.append(Mistake(stage: stage, diagnostic: diagnostic))
    }

    /// A name one slip away from an unbound variable, or the keyword that it may have been meant
    /// to be.
    private func hint(for label: String) -> String? {
        if ["in", "every", "contains", "if"].contains(label) {
            return "`import future.keywords.\(label)` to import a future keyword"
        }
        let near = (variables.compactMap(\.label) + names().sorted())
            .first { $0 != label && isNear(label, $0) }
        return near.map { "did you mean `\($0)`?" }
    }

    private mutating func reportUndeclared(_ local: LocalID, at span: Span) {
        guard let label = variables[local].label else { return }
        let diagnostic = Diagnostic(
            code: .compile, message: "var \(label) is undeclared", file: file, span: span)
        mistakes.append(Mistake(stage: .shown, diagnostic: diagnostic))
    }

    /// What `print` shows must be bound by the expressions written before it.
    /// - Returns: The positions of those that show something else.
    private mutating func checkPrints(
        _ body: [ResolvedExpression], depth: Int, bound: LocalSet
    ) -> Set<Int> {
        guard body.contains(where: { $0.printed != nil }) else { return [] }
        var refused = Set<Int>()
        var safe = bound
        for (index, expression) in body.enumerated() {
            for shown in expression.printed ?? [] {
                guard case .setComprehension(_, let capture) = shown else { continue }
                var reads = Reads(variables: variables, depth: depth)
                reads.add(shown)
                for local in reads.closures.subtracting(safe).members {
                    refused.insert(index)
                    reportUndeclared(local, at: capture[0].span.span)
                }
            }
            safe.formUnion(
                Bindings(variables: variables, depth: depth, safe: safe).outputs(of: expression))
        }
        return refused
    }

    // MARK: Closures

    private mutating func orderClosures(_ ordered: Pending, depth: Int) -> ResolvedExpression {
        var expression = ordered.expression
        guard ordered.reads.hasClosures else { return expression }
        let span = expression.span
        switch expression.kind {
        case .term(let term):
            expression.kind = .term(self.term(term, depth, span))
        case .unify(let left, let right):
            let left = term(left, depth, span)
            expression.kind = .unify(left, term(right, depth, span))
        case .not(let body):
            if expression.isShallowNegation {
                let inner = body.map { orderClosures(pending($0, depth), depth: depth) }
                expression.kind = .not(inner)
            } else {
                expression.kind = .not(order(body, depth: depth + 1, bound: LocalSet()))
            }
        case .and(let left, let right):
            let left = order(left, depth: depth + 1, bound: LocalSet())
            expression.kind = .and(left, order(right, depth: depth + 1, bound: LocalSet()))
        case .or(let left, let right):
            let left = order(left, depth: depth + 1, bound: LocalSet())
            expression.kind = .or(left, order(right, depth: depth + 1, bound: LocalSet()))
        case .every(let key, let value, let domain, let body):
            var bound = LocalSet()
            bound.insert(key)
            bound.insert(value)
            expression.kind = .every(
                key: key, value: value, domain: term(domain, depth, span),
                body: order(body, depth: depth + 1, bound: bound))
        }
        return expression
    }

    private func pending(_ expression: ResolvedExpression, _ depth: Int) -> Pending {
        var reads = Reads(variables: variables, depth: depth)
        reads.add(expression)
        return Pending(expression: expression, reads: reads)
    }

    private mutating func term(
        _ term: ResolvedTerm, _ depth: Int, _ span: ResolvedSpan
    ) -> ResolvedTerm {
        switch term {
        case .null, .boolean, .number, .string, .local, .input, .data: return term
        case .reference(let head, let path):
            let head = self.term(head, depth, span)
            return .reference(head, path.map { self.term($0, depth, span) })
        case .call(let callee, let arguments, let place):
            return .call(callee, arguments.map { self.term($0, depth, place) }, place)
        case .array(let elements): return .array(elements.map { self.term($0, depth, span) })
        case .set(let elements): return .set(elements.map { self.term($0, depth, span) })
        case .object(let pairs):
            return .object(
                pairs.map { (self.term($0.key, depth, span), self.term($0.value, depth, span)) })
        case .arrayComprehension(let head, let body):
            return .arrayComprehension(head, closure([head], body, depth, span))
        case .setComprehension(let head, let body):
            return .setComprehension(head, closure([head], body, depth, span))
        case .objectComprehension(let key, let value, let body):
            return .objectComprehension(
                key: key, value: value, closure([key, value], body, depth, span))
        }
    }

    private mutating func closure(
        _ heads: [ResolvedTerm], _ body: [ResolvedExpression], _ depth: Int, _ span: ResolvedSpan
    ) -> [ResolvedExpression] {
        var read = Reads(variables: variables, depth: depth + 1)
        heads.forEach { read.add($0) }
        var present = Reads(variables: variables, depth: depth + 1)
        body.forEach { present.add($0) }
        for local in read.direct.subtracting(present.direct).members {
            report(local, .bodies, at: span.span)
        }
        return order(body, depth: depth + 1, bound: LocalSet())
    }
}

extension ResolvedExpression {
    /// What a `print` shows.
    fileprivate var printed: [ResolvedTerm]? {
        guard case .term(.call(.builtin("internal.print"), let arguments, _)) = kind,
            case .array(let shown)? = arguments.first
        else { return nil }
        return shown
    }
}
