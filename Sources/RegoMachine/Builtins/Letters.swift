/// `lower` and `upper`: each scalar becomes one scalar, as in Go; `ß` has no capital letter then.
enum Letters {
    static func lower(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try mapped(operands[0], context, ascii: 0x41) { $0.properties.lowercaseMapping }
    }

    static func upper(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try mapped(operands[0], context, ascii: 0x61) { $0.properties.uppercaseMapping }
    }

    /// - Parameter ascii: The first of the 26 ASCII letters to be changed.
    private static func mapped(
        _ operand: Value, _ context: BuiltinContext, ascii: UInt8,
        _ mapping: (Unicode.Scalar) -> String
    ) throws(BuiltinError) -> Value {
        let text = operand.bytes
        try context.charge(text.count / 16)
        guard text.contains(where: { $0 &- ascii < 26 || $0 >= 0x80 }) else { return operand }
        var result = try TextBuilder(in: context.arena, capacity: text.count)
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte < 0x80 {
                try result.append(byte &- ascii < 26 ? byte ^ 0x20 : byte)
                position += 1
                continue
            }
            let (scalar, width) = text.scalar(at: position)
            try result.append(scalar: single(scalar, mapping(scalar)))
            position += width
        }
        return result.value
    }

    /// Where the full mapping has several scalars, the simple mapping of the one.
    /// - Source: Unicode, `UnicodeData.txt`, fields 12 and 13.
    private static func single(_ scalar: Unicode.Scalar, _ mapped: String) -> Unicode.Scalar {
        let scalars = mapped.unicodeScalars
        if scalars.count == 1, let only = scalars.first { return only }
        switch scalar.value {
        case 0x130: return "i"
        case 0x1F80...0x1FAF: return Unicode.Scalar(scalar.value | 8) ?? scalar
        case 0x1FB3, 0x1FC3, 0x1FF3: return Unicode.Scalar(scalar.value + 9) ?? scalar
        default: return scalar
        }
    }
}
