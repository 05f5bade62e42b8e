extension Builtin {
    package static let arrays: [Builtin] = [
        Builtin(
            "array.concat", [.array(of: .any), .array(of: .any)], .array(of: .any),
            run: Arrays.concat),
        Builtin("array.flatten", [.array(of: .any)], .array(of: .any), run: Arrays.flatten),
        Builtin("array.reverse", [.array(of: .any)], .array(of: .any), run: Arrays.reverse),
        Builtin(
            "array.slice", [.array(of: .any), .number, .number], .array(of: .any),
            run: Arrays.slice),
    ]
}

enum Arrays {
    static func concat(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let left = operands[0].elements
        let right = operands[1].elements
        try context.charge(left.count + right.count)
        var joined: [Value] = []
        joined.reserveCapacity(left.count + right.count)
        joined.append(contentsOf: left)
        joined.append(contentsOf: right)
        return try .array(joined, in: context.arena)
    }

    /// One level only: arrays inside of elements stay as they are.
    static func flatten(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var flat: [Value] = []
        for element in operands[0].elements {
            guard element.kind == .array else {
                try context.charge(1)
                flat.append(element)
                continue
            }
            try context.charge(1 + element.elements.count)
            flat.append(contentsOf: element.elements)
        }
        return try .array(flat, in: context.arena)
    }

    static func reverse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let elements = operands[0].elements
        try context.charge(elements.count)
        return try .array(elements.reversed() as [Value], in: context.arena)
    }

    /// Bounds outside of the array are moved to its ends.
    static func slice(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let elements = operands[0].elements
        let first = try operands.integer(1)
        let end = try operands.integer(2)
        let stop = min(max(end, 0), Int64(elements.count))
        let start = min(max(first, 0), stop)
        return try .array(slice: elements, Int(start)..<Int(stop), in: context.arena)
    }
}
