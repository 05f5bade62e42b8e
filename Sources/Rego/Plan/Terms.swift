import RegoMachine

/// Terms: each becomes an operand; where it has no value, the block ends.
extension FunctionPlanner {
    func term(_ term: ResolvedTerm) -> IROperand {
        switch term {
        case .null:
            let made = newLocal()
            emit(.makeNull(target: made))
            return .local(made)
        case .boolean(let flag): return .boolean(flag)
        case .number(let text): return number(text)
        case .string(let text): return string(text)
        case .local(let variable):
            if let operand = bound[variable] { return operand }
            planner.refuse(variable: locals.names[variable] ?? "_", at: location)
            return .boolean(false)
        case .input:
            emit(.isDefined(0))
            return FunctionPlanner.input
        case .data: return dataReference([])
        case .reference(.data, let path): return dataReference(path)
        case .reference(.input, let path): return walk(FunctionPlanner.input, path[...])
        case .reference(let head, let path): return walk(self.term(head), path[...])
        case .call(let callee, let arguments, let span): return call(callee, arguments, span)
        case .array(let elements): return array(elements)
        case .object(let entries): return object(entries)
        case .set(let members): return set(members)
        case .arrayComprehension, .setComprehension, .objectComprehension:
            return comprehension(term)
        }
    }

    /// Several terms of one expression. Comprehensions come after references, as in OPA: where a
    /// reference is undefined, what a comprehension would fail with is not met. Those come last
    /// that read variables which the others bind by iterating: `x` in `x == input.xs[x]`.
    private func terms(_ terms: [ResolvedTerm]) -> [IROperand] {
        var operands: [IROperand?] = terms.map {
            $0.holdsComprehension || waits($0) ? nil : self.term($0)
        }
        for position in terms.indices
        where operands[position] == nil && !waits(terms[position]) {
            operands[position] = term(terms[position])
        }
        for position in terms.indices where operands[position] == nil {
            operands[position] = term(terms[position])
        }
        return operands.compactMap { $0 }
    }

    private func waits(_ term: ResolvedTerm) -> Bool {
        switch term {
        case .local, .array, .set, .object: isPattern(term)
        case .call(_, let arguments, _): arguments.contains { waits($0) }
        case .reference(let head, let path):
            waits(head)
                || path.contains {
                    if case .local = $0 { false } else { waits($0) }
                }
        default: false
        }
    }

    private func number(_ text: String) -> IROperand {
        if let value = Int64(text), String(value) == text { return number(value) }
        let made = newLocal()
        emit(.makeNumberRef(planner.string(text), target: made))
        return .local(made)
    }

    private func array(_ elements: [ResolvedTerm]) -> IROperand {
        let operands = terms(elements)
        let made = newLocal()
        emit(.makeArray(capacity: Int32(operands.count), target: made))
        for operand in operands { emit(.arrayAppend(operand, array: made)) }
        return .local(made)
    }

    private func set(_ members: [ResolvedTerm]) -> IROperand {
        let operands = terms(members)
        let made = newLocal()
        emit(.makeSet(target: made))
        for operand in operands { emit(.setAdd(operand, set: made)) }
        return .local(made)
    }

    private func object(_ entries: [(key: ResolvedTerm, value: ResolvedTerm)]) -> IROperand {
        let operands = terms(entries.flatMap { [$0.key, $0.value] })
        let made = newLocal()
        emit(.makeObject(target: made))
        // Of equal keys in a literal the last one counts, as in OPA's parser.
        for pair in entries.indices {
            emit(.objectInsert(key: operands[2 * pair], operands[2 * pair + 1], object: made))
        }
        return .local(made)
    }

    private func comprehension(_ term: ResolvedTerm) -> IROperand {
        let made = newLocal()
        switch term {
        case .arrayComprehension(let head, let body):
            emit(.makeArray(capacity: 0, target: made))
            block {
                self.body(body)
                emit(.arrayAppend(self.term(head), array: made))
            }
        case .setComprehension(let head, let body):
            emit(.makeSet(target: made))
            block {
                self.body(body)
                emit(.setAdd(self.term(head), set: made))
            }
        case .objectComprehension(let key, let value, let body):
            emit(.makeObject(target: made))
            block {
                self.body(body)
                let name = self.term(key)
                emit(.objectInsertOnce(key: name, self.term(value), object: made))
            }
        default: preconditionFailure("only comprehensions come here")
        }
        return .local(made)
    }

    /// What stands at a path of a value; unbound variables in the path iterate.
    func walk(_ source: IROperand, _ path: ArraySlice<ResolvedTerm>) -> IROperand {
        var found = source
        for element in path {
            if isPattern(element) {
                let entry = scan(found)
                unify(element, with: entry.key)
                found = entry.value
            } else {
                let key = term(element)
                let next = newLocal()
                emit(.dot(found, key: key, target: next))
                found = .local(next)
            }
        }
        return found
    }

    /// Whether a term holds variables that matching it would bind.
    func isPattern(_ term: ResolvedTerm) -> Bool {
        switch term {
        case .local(let variable): bound[variable] == nil
        case .array(let elements), .set(let elements): elements.contains { isPattern($0) }
        case .object(let entries):
            entries.contains { isPattern($0.value) || isPattern($0.key) }
        default: false
        }
    }
}

extension FunctionPlanner {
    private func call(
        _ callee: Callee, _ arguments: [ResolvedTerm], _ span: ResolvedSpan
    ) -> IROperand {
        let operands = terms(arguments)
        let outer = location
        at(span)
        defer { location = outer }
        if let mock = planner.environments[environment].mocks[callee] {
            switch mock {
            case .callee(let other):
                return call(other, operands, planner.withoutMocks(environment))
            case .value(let number):
                return walk(
                    FunctionPlanner.data, [.string(Planner.mocksKey), .string("\(number)")])
            }
        }
        return call(callee, operands, environment)
    }

    private func call(
        _ callee: Callee, _ operands: [IROperand], _ environment: Int
    ) -> IROperand {
        let result = newLocal()
        switch callee {
        case .builtin(let name):
            emit(.call(name, operands, result: result))
            if name == "walk" { return scan(.local(result)).value }
        case .function(let path):
            let name = planner.name(
                of: .init(kind: .functions, path: path, environment: environment))
            emit(
                .call(
                    name, [FunctionPlanner.input, FunctionPlanner.data] + operands,
                    result: result))
        }
        return .local(result)
    }
}

extension ResolvedTerm {
    /// Whether a comprehension is part of it, outside of calls.
    fileprivate var holdsComprehension: Bool {
        switch self {
        case .arrayComprehension, .setComprehension, .objectComprehension: true
        case .array(let elements), .set(let elements):
            elements.contains { $0.holdsComprehension }
        case .object(let entries):
            entries.contains { $0.key.holdsComprehension || $0.value.holdsComprehension }
        default: false
        }
    }
}
