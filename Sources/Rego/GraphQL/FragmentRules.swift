import RegoMachine

/// Fragments, names and subscriptions.
extension GraphQL.QueryRules {
    func checkNames() throws(Failure) {
        var names: Set<String> = []
        for operation in document.operations {
            if operation.name.isEmpty && document.operations.count > 1 {
                throw .refused(
                    "This anonymous operation must be the only defined operation.",
                    operation.position)
            }
            if !names.insert(operation.name).inserted {
                throw .refused(
                    "There can be only one operation named \"\(operation.name)\".",
                    operation.position)
            }
        }
        names = []
        for fragment in document.fragments where !names.insert(fragment.name).inserted {
            throw .refused(
                "There can be only one fragment named \"\(fragment.name)\".", fragment.position)
        }
    }

    mutating func check(
        _ spread: GraphQL.Spread, _ parent: GraphQL.Definition
    ) throws(Failure) {
        guard let fragment = fragments[spread.name] else {
            throw .refused("Unknown fragment \"\(spread.name)\".", spread.position)
        }
        try check(spread.directives, "FRAGMENT_SPREAD")
        guard let type = schema.types[fragment.typeCondition], type.kind.isComposite else {
            throw .refused(
                "Fragment \"\(fragment.name)\" cannot condition on non composite type "
                    + "\"\(fragment.typeCondition)\".", fragment.position)
        }
        guard try mayMeet(parent, type) else {
            throw .refused(
                "Fragment \"\(spread.name)\" cannot be spread here as objects of type "
                    + "\"\(parent.name)\" can never be of type \"\(type.name)\".", spread.position)
        }
        if operation != nil { usedFragments.insert(spread.name) }
        guard self.spread.insert(spread.name).inserted else { return }
        try check(fragment.directives, "FRAGMENT_DEFINITION")
        try check(fragment.selections, type)
    }

    mutating func check(
        _ fragment: GraphQL.InlineFragment, _ parent: GraphQL.Definition
    ) throws(Failure) {
        try check(fragment.directives, "INLINE_FRAGMENT")
        guard !fragment.typeCondition.isEmpty else {
            return try check(fragment.selections, parent)
        }
        guard let type = schema.types[fragment.typeCondition] else {
            throw .refused("Unknown type \"\(fragment.typeCondition)\".", fragment.position)
        }
        guard type.kind.isComposite else {
            throw .refused(
                "Fragment cannot condition on non composite type \"\(type.name)\".",
                fragment.position)
        }
        guard try mayMeet(parent, type) else {
            throw .refused(
                "Fragment cannot be spread here as objects of type \"\(parent.name)\" can never "
                    + "be of type \"\(type.name)\".", fragment.position)
        }
        try check(fragment.selections, type)
    }

    /// Whether an object may be of both types.
    func mayMeet(
        _ one: GraphQL.Definition, _ other: GraphQL.Definition
    ) throws(Failure) -> Bool {
        let left = one.kind == .object ? [one.name] : schema.possibleTypes[one.name] ?? []
        let right = schema.possibleTypes[other.name] ?? []
        try GraphQL.charge(min(left.count, right.count), context)
        return !left.isDisjoint(with: right)
    }

    /// Fragments must not reach themselves. Depth first, with a stack of its own.
    func checkFragmentCycles() throws(Failure) {
        let reached = fragments.mapValues { $0.selections.spreads }
        var done: Set<String> = []
        for fragment in document.fragments where done.insert(fragment.name).inserted {
            var path: [(name: String, next: Int)] = [(fragment.name, 0)]
            var open: Set<String> = [fragment.name]
            while let (name, number) = path.last {
                try GraphQL.charge(1, context)
                let spreads = reached[name] ?? []
                guard number < spreads.count else {
                    path.removeLast()
                    open.remove(name)
                    continue
                }
                path[path.count - 1].next += 1
                let target = spreads[number].name
                if open.contains(target) {
                    throw .refused(
                        "Cannot spread fragment \"\(target)\" within itself.",
                        spreads[number].position)
                }
                if path.count >= GraphQL.nestingMax { throw .tooDeep(spreads[number].position) }
                if done.insert(target).inserted {
                    path.append((target, 0))
                    open.insert(target)
                }
            }
        }
    }

    func checkSubscription(_ operation: GraphQL.Operation) throws(Failure) {
        guard operation.kind == "subscription" else { return }
        var fields: [GraphQL.Field] = []
        var seen: Set<String> = []
        collect(operation.selections, &fields, &seen)
        let named =
            operation.name.isEmpty
            ? "Anonymous Subscription" : "Subscription \(Quoted.text(operation.name))"
        for field in fields where field.name != fields[0].name {
            throw .refused("\(named) must select only one top level field.", field.position)
        }
        for field in fields where field.name.hasPrefix("__") {
            throw .refused(
                "\(named) must not select an introspection top level field.", field.position)
        }
    }

    private func collect(
        _ selections: [GraphQL.Selection], _ fields: inout [GraphQL.Field],
        _ seen: inout Set<String>
    ) {
        for selection in selections {
            switch selection {
            case .field(let field): fields.append(field)
            case .inline(let fragment): collect(fragment.selections, &fields, &seen)
            case .spread(let spread):
                guard seen.insert(spread.name).inserted else { continue }
                collect(fragments[spread.name]?.selections ?? [], &fields, &seen)
            }
        }
    }
}

extension [GraphQL.Selection] {
    /// Every fragment that is spread anywhere within.
    var spreads: [GraphQL.Spread] {
        flatMap { selection -> [GraphQL.Spread] in
            switch selection {
            case .field(let field): field.selections.spreads
            case .inline(let fragment): fragment.selections.spreads
            case .spread(let spread): [spread]
            }
        }
    }
}
