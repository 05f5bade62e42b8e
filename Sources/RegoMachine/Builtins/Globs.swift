extension Builtin {
    package static let globs: [Builtin] = [
        Builtin(
            "glob.match", [.string, .anyOf([.null, .array(of: .string)]), .string], .boolean,
            [.checksOperands], run: Globs.match),
        Builtin("glob.quote_meta", [.string], .string, run: Globs.quote),
        Builtin("regex.globs_match", [.string, .string], .boolean, run: GlobIntersection.match),
    ]
}

enum Globs {
    /// Without delimiters `.` is one; with `null` there are none.
    static func match(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try operands.check(0, is: ["string"])
        try operands.check(1, is: ["array", "null"])
        try operands.check(2, is: ["string"])
        let glob = try compiled(operands[0].bytes, operands[1], context)
        return .boolean(try glob.matches(operands[2].bytes, context))
    }

    static func quote(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let bytes = operands[0].bytes
        try context.charge(bytes.count / 16)
        var text = try TextBuilder(in: context.arena, capacity: bytes.count)
        for byte in bytes {
            if "*?\\[]{}".utf8.contains(byte) { try text.append(UInt8(ascii: "\\")) }
            try text.append(byte)
        }
        return text.value
    }

    /// Compiled globs by their text and delimiters; all are forgotten once there are too many.
    private final class Cache: BuiltinCache {
        static let globsMax = 256
        var globs: [[UInt8]: Glob] = [:]
    }

    private static func compiled(
        _ pattern: Bytes, _ delimiters: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Glob {
        var key: [UInt8] = []
        key.reserveCapacity(pattern.count + 8)
        key.append(contentsOf: pattern)
        // No text has this byte, so that it ends the pattern.
        key.append(0xFF)
        if delimiters.kind == .array {
            for delimiter in delimiters.elements where delimiter.kind == .string {
                key.append(contentsOf: delimiter.bytes)
            }
            key.append(delimiters.elements.isEmpty ? UInt8(ascii: ".") : 0xFF)
        }
        let cache = cache(of: context)
        if let glob = cache.globs[key] { return glob }
        try context.charge(pattern.count)
        let glob = try Glob(pattern, delimiters: try separators(delimiters))
        if cache.globs.count == Cache.globsMax { cache.globs.removeAll() }
        cache.globs[key] = glob
        return glob
    }

    private static func cache(of context: BuiltinContext) -> Cache {
        if let cache = context.caches[BuiltinCache.Slot.globs] {
            // Invariant: only this function fills the slot.
            return unsafe unsafeDowncast(cache, to: Cache.self)
        }
        let cache = Cache()
        context.caches[BuiltinCache.Slot.globs] = cache
        return cache
    }

    private static func separators(
        _ operand: Value
    ) throws(BuiltinError) -> [Unicode.Scalar] {
        guard operand.kind == .array else { return [] }
        var separators: [Unicode.Scalar] = []
        for element in operand.elements {
            guard let text = element.string else {
                throw .element(2, of: operand, expected: "string", got: element)
            }
            guard let separator = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
                throw .element(2, of: operand, expected: "rune", got: element)
            }
            separators.append(separator)
        }
        return separators.isEmpty ? ["."] : separators
    }
}
