import RegoMachine

/// `with`: the expression is planned inside blocks in which `input` or `data` are changed, and in
/// an environment that knows what else is replaced.
extension FunctionPlanner {
    func planWith(_ expression: ResolvedExpression) {
        let changes = replacements(expression.modifiers)
        let outerEnvironment = environment
        let outerBound = bound
        let depth = open.count
        let before = open[depth - 1].statements.count
        for change in changes.documents {
            open.append(
                OpenBlock(
                    opener: .with(change.local, path: change.path, value: change.value),
                    location: location))
        }
        environment = planner.environment(
            environment, shadowing: changes.shadows, mocking: changes.mocks)
        plan(expression.kind)
        environment = outerEnvironment
        if open.count == depth + changes.documents.count {
            close(to: depth)
        } else {
            collect(outerBound, depth, before)
        }
    }

    /// The expression iterates: its solutions are gathered inside the `with`, and what follows
    /// iterates over them outside of it.
    private func collect(_ outerBound: [LocalID: IROperand], _ depth: Int, _ before: Int) {
        let variables = bound.keys.filter { outerBound[$0] == nil }.sorted()
        let solutions = newLocal()
        let row = newLocal()
        emit(.makeArray(capacity: Int32(variables.count), target: row))
        for variable in variables {
            if let operand = bound[variable] { emit(.arrayAppend(operand, array: row)) }
        }
        emit(.arrayAppend(.local(row), array: solutions))
        close(to: depth)
        open[depth - 1].statements.insert(
            IRStatement(.makeArray(capacity: 0, target: solutions), location), at: before)
        let solution = scan(.local(solutions)).value
        for (position, variable) in variables.enumerated() {
            let element = newLocal()
            emit(.dot(solution, key: number(Int64(position)), target: element))
            bound[variable] = .local(element)
        }
    }

    private struct Replacements {
        var documents: [(local: IRLocal, path: [Int32], value: IROperand)] = []
        var shadows: [[String]] = []
        var mocks: [Callee: Planner.Mock] = [:]
    }

    private func replacements(_ modifiers: [ResolvedExpression.Modifier]) -> Replacements {
        var made = Replacements()
        for modifier in modifiers {
            switch (modifier.target, modifier.value) {
            case (.input(let path), .term(let term)):
                made.documents.append((0, path.map(planner.string), self.term(term)))
            case (.data(let path), .term(let term)):
                made.documents.append((1, path.map(planner.string), self.term(term)))
                if hidesRules(path) { made.shadows.append(path) }
            case (.callee(let callee), .callee(let other)): made.mocks[callee] = .callee(other)
            case (.callee(let callee), .term(let term)):
                planner.mockCount += 1
                let path = [Planner.mocksKey, "\(planner.mockCount)"].map(planner.string)
                made.documents.append((1, path, self.term(term)))
                made.mocks[callee] = .value(planner.mockCount)
            case (.input, .callee), (.data, .callee):
                preconditionFailure("the passes let only functions replace functions")
            }
        }
        return made
    }

    private func hidesRules(_ path: [String]) -> Bool {
        var node = RuleTree.root
        for name in path {
            guard let child = planner.tree.child(node, name) else { return false }
            node = child
        }
        return true
    }
}
