package import RegoMachine

extension Builtin {
    package static let regex: [Builtin] = [
        Builtin(
            "re_match", [.string, .string], .boolean, [.deprecated], run: Regex.match),
        Builtin(
            "regex.find_all_string_submatch_n", [.string, .string, .number],
            .array(of: .array(of: .string)), run: Regex.findAllSubmatches),
        Builtin(
            "regex.find_n", [.string, .string, .number], .array(of: .string), run: Regex.find),
        Builtin("regex.is_valid", [.string], .boolean, [.checksOperands], run: Regex.isValid),
        Builtin("regex.match", [.string, .string], .boolean, run: Regex.match),
        Builtin("regex.replace", [.string, .string, .string], .string, run: Regex.replace),
        Builtin("regex.split", [.string, .string], .array(of: .string), run: Regex.split),
        Builtin(
            "regex.template_match", [.string, .string, .string, .string], .boolean,
            run: Regex.templateMatch),
    ]
}

/// Go's `regexp` as policies see it. Compiled patterns outlive the query.
enum Regex {
    static func match(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let pattern = try compiled(operands[0].bytes, context)
        let text = operands[1].bytes
        try context.charge(1 + text.count / 16)
        return .boolean(pattern.matches(text))
    }

    static func isValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .string else { return .false }
        do {
            _ = try compiled(operands[0].bytes, context)
            return .true
        } catch .failed {
            return .false
        }
    }

    static func find(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let limit = try integer(operands, 2)
        let pattern = try compiled(operands[0].bytes, context)
        let text = operands[1].bytes
        var found: [Value] = []
        try pattern.forEachMatch(in: text, limit: limit, groups: 0, context) {
            (match) throws(BuiltinError) in
            found.append(.string(sharing: text[match.start..<match.end]))
        }
        return try .array(found, in: context.arena)
    }

    static func findAllSubmatches(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let limit = try integer(operands, 2)
        let pattern = try compiled(operands[0].bytes, context)
        let text = operands[1].bytes
        var found: [Value] = []
        try pattern.forEachMatch(
            in: text, limit: limit, groups: pattern.groupCount, context
        ) { (match) throws(BuiltinError) in
            try context.charge(match.count)
            var groups: [Value] = []
            for group in 0..<match.count {
                groups.append(.string(sharing: text[match.range(group) ?? 0..<0]))
            }
            found.append(try .array(groups, in: context.arena))
        }
        return try .array(found, in: context.arena)
    }

    static func split(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let pattern = try compiled(operands[0].bytes, context)
        let text = operands[1].bytes
        if text.isEmpty && !pattern.isEmpty {
            return try .array([operands[1]], in: context.arena)
        }
        var parts: [Value] = []
        var start = 0
        var end = 0
        try pattern.forEachMatch(in: text, limit: -1, groups: 0, context) {
            (match) throws(BuiltinError) in
            end = match.start
            if match.end != 0 { parts.append(.string(sharing: text[start..<end])) }
            start = match.end
        }
        if end != text.count { parts.append(.string(sharing: text[start..<text.count])) }
        return try .array(parts, in: context.arena)
    }

    static func replace(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let pattern = try compiled(operands[1].bytes, context)
        let replacement = Replacement(operands[2].bytes, for: pattern)
        return try replacement.replaceAll(in: operands[0], pattern, context)
    }

    static func compiled(
        _ text: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Pattern {
        try TextCache<Pattern>.of(context, slot: CacheSlot.patterns).made(of: text) {
            (text) throws(BuiltinError) in
            try context.charge(16 + text.count)
            return try Pattern(text)
        }
    }

    private static func integer(
        _ operands: Operands, _ index: Int
    ) throws(BuiltinError) -> Int64 {
        if let integer = operands[index].index { return integer }
        throw .operandContent(
            position: index + 1, message: "must be integer number but got floating-point number")
    }
}
