extension Builtin {
    /// What Rego writes between its operands.
    package static let operators: [Builtin] = [
        Builtin("plus", [.number, .number], .number, run: Operators.plus),
        Builtin("minus", [numberOrSet, numberOrSet], numberOrSet, run: Operators.minus),
        Builtin("mul", [.number, .number], .number, run: Operators.times),
        Builtin("div", [.number, .number], .number, run: Operators.divide),
        Builtin("rem", [.number, .number], .number, run: Operators.remainder),
        Builtin("and", [.set(.any), .set(.any)], .set(.any), run: Operators.intersection),
        Builtin("or", [.set(.any), .set(.any)], .set(.any), run: Operators.union),
        Builtin("equal", [.any, .any], .boolean, run: Operators.equal),
        Builtin("neq", [.any, .any], .boolean, run: Operators.notEqual),
        Builtin("lt", [.any, .any], .boolean, run: Operators.less),
        Builtin("lte", [.any, .any], .boolean, run: Operators.lessOrEqual),
        Builtin("gt", [.any, .any], .boolean, run: Operators.greater),
        Builtin("gte", [.any, .any], .boolean, run: Operators.greaterOrEqual),
    ]

    private static let numberOrSet: TypeDeclaration = .anyOf([.number, .set(.any)])
}

enum Operators {
    static func plus(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0], operands[1])
        return try Numbers.add(operands[0], operands[1], context.arena)
    }

    /// Of two numbers the difference, of two sets what only the first one has.
    static func minus(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let (left, right) = (operands[0], operands[1])
        if left.isNumber {
            guard right.isNumber else {
                throw .operand(position: 2, expected: ["number"], got: right.typeName)
            }
            try context.charge(left, right)
            return try Numbers.subtract(left, right, context.arena)
        }
        guard right.kind == .set else {
            throw .operand(position: 2, expected: ["set"], got: right.typeName)
        }
        return try Sets.difference(operands, context)
    }

    static func times(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0], operands[1])
        return try Numbers.multiply(operands[0], operands[1], context.arena)
    }

    static func divide(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0], operands[1])
        return try Numbers.divide(operands[0], operands[1], context.arena)
    }

    static func remainder(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0], operands[1])
        return try Numbers.remainder(operands[0], operands[1], context.arena)
    }
}

extension Operators {
    static func intersection(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let isLeftSmaller = operands[0].members.count < operands[1].members.count
        let (small, large) =
            isLeftSmaller ? (operands[0], operands[1]) : (operands[1], operands[0])
        try context.charge(small.members.count)
        let shared = try Value.set(in: context.arena)
        for member in small.members where large.holds(member, in: context.arena) {
            try shared.insert(member, in: context.arena)
        }
        return shared
    }

    static func union(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let (left, right) = (operands[0].members, operands[1].members)
        try context.charge(left.count + right.count)
        let all = try Value.set(capacity: left.count + right.count, in: context.arena)
        for member in left { try all.insert(member, in: context.arena) }
        for member in right { try all.insert(member, in: context.arena) }
        return all
    }
}

extension Operators {
    static func equal(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(operands[0] == operands[1]) }

    static func notEqual(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(operands[0] != operands[1]) }

    static func less(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(Value.compare(operands[0], operands[1]) < 0) }

    static func lessOrEqual(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(Value.compare(operands[0], operands[1]) <= 0) }

    static func greater(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(Value.compare(operands[0], operands[1]) > 0) }

    static func greaterOrEqual(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(Value.compare(operands[0], operands[1]) >= 0) }
}

extension BuiltinContext {
    /// Pays for computing with numbers: nothing worth counting for `Int64`s, the square of the
    /// digits for others, which schoolbook arithmetic and printing take.
    @inline(__always)
    func charge(_ left: Value, _ right: Value) throws(BuiltinError) {
        if left.kind != .integer { try charge(number: left) }
        if right.kind != .integer { try charge(number: right) }
    }

    func charge(number: Value) throws(BuiltinError) {
        guard number.kind == .decimal else { return }
        let decimal = Decimal(number.bytes)
        let zeros = min(Int(decimal.point.magnitude), Limits.numberDigits)
        let digits = max(decimal.digitCount, zeros)
        try charge(1 + digits / 16 * (digits / 64))
    }
}
