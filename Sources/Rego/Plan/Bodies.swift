import RegoMachine

/// Expressions and unification.
extension FunctionPlanner {
    func body(_ expressions: [ResolvedExpression]) {
        for expression in expressions {
            at(expression.span)
            mark(expression.span)
            if expression.modifiers.isEmpty {
                plan(expression.kind)
            } else {
                planWith(expression)
            }
            markSolution(expression.span)
        }
    }

    func plan(_ kind: ResolvedExpression.Kind) {
        switch kind {
        case .term(let term): succeed(self.term(term))
        case .unify(let left, let right): unify(left, right)
        case .not(let body): negate { self.body(body) }
        case .and(let left, let right):
            succeed(once: [left])
            succeed(once: [right])
        case .or(let left, let right): succeed(once: [left, right])
        case .every(let key, let value, let domain, let body):
            every(key, value, term(domain), body)
        }
    }

    private func succeed(_ operand: IROperand) {
        if operand != .boolean(true) { emit(.notEqual(operand, .boolean(false))) }
    }

    /// One success where any of the bodies has a solution.
    private func succeed(once bodies: [[ResolvedExpression]]) {
        _ = firstDefined(
            bodies.map { body in
                {
                    self.body(body)
                    return .boolean(true)
                }
            })
    }

    private func every(
        _ key: LocalID, _ value: LocalID, _ domain: IROperand, _ body: [ResolvedExpression]
    ) {
        // What cannot be iterated over has no answer, not an empty one.
        emit(.len(domain, target: newLocal()))
        negate {
            let entry = scan(domain)
            bind(key, entry.key)
            bind(value, entry.value)
            negate { self.body(body) }
        }
    }

    /// Succeeds where `body` has no solution. One that iterates says by a flag that it had one,
    /// since the end of an iteration says nothing.
    private func negate(_ body: () -> Void) {
        let found = newLocal()
        var iterates = false
        let block = nested {
            let depth = open.count
            body()
            iterates = open.count > depth
            if iterates { emit(.assignVar(.boolean(true), target: found)) }
        }
        if iterates {
            emit(.resetLocal(found))
            emit(.block([block]))
            emit(.isUndefined(found))
        } else {
            emit(.not(block))
        }
    }
}

extension FunctionPlanner {
    func unify(_ left: ResolvedTerm, _ right: ResolvedTerm) {
        if case .local(let variable) = left, bound[variable] == nil {
            assign(variable, term(right))
        } else if case .local(let variable) = right, bound[variable] == nil {
            assign(variable, term(left))
        } else if !isPattern(left) && !isPattern(right) {
            let first = term(left)
            emit(.equal(first, term(right)))
        } else {
            unifyPatterns(left, right)
        }
    }

    /// Binds a variable, which finding the value may have bound: `x = input.xs[x]`.
    private func assign(_ variable: LocalID, _ value: IROperand) {
        if let known = bound[variable] {
            emit(.equal(known, value))
        } else {
            bind(variable, value)
        }
    }

    private func unifyPatterns(_ left: ResolvedTerm, _ right: ResolvedTerm) {
        guard isPattern(left) && isPattern(right) else {
            if isPattern(left) {
                unify(left, with: term(right))
            } else {
                unify(right, with: term(left))
            }
            return
        }
        switch (left, right) {
        case (.array(let first), .array(let second)):
            guard first.count == second.count else { return fail(first + second) }
            unifyPairs(Array(zip(first, second)))
        case (.object(let first), .object(let second)):
            unifyObjects(first, second)
        default: fail([left, right])
        }
    }

    /// Pairs in an order in which each has at most one side unbound.
    private func unifyPairs(_ pairs: [(ResolvedTerm, ResolvedTerm)]) {
        var waiting = pairs
        while !waiting.isEmpty {
            let ready = waiting.firstIndex { !(isPattern($0.0) && isPattern($0.1)) } ?? 0
            let pair = waiting.remove(at: ready)
            unify(pair.0, pair.1)
        }
    }

    private func unifyObjects(
        _ left: [(key: ResolvedTerm, value: ResolvedTerm)],
        _ right: [(key: ResolvedTerm, value: ResolvedTerm)]
    ) {
        guard left.count == right.count else { return fail((left + right).map(\.value)) }
        var pairs: [(ResolvedTerm, ResolvedTerm)] = []
        var rest = right
        var unmatched: [(key: ResolvedTerm, value: ResolvedTerm)] = []
        for entry in left {
            if let other = rest.firstIndex(where: { isSameKey($0.key, entry.key) }) {
                pairs.append((entry.value, rest.remove(at: other).value))
            } else {
                unmatched.append(entry)
            }
        }
        if !unmatched.isEmpty {
            // Which keys are the same is known only when they are.
            let sides = (ResolvedTerm.object(unmatched), ResolvedTerm.object(rest))
            guard (unmatched + rest).contains(where: { !isConstant($0.key) }),
                !(isPattern(sides.0) && isPattern(sides.1))
            else { return fail((unmatched + rest).map(\.value)) }
            pairs.append(sides)
        }
        unifyPairs(pairs)
    }

    private func isConstant(_ key: ResolvedTerm) -> Bool {
        switch key {
        case .string, .number, .boolean, .null: true
        default: false
        }
    }

    private func isSameKey(_ left: ResolvedTerm, _ right: ResolvedTerm) -> Bool {
        switch (left, right) {
        case (.string(let first), .string(let second)): first == second
        case (.number(let first), .number(let second)): first == second
        case (.boolean(let first), .boolean(let second)): first == second
        case (.local(let first), .local(let second)): first == second
        case (.null, .null), (.input, .input), (.data, .data): true
        case (.reference(let first, let path), .reference(let second, let other)):
            isSameKey(first, second) && path.count == other.count
                && zip(path, other).allSatisfy { isSameKey($0, $1) }
        default: false
        }
    }

    /// What follows a match that cannot hold is never reached, but it is planned: the variables
    /// that the match would have bound stand for something.
    private func fail(_ patterns: [ResolvedTerm]) {
        emit(.equal(.boolean(true), .boolean(false)))
        giveUp(patterns)
    }

    private func giveUp(_ patterns: [ResolvedTerm]) {
        for pattern in patterns {
            switch pattern {
            case .local(let variable) where bound[variable] == nil:
                bound[variable] = .boolean(false)
            case .array(let elements), .set(let elements): giveUp(elements)
            case .object(let entries): giveUp(entries.flatMap { [$0.key, $0.value] })
            default: break
            }
        }
    }

    /// Matches a value with a term that may hold unbound variables.
    func unify(_ pattern: ResolvedTerm, with value: IROperand) {
        switch pattern {
        case .local(let variable) where bound[variable] == nil: bind(variable, value)
        case .array(let elements) where isPattern(pattern):
            emit(.isArray(value))
            matchLength(value, elements.count)
            for (position, element) in elements.enumerated() {
                match(element, value, at: number(Int64(position)))
            }
        case .object(let entries) where isPattern(pattern):
            emit(.isObject(value))
            matchLength(value, entries.count)
            for entry in entries { match(entry.value, value, at: term(entry.key)) }
        default: emit(.equal(term(pattern), value))
        }
    }

    private func matchLength(_ value: IROperand, _ count: Int) {
        let length = newLocal()
        emit(.len(value, target: length))
        emit(.equal(.local(length), number(Int64(count))))
    }

    private func match(_ pattern: ResolvedTerm, _ value: IROperand, at key: IROperand) {
        let element = newLocal()
        emit(.dot(value, key: key, target: element))
        unify(pattern, with: .local(element))
    }
}
