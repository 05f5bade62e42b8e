import RegoMachine

/// Plans the function of a rule path: a block for each rule, one for the default, one to return.
struct RulePlanner {
    let planner: Planner
    let key: Planner.FunctionKey
    /// No two rules of a function share a local, so that each is known by its one statement.
    private var firstLocal: IRLocal = 0
    /// Where entries of several depths meet: nested objects of the keys that hold containers, so
    /// that no rule reaches into another's value.
    private var shape: IRLocal?

    init(_ planner: Planner, _ key: Planner.FunctionKey) {
        self.planner = planner
        self.key = key
    }

    mutating func function(_ name: String, _ rules: [ResolvedRule]) -> IRFunction {
        let operands = rules.first { !$0.isDefault }?.arguments.count
            ?? rules.first?.arguments.count ?? 0
        let result = IRLocal(2 + operands)
        shape = RulePlanner.mixesDepths(rules) ? result + 1 : nil
        firstLocal = result + 2
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
            let made = [result] + (shape.map { [$0] } ?? [])
            return IRBlock(made.map { IRStatement(.makeObject(target: $0), .none) })
        }
        if rules.contains(where: { $0.kind == .member }) {
            return IRBlock([IRStatement(.makeSet(target: result), .none)])
        }
        return nil
    }

    private static func mixesDepths(_ rules: [ResolvedRule]) -> Bool {
        Set(rules.filter { !$0.isDefault }.map(\.containerDepth)).count > 1
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
            if rule.branches.count == 1, planner.marks == .none {
                body.testEarly(rule.branches[0].body)
            }
            if rule.rest.isEmpty && rule.kind != .member {
                value(rule, body, result)
            } else {
                entry(rule, body, result)
            }
        }
    }

    private func value(_ rule: ResolvedRule, _ body: FunctionPlanner, _ result: IRLocal) {
        let value = value(rule, body)
        body.at(rule.span)
        body.emit(.assignVarOnce(value, target: result))
    }

    /// The value of the first branch that has one.
    private func value(_ rule: ResolvedRule, _ body: FunctionPlanner) -> IROperand {
        if rule.branches.count == 1 {
            body.body(rule.branches[0].body)
            body.mark(rule.branches[0].span, value: rule.branches[0].value)
            return body.term(rule.branches[0].value)
        }
        let chosen = body.newLocal()
        body.emit(.resetLocal(chosen))
        for (number, branch) in rule.branches.enumerated() {
            body.block {
                if number > 0 { body.emit(.isUndefined(chosen)) }
                body.body(branch.body)
                body.mark(branch.span, value: branch.value)
                let value = body.term(branch.value)
                body.at(branch.span)
                body.emit(.assignVarOnce(value, target: chosen))
            }
        }
        body.at(rule.span)
        body.emit(.isDefined(chosen))
        return .local(chosen)
    }

    /// An entry of a partial object or set, perhaps deep inside it.
    private func entry(_ rule: ResolvedRule, _ body: FunctionPlanner, _ result: IRLocal) {
        // They hold what outlives the loops of the body, so they begin outside of these.
        let levels = (0..<rule.containerDepth).map { _ in (body.newLocal(), body.newLocal()) }
        for level in levels {
            body.emit(.resetLocal(level.0))
            body.emit(.resetLocal(level.1))
        }
        let value = value(rule, body)
        let keys = rule.rest.map { body.term($0) }
        body.at(rule.span)
        var container = Container(value: result, shape: shape)
        for (number, level) in levels.enumerated() {
            let inner = Container(value: level.0, shape: shape == nil ? nil : level.1)
            let isSet = rule.kind == .member && number == levels.count - 1
            descend(body, from: container, keys[number], to: inner, isSet: isSet)
            container = inner
        }
        if rule.kind == .member {
            body.emit(.setAdd(value, set: container.value))
        } else {
            body.emit(
                .objectInsertOnce(key: keys[keys.count - 1], value, object: container.value))
        }
    }

    /// An object or set that rules fill, and the shape of what is inside it.
    private struct Container {
        var value: IRLocal
        var shape: IRLocal?
    }

    /// `inner` := what stands at a key, made where nothing does.
    private func descend(
        _ body: FunctionPlanner, from outer: Container, _ key: IROperand, to inner: Container,
        isSet: Bool
    ) {
        body.emit(.resetLocal(inner.value))
        if let shape = inner.shape { body.emit(.resetLocal(shape)) }
        body.block {
            let found = body.newLocal()
            body.emit(.dot(.local(outer.value), key: key, target: found))
            requireContainer(body, outer, key, inner)
            body.emit(.assignVar(.local(found), target: inner.value))
        }
        body.block {
            body.emit(.isUndefined(inner.value))
            body.emit(isSet ? .makeSet(target: inner.value) : .makeObject(target: inner.value))
            body.emit(.objectInsert(key: key, .local(inner.value), object: outer.value))
            if let shape = inner.shape, let around = outer.shape {
                body.emit(.makeObject(target: shape))
                body.emit(.objectInsert(key: key, .local(shape), object: around))
            }
        }
    }

    /// A conflict where what stands at the key is a rule's value.
    private func requireContainer(
        _ body: FunctionPlanner, _ outer: Container, _ key: IROperand, _ inner: Container
    ) {
        guard let shape = inner.shape, let around = outer.shape else { return }
        body.block {
            let found = body.newLocal()
            body.emit(.dot(.local(around), key: key, target: found))
            body.emit(.assignVar(.local(found), target: shape))
        }
        body.block {
            body.emit(.isUndefined(shape))
            let both = body.newLocal()
            body.emit(.resetLocal(both))
            body.emit(.assignVarOnce(.boolean(true), target: both))
            body.emit(.assignVarOnce(.boolean(false), target: both))
        }
    }

    private mutating func defaultBlock(_ rule: ResolvedRule, _ result: IRLocal) -> IRBlock {
        let body = FunctionPlanner(
            planner, locals: rule.locals, environment: key.environment, firstLocal: firstLocal)
        defer { firstLocal = body.nextLocal }
        return body.nested {
            body.at(rule.span)
            body.emit(.isUndefined(result))
            body.mark(rule.span, value: rule.branches[0].value)
            body.emit(.assignVarOnce(body.term(rule.branches[0].value), target: result))
        }
    }
}

extension ResolvedRule {
    /// How many objects and sets an entry lies in, below the rule's own.
    fileprivate var containerDepth: Int { kind == .member ? rest.count : rest.count - 1 }
}
