extension Builtin {
    package static let numbers: [Builtin] = [
        Builtin("abs", [.number], .number, run: NumberFunctions.absolute),
        Builtin("ceil", [.number], .number, run: NumberFunctions.ceil),
        Builtin("floor", [.number], .number, run: NumberFunctions.floor),
        Builtin("round", [.number], .number, run: NumberFunctions.round),
        Builtin(
            "numbers.range", [.number, .number], .array(of: .number), run: NumberFunctions.range),
        Builtin(
            "numbers.range_step", [.number, .number, .number], .array(of: .number),
            run: NumberFunctions.rangeStep),
    ]
}

enum NumberFunctions {
    static func absolute(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(number: operands[0])
        return try Numbers.absolute(operands[0], context.arena)
    }

    static func ceil(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(number: operands[0])
        return try Numbers.ceil(operands[0], context.arena)
    }

    static func floor(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(number: operands[0])
        return try Numbers.floor(operands[0], context.arena)
    }

    static func round(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(number: operands[0])
        return try Numbers.round(operands[0], context.arena)
    }
}

extension NumberFunctions {
    static func range(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let first = try operands.bigInteger(0, context)
        return try numbers(from: first, to: operands.bigInteger(1, context), BigInteger(1), context)
    }

    static func rangeStep(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let first = try operands.bigInteger(0, context)
        let last = try operands.bigInteger(1, context)
        let step = try operands.bigInteger(2, context)
        guard !step.isNegative, !step.isZero else {
            throw .failed("numbers.range_step: step must be a positive integer")
        }
        return try numbers(from: first, to: last, step, context)
    }

    /// From `first` towards `last` and not beyond, up or down.
    private static func numbers(
        from first: BigInteger, to last: BigInteger, _ step: BigInteger, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let distance = last - first
        let steps = distance.magnitude.quotientAndRemainder(dividingBy: step.magnitude).quotient
        // Paid for before a byte is allocated: the count is the policy's or the input's.
        guard let word = steps.word, let count = Int(exactly: word), count < Int.max >> 5 else {
            throw .limit(.memory)
        }
        try context.charge(count + 1)
        guard (count + 1) * 16 <= context.limits.memoryBytes else { throw .limit(.memory) }
        let signed = distance.isNegative ? -step : step
        if let start = first.int64, last.int64 != nil, let stride = signed.int64 {
            return try .array(
                (0...count).map { .integer(start &+ Int64($0) &* stride) }, in: context.arena)
        }
        var number = first
        var all: [Value] = []
        for _ in 0...count {
            all.append(try Numbers.value(number, in: context.arena))
            number = number + signed
        }
        return try .array(all, in: context.arena)
    }
}

extension Operands {
    /// The integer of any size of an operand that is a number; `1.0` is one.
    /// - Throws: `operandContent` where it has a fraction.
    func bigInteger(
        _ index: Int, _ context: BuiltinContext
    ) throws(BuiltinError) -> BigInteger {
        try context.charge(number: self[index])
        if let integer = try Numbers.bigInteger(self[index]) { return integer }
        throw .operandContent(
            position: index + 1, message: "must be integer number but got floating-point number")
    }
}
