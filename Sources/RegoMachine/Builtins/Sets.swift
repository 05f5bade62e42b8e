extension Builtin {
    package static let sets: [Builtin] = [
        Builtin("intersection", [.set(.set(.any))], .set(.any), run: Sets.intersection),
        Builtin("union", [.set(.set(.any))], .set(.any), run: Sets.union),
        Builtin(
            "set_diff", [.set(.any), .set(.any)], .set(.any), [.deprecated], run: Sets.difference),
    ]
}

enum Sets {
    static func intersection(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let sets = try checkedSets(operands[0])
        guard let smallest = sets.min(by: { $0.members.count < $1.members.count }) else {
            return try .set(in: context.arena)
        }
        let shared = try Value.set(capacity: smallest.members.count, in: context.arena)
        for member in smallest.members {
            try context.charge(sets.count)
            if sets.allSatisfy({ $0.holds(member, in: context.arena) }) {
                try shared.insert(member, in: context.arena)
            }
        }
        return shared
    }

    static func union(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let sets = try checkedSets(operands[0])
        let capacity = sets.map { $0.members.count }.max() ?? 0
        let all = try Value.set(capacity: capacity, in: context.arena)
        for set in sets {
            try context.charge(1 + set.members.count)
            for member in set.members { try all.insert(member, in: context.arena) }
        }
        return all
    }

    static func difference(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let rest = try Value.set(in: context.arena)
        try context.charge(operands[0].members.count)
        for member in operands[0].members where !operands[1].holds(member, in: context.arena) {
            try rest.insert(member, in: context.arena)
        }
        return rest
    }

    private static func checkedSets(_ operand: Value) throws(BuiltinError) -> Elements {
        for member in operand.members where member.kind != .set {
            throw .operand(position: 1, expected: ["set"], got: member.typeName)
        }
        return operand.members
    }
}
