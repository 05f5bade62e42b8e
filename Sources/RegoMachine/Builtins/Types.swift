extension Builtin {
    package static let types: [Builtin] = [
        Builtin("is_array", [.any], .boolean) { operands, _ in
            .boolean(operands[0].kind == .array)
        },
        Builtin("is_boolean", [.any], .boolean) { operands, _ in
            .boolean(operands[0].kind == .boolean)
        },
        Builtin("is_null", [.any], .boolean) { operands, _ in
            .boolean(operands[0].kind == .null)
        },
        Builtin("is_number", [.any], .boolean) { operands, _ in .boolean(operands[0].isNumber) },
        Builtin("is_object", [.any], .boolean) { operands, _ in
            .boolean(operands[0].kind == .object)
        },
        Builtin("is_set", [.any], .boolean) { operands, _ in .boolean(operands[0].kind == .set) },
        Builtin("is_string", [.any], .boolean) { operands, _ in
            .boolean(operands[0].kind == .string)
        },
        Builtin("type_name", [.any], .string, run: Types.name),
    ]
}

enum Types {
    static func name(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try .string(operands[0].typeName, in: context.arena)
    }
}
