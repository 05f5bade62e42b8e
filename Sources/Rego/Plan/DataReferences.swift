import RegoMachine

/// References into `data`: rules where there are rules, base documents elsewhere, both merged where
/// a reference ends above rules.
extension FunctionPlanner {
    func dataReference(_ path: [ResolvedTerm]) -> IROperand {
        var node = RuleTree.root
        var prefix: [String] = []
        while true {
            let rest = path[prefix.count...]
            if planner.tree.hasRules(node) { return rules(prefix, rest) }
            guard let next = rest.first else { return extent(prefix, node) }
            if case .number = next { return baseReference(prefix, rest) }
            guard case .string(let name) = next else { return dynamic(node, prefix, rest) }
            guard let child = documents(node, prefix, name) else {
                return baseReference(prefix, rest)
            }
            node = child
            prefix.append(name)
        }
    }

    /// What stands in the base document. Its paths are OPA's storage paths: `data.a[2]` is element
    /// 2 of an array, or the key `"2"` of an object.
    private func baseReference(
        _ prefix: [String], _ rest: ArraySlice<ResolvedTerm>
    ) -> IROperand {
        var found = walk(FunctionPlanner.data, prefix)
        for element in rest {
            guard case .number(let text) = element else {
                found = walk(found, [element])
                continue
            }
            let source = found
            found = firstDefined([
                { self.walk(source, [element]) }, { self.walk(source, [text]) },
            ])
        }
        return found
    }

    private func walk(_ source: IROperand, _ path: [String]) -> IROperand {
        walk(source, path.map { ResolvedTerm.string($0) }[...])
    }

    /// The child that documents of rules stand at or below, unless a `with` hides them.
    private func documents(_ node: Int, _ prefix: [String], _ name: String) -> Int? {
        guard let child = planner.tree.child(node, name),
            planner.tree.holdsDocuments(child),
            !planner.isShadowed(prefix + [name], environment: environment)
        else { return nil }
        return child
    }

    private func children(_ node: Int, _ prefix: [String]) -> [(name: String, node: Int)] {
        planner.tree.names(node).compactMap { name in
            documents(node, prefix, name).map { (name, $0) }
        }
    }

    /// What rules give at a path, or of partial objects what stands at keys that are bound.
    private func rules(_ path: [String], _ rest: ArraySlice<ResolvedTerm>) -> IROperand {
        let called = Planner.FunctionKey(kind: .rules, path: path, environment: environment)
        guard planner.givesEntries(at: path) else { return walk(call(called), rest) }
        let keys = rest.prefix { !isPattern($0) }.map { term($0) }
        var found = call(called, keys: keys)
        for key in keys {
            let next = newLocal()
            emit(.dot(found, key: key, target: next))
            found = .local(next)
        }
        return walk(found, rest.dropFirst(keys.count))
    }

    private func call(_ key: Planner.FunctionKey, keys: [IROperand] = []) -> IROperand {
        let result = newLocal()
        emit(
            .call(
                planner.name(of: key), [FunctionPlanner.input, FunctionPlanner.data],
                result: result), keys: keys)
        return .local(result)
    }

    private func extent(_ path: [String], _ node: Int) -> IROperand {
        if children(node, path).isEmpty && !planner.tree.holdsDocuments(node) {
            return walk(FunctionPlanner.data, path)
        }
        return call(.init(kind: .extent, path: path, environment: environment))
    }

    /// Plans the body of an extent's function.
    func extent(_ path: [String], into result: IRLocal) {
        let virtual = newLocal()
        emit(.makeObject(target: virtual))
        let node = planner.tree.node(at: path) ?? RuleTree.root
        for child in children(node, path) {
            block {
                let value = dataReference((path + [child.name]).map { .string($0) })
                emit(.objectInsert(key: string(child.name), value, object: virtual))
            }
        }
        let base = newLocal()
        emit(.resetLocal(base))
        block { emit(.assignVar(walk(FunctionPlanner.data, path), target: base)) }
        emit(.objectMerge(base, virtual, target: result))
    }

    /// A reference whose next element is no constant, above rules.
    private func dynamic(
        _ node: Int, _ prefix: [String], _ path: ArraySlice<ResolvedTerm>
    ) -> IROperand {
        guard let element = path.first else { return extent(prefix, node) }
        let rest = path.dropFirst()
        let children = children(node, prefix)
        if children.isEmpty { return walk(walk(FunctionPlanner.data, prefix), path) }
        let key: IROperand
        if isPattern(element) {
            key = scan(keys(of: children.map(\.name), prefix)).key
            unify(element, with: key)
        } else {
            key = term(element)
        }
        if let found = indirect(children, prefix, key, rest) { return found }
        // Where the rest iterates it must do so after the alternatives have become one value.
        let depth = rest.prefix { !isPattern($0) && !iterates($0) }.count
        let steady = Array(rest.prefix(depth))
        let found = firstDefined(
            children.map { child in
                {
                    self.emit(.equal(key, self.string(child.name)))
                    return self.dataReference(
                        (prefix + [child.name]).map { .string($0) } + steady)
                }
            } + [
                {
                    let entry = self.newLocal()
                    let base = self.walk(FunctionPlanner.data, prefix)
                    self.emit(.dot(base, key: key, target: entry))
                    return self.walk(.local(entry), steady[...])
                }
            ])
        return walk(found, rest.dropFirst(depth))
    }

    /// Whether evaluating a key may give several.
    private func iterates(_ term: ResolvedTerm) -> Bool {
        switch term {
        case .null, .boolean, .number, .string, .local, .input: false
        default: true
        }
    }

    /// The names that rules and base documents have at a path, as a set.
    private func keys(of names: [String], _ prefix: [String]) -> IROperand {
        let keys = newLocal()
        emit(.makeSet(target: keys))
        for name in names { emit(.setAdd(string(name), set: keys)) }
        block {
            let entry = scan(walk(FunctionPlanner.data, prefix))
            emit(.setAdd(entry.key, set: keys))
        }
        return .local(keys)
    }

    /// One call by path, where every child that has rules at the same constant path below has them
    /// exactly there; `nil` where that is not so.
    private func indirect(
        _ children: [(name: String, node: Int)], _ prefix: [String], _ key: IROperand,
        _ rest: ArraySlice<ResolvedTerm>
    ) -> IROperand? {
        guard children.count > 4, let length = ruleDepth(children, prefix, rest) else {
            return nil
        }
        let below = rest.prefix(length).map { term($0) }
        for child in children { planRules(child, prefix, rest.prefix(length)) }
        let path = planner.dynamicPath(prefix, environment: environment)
        let called: () -> IROperand = {
            let result = self.newLocal()
            self.emit(
                .callDynamic(
                    path: path.map { self.string($0) } + [key] + below, [0, 1], result: result))
            return .local(result)
        }
        let base: () -> IROperand = {
            var found = self.walk(FunctionPlanner.data, prefix)
            for operand in [key] + below {
                let next = self.newLocal()
                self.emit(.dot(found, key: operand, target: next))
                found = .local(next)
            }
            return found
        }
        return walk(firstDefined([called, base]), rest.dropFirst(length))
    }

    /// How far below each child its rules stand.
    private func ruleDepth(
        _ children: [(name: String, node: Int)], _ prefix: [String],
        _ rest: ArraySlice<ResolvedTerm>
    ) -> Int? {
        var depth: Int?
        for child in children {
            var node = child.node
            var length = 0
            var path = prefix + [child.name]
            while !planner.tree.hasRules(node) {
                guard length < rest.count,
                    case .string(let name) = rest[rest.startIndex + length]
                else { return nil }
                guard let next = documents(node, path, name) else { break }
                node = next
                path.append(name)
                length += 1
            }
            if !planner.tree.hasRules(node) { continue }
            if let known = depth, known != length { return nil }
            depth = length
        }
        return depth
    }

    private func planRules(
        _ child: (name: String, node: Int), _ prefix: [String], _ rest: ArraySlice<ResolvedTerm>
    ) {
        var path = prefix + [child.name]
        for element in rest {
            if case .string(let name) = element { path.append(name) }
        }
        guard let node = planner.tree.node(at: path),
            planner.tree.hasRules(node),
            !planner.isShadowed(path, environment: environment)
        else { return }
        _ = planner.name(of: .init(kind: .rules, path: path, environment: environment))
    }
}
