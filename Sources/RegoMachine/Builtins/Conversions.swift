extension Builtin {
    package static let conversions: [Builtin] = [
        Builtin(
            "to_number", [.anyOf([.null, .boolean, .number, .string])], .number,
            run: Conversions.toNumber),
        Builtin("format_int", [.number, .number], .string, run: Conversions.formatInt),
        Builtin("cast_array", [.any], .array(of: .any), [.deprecated], run: Conversions.toArray),
        Builtin("cast_boolean", [.any], .boolean, [.deprecated], run: Conversions.toBoolean),
        Builtin("cast_null", [.any], .null, [.deprecated], run: Conversions.toNull),
        Builtin(
            "cast_object", [.any], .object(.any, .any), [.deprecated], run: Conversions.toObject),
        Builtin("cast_set", [.any], .set(.any), [.deprecated], run: Conversions.toSet),
        Builtin("cast_string", [.any], .string, [.deprecated], run: Conversions.toString),
    ]
}

enum Conversions {
    /// Of a string the number it spells, as far as a `Double` reaches.
    static func toNumber(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let operand = operands[0]
        switch operand.kind {
        case .boolean: return .integer(operand.isTrue ? 1 : 0)
        case .string: return try number(operand, context)
        case .integer, .decimal: return operand
        default: return .integer(0)
        }
    }

    private static func number(
        _ operand: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operand.bytes.count)
        let text = operand.bytes.drop { $0 == 0x2B || $0 == 0x2D }
        let name = text.count < 9 ? String(decoding: text, as: UTF8.self).lowercased() : ""
        if ["inf", "infinity", "nan"].contains(name) {
            throw .operand(position: 1, expected: ["valid number string"], got: "string")
        }
        guard let literal = LooseLiteral.json(operand.bytes, isSigned: false) else {
            throw failure(operand, "invalid syntax")
        }
        let number = try Numbers.parse(literal, in: context.arena)
        if Numbers.double(number) == nil { throw failure(operand, "value out of range") }
        return number
    }

    private static func failure(_ operand: Value, _ reason: String) -> BuiltinError {
        .failed("strconv.ParseFloat: parsing \(Quoted.text(operand.bytes.string)): \(reason)")
    }

    /// In base 2, 8, 10 or 16, without what follows the point.
    static func formatInt(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let bits: Int
        switch operands[1].integer {
        case 2: bits = 1
        case 8: bits = 3
        case 10: bits = 0
        case 16: bits = 4
        default:
            throw .operandContent(position: 2, message: "must be one of {2, 8, 10, 16}")
        }
        let number = try whole(operands[0], context)
        let text = bits == 0 ? number.decimalText : number.text(bitsPerDigit: bits)
        return try .string(text, in: context.arena)
    }

    private static func whole(
        _ operand: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> BigInteger {
        try context.charge(number: operand)
        if let exact = try Numbers.bigInteger(operand) { return exact }
        return try Numbers.float(operand).truncated()
    }
}

extension Conversions {
    static func toArray(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        switch operands[0].kind {
        case .array: return operands[0]
        case .set:
            let members = operands[0].members
            return try .array(slice: members, 0..<members.count, in: context.arena)
        default: throw mismatch(operands[0], "array", "set")
        }
    }

    static func toSet(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        switch operands[0].kind {
        case .set: return operands[0]
        case .array:
            try context.charge(operands[0].elements.count)
            return try .set(operands[0].elements, in: context.arena)
        default: throw mismatch(operands[0], "array", "set")
        }
    }

    static func toString(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .string else { throw mismatch(operands[0], "string") }
        return operands[0]
    }

    static func toBoolean(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .boolean else { throw mismatch(operands[0], "boolean") }
        return operands[0]
    }

    static func toNull(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .null else { throw mismatch(operands[0], "null") }
        return operands[0]
    }

    static func toObject(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .object else { throw mismatch(operands[0], "object") }
        return operands[0]
    }

    private static func mismatch(_ operand: Value, _ expected: String...) -> BuiltinError {
        .operand(position: 1, expected: expected, got: operand.typeName)
    }
}
