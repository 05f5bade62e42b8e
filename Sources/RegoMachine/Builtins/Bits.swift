extension Builtin {
    package static let bits: [Builtin] = [
        Builtin("bits.and", [.number, .number], .number, run: Bits.and),
        Builtin("bits.lsh", [.number, .number], .number, run: Bits.shiftLeft),
        Builtin("bits.negate", [.number], .number, run: Bits.negate),
        Builtin("bits.or", [.number, .number], .number, run: Bits.or),
        Builtin("bits.rsh", [.number, .number], .number, run: Bits.shiftRight),
        Builtin("bits.xor", [.number, .number], .number, run: Bits.xor),
    ]
}

/// Integers of any size as endless two's complement.
enum Bits {
    static func and(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        if let a = operands[0].integer, let b = operands[1].integer { return .integer(a & b) }
        let left = try operands.bigInteger(0, context)
        return try Numbers.value(left & operands.bigInteger(1, context), in: context.arena)
    }

    static func or(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        if let a = operands[0].integer, let b = operands[1].integer { return .integer(a | b) }
        let left = try operands.bigInteger(0, context)
        return try Numbers.value(left | operands.bigInteger(1, context), in: context.arena)
    }

    static func xor(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        if let a = operands[0].integer, let b = operands[1].integer { return .integer(a ^ b) }
        let left = try operands.bigInteger(0, context)
        return try Numbers.value(left ^ operands.bigInteger(1, context), in: context.arena)
    }

    static func negate(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        if let integer = operands[0].integer { return .integer(~integer) }
        return try Numbers.value(~operands.bigInteger(0, context), in: context.arena)
    }

    static func shiftLeft(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let number = try operands.bigInteger(0, context)
        let count = try distance(operands, context)
        if number.isZero { return .integer(0) }
        guard count <= Limits.numberDigits * 10 / 3 else { throw .limit(.numberDigits) }
        return try Numbers.value(number << count, in: context.arena)
    }

    static func shiftRight(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let number = try operands.bigInteger(0, context)
        return try Numbers.value(number >> distance(operands, context), in: context.arena)
    }

    /// At most `Int.max`, which shifts everything out.
    private static func distance(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Int {
        let count = try operands.bigInteger(1, context)
        guard !count.isNegative else {
            throw .operandContent(
                position: 2,
                message: "must be an unsigned integer number but got a negative integer")
        }
        return count.int64.flatMap { Int(exactly: $0) } ?? Int.max
    }
}
