import RegoMachine

/// Plans the function of a rule path: a block for each rule, one for the default, one to return.
struct RulePlanner {
    let planner: Planner
    let key: Planner.FunctionKey
    /// No two rules of a function share a local, so that each is known by its one statement.
    private var firstLocal: IRLocal = 0

    init(_ planner: Planner, _ key: Planner.FunctionKey) {
        self.planner = planner
        self.key = key
    }

    mutating func function(_ name: String, _ rules: [ResolvedRule]) -> IRFunction {
        let operands = rules.first { !$0.isDefault }?.arguments.count
            ?? rules.first?.arguments.count ?? 0
        let result = IRLocal(2 + operands)
        firstLocal = result + 1
        var blocks: [IRBlock] = []
        if let prepared = preparation(rules, result) { blocks.append(prepared) }
        for rule in rules where !rule.isDefault { blocks.append(block(rule, result)) }
        for rule in rules where rule.isDefault { blocks.append(defaultBlock(rule, result)) }
        blocks.append(IRBlock([IRStatement(.returnLocal(result), .none)]))
        return IRFunction(
            name: name, parameters: Array(0..<IRLocal(2 + operands)), result: result,
            blocks: blocks,
            path: key.kind == .rules
                ? planner.dynamicPath(key.path, environment: key.environment) : [])
    }

    /// Sets and partial objects are there, empty, before their first rule has a value.
    private func preparation(_ rules: [ResolvedRule], _ result: IRLocal) -> IRBlock? {
        if rules.contains(where: { !$0.rest.isEmpty }) {
            return IRBlock([IRStatement(.makeObject(target: result), .none)])
        }
        if rules.contains(where: { $0.kind == .member }) {
            return IRBlock([IRStatement(.makeSet(target: result), .none)])
        }
        return nil
    }

    private mutating func block(_ rule: ResolvedRule, _ result: IRLocal) -> IRBlock {
        let body = FunctionPlanner(
            planner, locals: rule.locals, environment: key.environment, firstLocal: firstLocal)
        defer { firstLocal = body.nextLocal }
        return body.nested {
            body.at(rule.span)
            for (position, pattern) in rule.arguments.enumerated() {
                body.unify(pattern, with: .local(IRLocal(2 + position)))
            }
            if rule.rest.isEmpty && rule.kind != .member {
                value(rule, body, result)
            } else {
                entry(rule, body, result)
            }
        }
    }

    private func value(_ rule: ResolvedRule, _ body: FunctionPlanner, _ result: IRLocal) {
        if rule.branches.count == 1 {
            body.body(rule.branches[0].body)
            let value = body.term(rule.branches[0].value)
            body.at(rule.span)
            body.emit(.assignVarOnce(value, target: result))
            return
        }
        let chosen = body.newLocal()
        body.emit(.resetLocal(chosen))
        for (number, branch) in rule.branches.enumerated() {
            body.block {
                if number > 0 { body.emit(.isUndefined(chosen)) }
                body.body(branch.body)
                let value = body.term(branch.value)
                body.at(branch.span)
                body.emit(.assignVarOnce(value, target: chosen))
            }
        }
        body.at(rule.span)
        body.emit(.isDefined(chosen))
        body.emit(.assignVarOnce(.local(chosen), target: result))
    }

    /// An entry of a partial object or set, perhaps deep inside it.
    private func entry(_ rule: ResolvedRule, _ body: FunctionPlanner, _ result: IRLocal) {
        let depth = rule.kind == .member ? rule.rest.count : rule.rest.count - 1
        // They hold what outlives the loops of the body, so they begin outside of these.
        let levels = (0..<depth).map { _ in body.newLocal() }
        for level in levels { body.emit(.resetLocal(level)) }
        body.body(rule.branches[0].body)
        let keys = rule.rest.map { body.term($0) }
        let value = body.term(rule.branches[0].value)
        body.at(rule.span)
        var container = result
        for (number, level) in levels.enumerated() {
            let isSet = rule.kind == .member && number == levels.count - 1
            descend(body, from: container, keys[number], to: level, isSet: isSet)
            container = level
        }
        if rule.kind == .member {
            body.emit(.setAdd(value, set: container))
        } else {
            body.emit(
                .objectInsertOnce(key: keys[keys.count - 1], value, object: container))
        }
    }

    /// `level` := what stands at a key, made where nothing does.
    private func descend(
        _ body: FunctionPlanner, from container: IRLocal, _ key: IROperand, to level: IRLocal,
        isSet: Bool
    ) {
        body.emit(.resetLocal(level))
        body.block {
            let found = body.newLocal()
            body.emit(.dot(.local(container), key: key, target: found))
            body.emit(.assignVar(.local(found), target: level))
        }
        body.block {
            body.emit(.isUndefined(level))
            body.emit(isSet ? .makeSet(target: level) : .makeObject(target: level))
            body.emit(.objectInsert(key: key, .local(level), object: container))
        }
    }

    private mutating func defaultBlock(_ rule: ResolvedRule, _ result: IRLocal) -> IRBlock {
        let body = FunctionPlanner(
            planner, locals: rule.locals, environment: key.environment, firstLocal: firstLocal)
        defer { firstLocal = body.nextLocal }
        return body.nested {
            body.at(rule.span)
            body.emit(.isUndefined(result))
            body.emit(.assignVarOnce(body.term(rule.branches[0].value), target: result))
        }
    }
}
