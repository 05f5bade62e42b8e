extension Builtin {
    package static let objects: [Builtin] = [
        Builtin(
            "object.filter", [.object(.any, .any), collection], .object(.any, .any),
            [.checksOperands], run: Objects.filter),
        Builtin("object.get", [.object(.any, .any), .any, .any], .any, run: Objects.get),
        Builtin("object.keys", [.object(.any, .any)], .set(.any), run: Objects.keys),
        Builtin(
            "object.remove", [.object(.any, .any), collection], .object(.any, .any),
            [.checksOperands], run: Objects.remove),
        Builtin("object.subset", [collection, collection], .boolean, run: Objects.subset),
        Builtin(
            "object.union", [.object(.any, .any), .object(.any, .any)], .object(.any, .any),
            run: Objects.union),
        Builtin(
            "object.union_n", [.array(of: .object(.any, .any))], .object(.any, .any),
            run: Objects.unionOfMany),
    ]

    private static let collection = TypeDeclaration.anyOf([
        .array(of: .any), .object(.any, .any), .set(.any),
    ])
}

enum Objects {
    /// A path of keys goes into objects, arrays and sets; the empty path gives the object.
    static func get(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var found = operands[0]
        guard operands[1].kind == .array else {
            found = found.element(operands[1], arena: context.arena)
            return found.isUndefined ? operands[2] : found
        }
        for key in operands[1].elements {
            try context.charge(1)
            found = found.element(key, arena: context.arena)
            if found.isUndefined { return operands[2] }
        }
        return found
    }

    static func keys(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let entries = operands[0].entries
        try context.charge(entries.count)
        let keys = try Value.set(capacity: entries.count, in: context.arena)
        for entry in entries { try keys.insert(entry.key, in: context.arena) }
        return keys
    }

    static func filter(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try select(operands, context, listed: true)
    }

    static func remove(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try select(operands, context, listed: false)
    }

    /// The entries whose keys are among the second operand's, or those whose keys are not.
    private static func select(
        _ operands: Operands, _ context: BuiltinContext, listed: Bool
    ) throws(BuiltinError) -> Value {
        try operands.check(0, is: ["object"])
        try operands.check(1, is: ["object", "set", "array"])
        var keys = operands[1]
        if keys.kind == .array {
            try context.charge(keys.elements.count)
            keys = try .set(keys.elements, in: context.arena)
        }
        let selected = try Value.object(in: context.arena)
        for entry in operands[0].entries {
            try context.charge(1)
            guard keys.holds(entry.key, in: context.arena) == listed else { continue }
            try selected.insert(entry.key, entry.value, in: context.arena)
        }
        return selected
    }
}

extension Objects {
    static func union(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try merge(operands[0], operands[1], context)
    }

    /// Later objects win; where two values are objects, they are merged in turn.
    static func unionOfMany(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let objects = operands[0].elements
        for element in objects where element.kind != .object {
            throw .element(1, of: operands[0], expected: "object", got: element)
        }
        let merged = try Value.object(in: context.arena)
        for object in objects { try merge(object, into: merged, context) }
        return merged
    }

    private static func merge(
        _ left: Value, _ right: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(left.entries.count)
        let merged = try left.copied(in: context.arena)
        try merge(right, into: merged, context)
        return merged
    }

    private static func merge(
        _ object: Value, into merged: Value, _ context: BuiltinContext
    ) throws(BuiltinError) {
        for entry in object.entries {
            try context.charge(1)
            var value = entry.value
            let existing = merged.element(entry.key, arena: context.arena)
            if existing.kind == .object && value.kind == .object {
                value = try merge(existing, value, context)
            }
            try merged.insert(entry.key, value, in: context.arena)
        }
    }
}

extension Objects {
    static func subset(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        if operands[0].kind == .array && operands[1].kind == .set {
            return .boolean(try holdsAll(operands[0].elements, operands[1], context))
        }
        guard operands[0].kind == operands[1].kind else {
            throw .operandContent(
                position: 2, message: "must be of the same type as operand 1 or array and set")
        }
        return .boolean(try isSubset(operands[1], of: operands[0], context))
    }

    /// Objects key by key and in depth, sets and arrays by the equality of what they hold; an
    /// array must stand in the other one as a whole.
    private static func isSubset(
        _ part: Value, of whole: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bool {
        switch (whole.kind, part.kind) {
        case (.object, .object):
            for entry in part.entries {
                try context.charge(1)
                let other = whole.element(entry.key, arena: context.arena)
                if other.isUndefined { return false }
                if try !isSubset(entry.value, of: other, context) { return false }
            }
            return true
        case (.set, .set):
            try context.charge(part.members.count)
            return part.members.allSatisfy { whole.holds($0, in: context.arena) }
        case (.array, .array): return try isRun(part.elements, in: whole.elements, context)
        default: return part == whole
        }
    }

    private static func isRun(
        _ part: Elements, in whole: Elements, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bool {
        guard part.count <= whole.count else { return false }
        for start in 0...(whole.count - part.count) {
            var matched = 0
            while matched < part.count && whole[start + matched] == part[matched] { matched += 1 }
            try context.charge(1 + matched)
            if matched == part.count { return true }
        }
        return false
    }

    private static func holdsAll(
        _ elements: Elements, _ set: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bool {
        try context.charge(elements.count)
        let seen = try Value.set(elements, in: context.arena)
        return set.members.allSatisfy { seen.holds($0, in: context.arena) }
    }
}
