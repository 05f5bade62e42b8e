/// `replace` and `strings.replace_n`: one pass from the left; what was put in is not looked at.
/// - Source: Go's `strings.Replacer`.
enum Replacement {
    static func one(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let (text, old, new) = (operands[0].bytes, operands[1].bytes, operands[2].bytes)
        if old.isEmpty { return try replaced(text, [(old, new)], context) }
        let pattern = SearchPattern(old)
        try context.charge(text.count / 16)
        guard var found = pattern.first(in: text) else { return operands[0] }
        var result = try TextBuilder(in: context.arena, capacity: text.count)
        var copied = 0
        while true {
            try context.charge(1)
            try result.append(text[copied..<found])
            try result.append(new)
            copied = found + old.count
            guard let next = pattern.first(in: text, from: copied) else { break }
            found = next
        }
        try result.append(text[copied..<text.count])
        return result.value
    }

    /// Where several patterns begin at one place, the first in Rego's order wins.
    static func many(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var pairs: [(old: Bytes, new: Bytes)] = []
        for entry in operands[0].entries {
            guard entry.key.kind == .string else {
                throw .operandContent(
                    position: 1, message: "non-string key found in pattern object")
            }
            guard entry.value.kind == .string else {
                throw .operandContent(
                    position: 1, message: "non-string value found in pattern object")
            }
            pairs.append((entry.key.bytes, entry.value.bytes))
        }
        return try replaced(operands[1].bytes, pairs, context)
    }

    private static func replaced(
        _ text: Bytes, _ pairs: [(old: Bytes, new: Bytes)], _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var result = try TextBuilder(in: context.arena, capacity: text.count)
        var position = 0
        var isAfterEmpty = false
        while true {
            try context.charge(pairs.count)
            let rest = text[position..<text.count]
            // An empty pattern does not match twice at one place.
            let match = pairs.first { pair in
                pair.old.isEmpty ? !isAfterEmpty : rest.hasPrefix(pair.old)
            }
            isAfterEmpty = match?.old.isEmpty ?? false
            if let match {
                try result.append(match.new)
                position += match.old.count
                continue
            }
            if position == text.count { break }
            let width = text.scalar(at: position).width
            try result.append(text[position..<position + width])
            position += width
        }
        return result.value
    }
}
