package import RegoMachine

extension Builtin {
    private static let objectOrText = TypeDeclaration.anyOf([.string, .object(.any, .any)])

    package static let schemas: [Builtin] = [
        Builtin(
            "json.match_schema", [objectOrText, objectOrText],
            .array(
                [
                    .boolean,
                    .array(
                        of: .object(
                            [
                                .init("desc", .string), .init("error", .string),
                                .init("field", .string), .init("type", .string),
                            ], others: [])),
                ], rest: nil),
            run: Schemas.match),
        Builtin(
            "json.verify_schema", [objectOrText],
            .array([.boolean, .anyOf([.null, .string])], rest: nil), run: Schemas.verify),
    ]
}

/// JSON Schema as policies see it.
enum Schemas {
    static func match(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let document = try json(operands[0], context)
        let root = try json(operands[1], context)
        let schema = try Schema(root, context)
        var validation = SchemaValidation(schema, context)
        try validation.validate(document, by: root)
        var shown: [Value] = []
        for mismatch in validation.mismatches { shown.append(try value(mismatch, context)) }
        let list = try Value.array(shown, in: context.arena)
        return try .array([.boolean(shown.isEmpty), list], in: context.arena)
    }

    static func verify(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        do {
            _ = try Schema(json(operands[0], context), context)
            return try .array([.true, .null], in: context.arena)
        } catch .failed(let message) {
            let text = try Value.string("jsonschema: " + message, in: context.arena)
            return try .array([.false, text], in: context.arena)
        }
    }

    private static func value(
        _ mismatch: SchemaMismatch, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let arena = context.arena
        let object = try Value.object(capacity: 4, in: arena)
        let whole = "\(mismatch.field): \(mismatch.description)"
        try object.insert(
            .literal("desc"), .string(mismatch.description, in: arena), in: arena)
        try object.insert(.literal("error"), .string(whole, in: arena), in: arena)
        try object.insert(.literal("field"), .string(mismatch.field, in: arena), in: arena)
        try object.insert(.literal("type"), .string(mismatch.type, in: arena), in: arena)
        return object
    }

    /// An operand as JSON has it: a text is read, and a value loses its sets and its keys that
    /// are no strings by being written first.
    private static func json(
        _ operand: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var bytes: Bytes
        if operand.kind == .string {
            bytes = operand.bytes
        } else {
            var text = try TextBuilder(in: context.arena)
            try JSONWriter.write(operand, to: &text)
            bytes = text.bytes
        }
        try context.charge(1 + bytes.count / 16)
        do {
            return try unsafe JSONReader.value(
                bytes, in: context.arena, limits: context.limits)
        } catch { throw .failed(error.message) }
    }
}
