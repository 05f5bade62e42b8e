extension Builtin {
    package static let jsonTexts: [Builtin] = [
        Builtin("json.is_valid", [.string], .boolean, [.checksOperands], run: JSONTexts.isValid),
        Builtin("json.marshal", [.any], .string, run: JSONTexts.marshal),
        Builtin(
            "json.marshal_with_options",
            [
                .any,
                .object(
                    [
                        .init("indent", .string), .init("prefix", .string),
                        .init("pretty", .boolean),
                    ],
                    others: [.string, .any]),
            ], .string, run: JSONTexts.marshalWithOptions),
        Builtin("json.unmarshal", [.string], .any, run: JSONTexts.unmarshal),
    ]
}

enum JSONTexts {
    static func isValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .string else { return .false }
        try context.charge(operands[0].bytes.count / 16)
        let mark = context.arena.mark()
        let value = unsafe try? JSONReader.value(
            operands[0].bytes, in: context.arena, limits: context.limits)
        let isValid = value != nil
        _ = context.arena.rewind(to: mark)
        return .boolean(isValid)
    }

    static func unmarshal(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].bytes.count / 16)
        do {
            return try unsafe JSONReader.value(
                operands[0].bytes, in: context.arena, limits: context.limits)
        } catch { throw .failed(error.message) }
    }

    static func marshal(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try text(of: operands[0], style: .init(escapesHTML: true), context)
    }

    /// A prefix or an indent asks for several lines, unless `pretty` says otherwise.
    static func marshalWithOptions(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var indent: String?
        var prefix: String?
        var pretty: Bool?
        for (key, value) in operands[1].entries {
            switch key.string {
            case "prefix": prefix = try string(value, "prefix")
            case "indent": indent = try string(value, "indent")
            case "pretty":
                guard let flag = value.boolean else {
                    throw .operandContent(
                        position: 2, message: "key \"pretty\" failed cast to bool")
                }
                pretty = flag
            case let name:
                throw .operandContent(
                    position: 2,
                    message: "object contained unknown key \(Quoted.text(name ?? key.typeName))")
            }
        }
        guard pretty ?? (indent != nil || prefix != nil) else {
            return try marshal(operands, context)
        }
        let style = JSONWriter.Style(
            indent: indent ?? "\t", prefix: prefix ?? "", escapesHTML: true)
        return try text(of: operands[0], style: style, context)
    }

    private static func string(_ option: Value, _ name: String) throws(BuiltinError) -> String {
        if let text = option.string { return text }
        throw .operandContent(
            position: 2,
            message: "key \(Quoted.text(name)) failed cast to string: "
                + "operand must be string but got \(option.typeName)")
    }

    private static func text(
        of value: Value, style: JSONWriter.Style, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var text = try TextBuilder(in: context.arena)
        // The writer puts the prefix before all lines but the first.
        try text.append(style.prefix)
        try JSONWriter.write(value, to: &text, style: style)
        try context.charge(text.count / 16)
        return text.value
    }
}
