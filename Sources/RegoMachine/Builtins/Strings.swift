extension Builtin {
    package static let strings: [Builtin] = [
        Builtin(
            "concat", [.string, manyStrings], .string, [.checksOperands], run: Strings.concat),
        Builtin("contains", [.string, .string], .boolean, run: Strings.contains),
        Builtin("endswith", [.string, .string], .boolean, run: Strings.endsWith),
        Builtin("indexof", [.string, .string], .number, run: Strings.indexOf),
        Builtin(
            "indexof_n", [.string, .string], .array(of: .number), run: Strings.indexOfAll),
        Builtin("lower", [.string], .string, run: Letters.lower),
        Builtin("replace", [.string, .string, .string], .string, run: Replacement.one),
        Builtin("split", [.string, .string], .array(of: .string), run: Strings.split),
        Builtin("sprintf", [.string, .array(of: .any)], .string, run: Format.sprintf),
        Builtin("startswith", [.string, .string], .boolean, run: Strings.startsWith),
        Builtin(
            "strings.any_prefix_match", [stringOrStrings, stringOrStrings], .boolean,
            [.checksOperands], run: Strings.anyPrefixMatch),
        Builtin(
            "strings.any_suffix_match", [stringOrStrings, stringOrStrings], .boolean,
            [.checksOperands], run: Strings.anySuffixMatch),
        Builtin("strings.count", [.string, .string], .number, run: Strings.count),
        Builtin(
            "strings.render_template", [.string, .object(.string, .any)], .string,
            run: Template.render),
        Builtin(
            "strings.replace_n", [.object(.string, .string), .string], .string,
            run: Replacement.many),
        Builtin("strings.reverse", [.string], .string, run: Strings.reverse),
        Builtin(
            "strings.split_n", [.string, .string, .number], .array(of: .string),
            run: Strings.splitN),
        Builtin("substring", [.string, .number, .number], .string, run: Strings.substring),
        Builtin("trim", [.string, .string], .string, run: Trimming.both),
        Builtin("trim_left", [.string, .string], .string, run: Trimming.left),
        Builtin("trim_prefix", [.string, .string], .string, run: Trimming.prefix),
        Builtin("trim_right", [.string, .string], .string, run: Trimming.right),
        Builtin("trim_space", [.string], .string, run: Trimming.space),
        Builtin("trim_suffix", [.string, .string], .string, run: Trimming.suffix),
        Builtin("upper", [.string], .string, run: Letters.upper),
        Builtin(
            "internal.template_string", [.array(of: .any)], .string, run: Strings.template),
    ]

    private static let manyStrings: TypeDeclaration = .anyOf([.array(of: .string), .set(.string)])
    private static let stringOrStrings: TypeDeclaration =
        .anyOf([.string, .array(of: .string), .set(.string)])
}

/// Positions and lengths count Unicode scalars; parts of a string share its memory.
enum Strings {
    static func concat(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try operands.check(0, is: ["string"])
        let separator = operands[0].bytes
        let parts = try operands.list(1)
        var bytes = separator.count * max(0, parts.count - 1)
        for part in parts {
            guard part.kind == .string else {
                throw .element(2, of: operands[1], expected: "string", got: part)
            }
            bytes += part.bytes.count
        }
        if parts.count == 1 { return parts[0] }
        try context.charge(parts.count + bytes / 64)
        var text = try TextBuilder(in: context.arena, capacity: bytes)
        for (position, part) in parts.enumerated() {
            if position > 0 { try text.append(separator) }
            try text.append(part.bytes)
        }
        return text.value
    }

    static func contains(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].bytes.count / 16)
        return .boolean(SearchPattern(operands[1].bytes).first(in: operands[0].bytes) != nil)
    }

    static func startsWith(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(operands[0].bytes.hasPrefix(operands[1].bytes)) }

    static func endsWith(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value { .boolean(operands[0].bytes.hasSuffix(operands[1].bytes)) }

    /// Occurrences that do not overlap; the empty string occurs around every scalar.
    static func count(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = operands[0].bytes
        let pattern = SearchPattern(operands[1].bytes)
        try context.charge(text.count / 16)
        if pattern.text.isEmpty { return .integer(Int64(text.scalarCount + 1)) }
        var total: Int64 = 0
        var position = 0
        while let found = pattern.first(in: text, from: position) {
            total += 1
            position = found + pattern.text.count
        }
        return .integer(total)
    }

    static func reverse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = operands[0].bytes
        try context.charge(text.count / 16)
        var reversed = try TextBuilder(in: context.arena, capacity: text.count)
        var position = text.count
        while position > 0 {
            let (scalar, width) = text.scalar(before: position)
            try reversed.append(scalar: scalar)
            position -= width
        }
        return reversed.value
    }
}

extension Strings {
    static func indexOf(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = operands[0].bytes
        let pattern = try searched(operands, context)
        guard let found = pattern.first(in: text) else { return .integer(-1) }
        return .integer(Int64(text[0..<found].scalarCount))
    }

    /// Every occurrence, overlapping ones too.
    static func indexOfAll(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = operands[0].bytes
        let pattern = try searched(operands, context)
        var found: [Value] = []
        var index = 0
        var counted = 0
        while let position = pattern.first(in: text, from: counted) {
            try context.charge(1)
            index += text[counted..<position].scalarCount
            found.append(.integer(Int64(index)))
            counted = position + text.scalar(at: position).width
            index += 1
        }
        return try .array(found, in: context.arena)
    }

    private static func searched(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> SearchPattern {
        if operands[1].bytes.isEmpty { throw .failed("empty search character") }
        try context.charge(operands[0].bytes.count / 16)
        return SearchPattern(operands[1].bytes)
    }

    /// A negative length reaches to the end.
    static func substring(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = operands[0].bytes
        let start = try operands.integer(1)
        let length = try operands.integer(2)
        if start < 0 { throw .failed("negative offset") }
        try context.charge(text.count / 16)
        let first = text.offset(ofScalar: Int(clamping: start))
        let tail = text[first..<text.count]
        if length < 0 { return .string(sharing: tail) }
        return .string(sharing: tail[0..<tail.offset(ofScalar: Int(clamping: length))])
    }
}

extension Strings {
    static func split(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try .array(parts(operands, context), in: context.arena)
    }

    /// The first parts, or for a negative number the last ones.
    static func splitN(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let wanted = try operands.integer(2)
        let all = try parts(operands, context)
        let count = Int(clamping: wanted.magnitude)
        return try .array(
            wanted < 0 ? all.suffix(count) : all.prefix(count), in: context.arena)
    }

    /// An empty delimiter splits into scalars.
    private static func parts(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> [Value] {
        let text = operands[0].bytes
        let delimiter = SearchPattern(operands[1].bytes)
        try context.charge(text.count / 16)
        var all: [Value] = []
        var position = 0
        if delimiter.text.isEmpty {
            while position < text.count {
                try context.charge(1)
                let width = text.scalar(at: position).width
                all.append(.string(sharing: text[position..<position + width]))
                position += width
            }
            return all
        }
        while let found = delimiter.first(in: text, from: position) {
            try context.charge(1)
            all.append(.string(sharing: text[position..<found]))
            position = found + delimiter.text.count
        }
        all.append(.string(sharing: text[position..<text.count]))
        return all
    }
}

extension Strings {
    static func anyPrefixMatch(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        .boolean(try anyMatch(operands, context) { $0.hasPrefix($1) })
    }

    static func anySuffixMatch(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        .boolean(try anyMatch(operands, context) { $0.hasSuffix($1) })
    }

    private static func anyMatch(
        _ operands: Operands, _ context: BuiltinContext, _ matches: (Bytes, Bytes) -> Bool
    ) throws(BuiltinError) -> Bool {
        let searched = try texts(operands, 0)
        let affixes = try texts(operands, 1)
        for text in searched {
            try context.charge(affixes.count)
            if affixes.contains(where: { matches(text, $0) }) { return true }
        }
        return false
    }

    private static func texts(
        _ operands: Operands, _ index: Int
    ) throws(BuiltinError) -> [Bytes] {
        let operand = operands[index]
        try operands.check(index, is: ["string", "set", "array"])
        if operand.kind == .string { return [operand.bytes] }
        var texts: [Bytes] = []
        for item in operand.items {
            guard item.kind == .string else {
                throw .element(index + 1, of: operand, expected: "string", got: item)
            }
            texts.append(item.bytes)
        }
        return texts
    }

    /// What `$"…{x}…"` becomes: literal parts, and for each expression the set of its values,
    /// empty where it is undefined.
    static func template(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var text = try TextBuilder(in: context.arena)
        for part in operands[0].elements {
            try context.charge(1)
            guard part.kind == .set else {
                try text.append(display: part)
                continue
            }
            if part.members.count > 1 {
                throw .conflict("template-strings must not produce multiple outputs")
            }
            try text.append(display: part.members.first ?? .undefined)
        }
        return text.value
    }
}
