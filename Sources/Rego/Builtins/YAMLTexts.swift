package import RegoMachine

extension Builtin {
    package static let yamlTexts: [Builtin] = [
        Builtin("yaml.is_valid", [.string], .boolean, [.checksOperands], run: YAMLTexts.isValid),
        Builtin("yaml.marshal", [.any], .string, run: YAMLTexts.marshal),
        Builtin("yaml.unmarshal", [.string], .any, run: YAMLTexts.unmarshal),
    ]
}

enum YAMLTexts {
    static func isValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .string else { return .false }
        try context.charge(operands[0].bytes.count / 16)
        let value = try? YAML.value(
            operands[0].bytes, in: context.arena, limits: context.limits)
        return .boolean(value != nil)
    }

    static func unmarshal(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].bytes.count / 16)
        do {
            return try YAML.value(
                operands[0].bytes, in: context.arena, limits: context.limits)
        } catch {
            throw .failed(error.message)
        }
    }

    static func marshal(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var text = try TextBuilder(in: context.arena)
        try YAML.write(operands[0], to: &text) { steps throws(BuiltinError) in
            try context.charge(steps)
        }
        return text.value
    }
}
