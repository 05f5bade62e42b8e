/// Percent-encoding of queries, as Go's `net/url` has it.
enum URLQueries {
    static func encode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var text = try TextBuilder(in: context.arena, capacity: operands[0].bytes.count)
        try append(operands[0].bytes, to: &text, context)
        return text.value
    }

    static func decode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try unescaped(operands[0].bytes, context)
    }

    /// Names in their order, the values of an array in its, those of a set in Rego's.
    static func encodeObject(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var text = try TextBuilder(in: context.arena)
        for entry in operands[0].entries {
            guard entry.key.kind == .string else {
                throw .element(1, of: operands[0], expected: "string", got: entry.key)
            }
            switch entry.value.kind {
            case .string: try appendPair(entry.key, entry.value, to: &text, context)
            case .array, .set:
                for value in entry.value.items {
                    try appendPair(entry.key, value, to: &text, context)
                }
            default: throw notValues
            }
        }
        return text.value
    }

    private static let notValues = BuiltinError.operandContent(
        position: 1, message: "values must be string, array[string], or set[string]")

    private static func appendPair(
        _ name: Value, _ value: Value, to text: inout TextBuilder, _ context: BuiltinContext
    ) throws(BuiltinError) {
        guard value.kind == .string else { throw notValues }
        if text.count > 0 { try text.append(UInt8(ascii: "&")) }
        try append(name.bytes, to: &text, context)
        try text.append(UInt8(ascii: "="))
        try append(value.bytes, to: &text, context)
    }

    static func decodeObject(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let object = try Value.object(in: context.arena)
        for pair in operands[0].bytes.split(separator: UInt8(ascii: "&")) {
            try context.charge(1)
            if pair.contains(UInt8(ascii: ";")) {
                throw .failed("invalid semicolon separator in query")
            }
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count
            let name = try unescaped(pair[0..<equals], context)
            let value = try unescaped(pair[min(equals + 1, pair.count)..<pair.count], context)
            let before = object.element(name, arena: context.arena)
            let values = before.isUndefined ? [] : Array(before.elements)
            try context.charge(values.count)
            let grown = try Value.array(values + [value], in: context.arena)
            try object.insert(name, grown, in: context.arena)
        }
        return object
    }
}

extension URLQueries {
    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func append(
        _ bytes: Bytes, to text: inout TextBuilder, _ context: BuiltinContext
    ) throws(BuiltinError) {
        try context.charge(bytes.count / 16)
        for byte in bytes {
            if isUnreserved(byte) {
                try text.append(byte)
            } else if byte == UInt8(ascii: " ") {
                try text.append(UInt8(ascii: "+"))
            } else {
                try text.append(UInt8(ascii: "%"))
                try text.append(Hex.upper(byte >> 4))
                try text.append(Hex.upper(byte & 15))
            }
        }
    }

    private static func unescaped(
        _ bytes: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(bytes.count / 16)
        var text = try TextBuilder(in: context.arena, capacity: bytes.count)
        var offset = 0
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "%"):
                guard let byte = escapedByte(bytes, at: offset) else {
                    let escape = bytes[offset..<min(offset + 3, bytes.count)].string
                    throw .failed("invalid URL escape \(Quoted.text(escape))")
                }
                try text.append(byte)
                offset += 2
            case UInt8(ascii: "+"): try text.append(UInt8(ascii: " "))
            default: try text.append(bytes[offset])
            }
            offset += 1
        }
        return text.value
    }

    /// The byte that `%xx` at an offset stands for, or `nil`.
    static func escapedByte(_ bytes: some RandomAccessCollection<UInt8>, at offset: Int) -> UInt8? {
        let rest = bytes.dropFirst(offset + 1).prefix(2)
        guard rest.count == 2, let first = rest.first, let last = rest.last,
            let high = Hex.value(first), let low = Hex.value(last)
        else { return nil }
        return high << 4 | low
    }
}
