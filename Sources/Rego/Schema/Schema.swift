import RegoMachine

/// A JSON Schema of draft 4, 6 or 7 whose keywords have been checked and whose references lead
/// somewhere. Keywords of no known draft are ignored, as the drafts say.
///
/// References stay inside of the schema: a JSON pointer (`#/definitions/x`), or the text of an
/// `$id` (draft 4: `id`) exactly as it is written there. No network is asked.
/// - Source: draft-wright-json-schema-validation-01; messages of gojsonschema, which OPA uses.
struct Schema {
    /// Schemas inside of schemas, references counted: beyond it a schema is taken to be endless.
    static let depthMax = 200

    let root: Value
    private(set) var identified: [String: Value] = [:]
    private var references: [String] = []

    /// - Throws: `BuiltinError.failed` with what is wrong with the schema.
    init(_ root: Value, _ context: BuiltinContext) throws(BuiltinError) {
        self.root = root
        try check(root, depth: 0, context)
        var seen: Set<String> = []
        while let reference = references.popLast() {
            guard seen.insert(reference).inserted else { continue }
            try check(target(of: reference, context), depth: 0, context)
        }
    }

    /// The schema that a `$ref` names.
    func target(of reference: String, _ context: BuiltinContext) throws(BuiltinError) -> Value {
        if let named = identified[reference] { return named }
        let parts = reference.split(
            separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let base = String(parts.first ?? "")
        guard let start = base.isEmpty ? root : identified[base] ?? identified[base + "#"] else {
            throw .failed("remote reference loading disabled: \(reference.prefix(1_000))")
        }
        guard parts.count == 2, !parts[1].isEmpty else { return start }
        var found = start
        for token in parts[1].split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            try context.charge(1)
            found = Self.step(from: found, Self.unescaped(token), context.arena)
        }
        guard parts[1].hasPrefix("/"), found.kind == .object || found.kind == .boolean else {
            throw .failed("Object has no key '\(reference.prefix(1_000))'")
        }
        return found
    }

    private static func step(from value: Value, _ token: String, _ arena: Arena) -> Value {
        if value.kind == .array, let index = Int64(token) {
            return value.element(.integer(index), arena: arena)
        }
        guard value.kind == .object else { return .undefined }
        return value.entries.first { $0.key.string == token }?.value ?? .undefined
    }

    /// `%25` and the like first, then `~1` and `~0`.
    private static func unescaped(_ token: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(token.utf8)[...]
        while let byte = rest.popFirst() {
            let isPercent = byte == 0x25
            let escaped = rest.prefix(isPercent ? 2 : 1)
            if isPercent, let code = UInt8(String(decoding: escaped, as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        var text: [UInt8] = []
        var left = bytes[...]
        while let byte = left.popFirst() {
            if byte == 0x7E, let next = left.first, next == 0x30 || next == 0x31 {
                text.append(next == 0x30 ? 0x7E : 0x2F)
                left = left.dropFirst()
            } else {
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func check(
        _ schema: Value, depth: Int, _ context: BuiltinContext
    ) throws(BuiltinError) {
        try context.charge(1)
        guard depth < Schema.depthMax else { throw .failed("schema is nested too deep") }
        if schema.kind == .boolean { return }
        guard schema.kind == .object else {
            throw .failed("schema is invalid: an object or a boolean is expected")
        }
        for (key, value) in schema.entries {
            try context.charge(1)
            guard let name = key.string else { continue }
            if name == "$ref", let reference = value.string { references.append(reference) }
            if name == "$id" || name == "id", let id = value.string { identified[id] = schema }
            try SchemaKeyword.check(name, value, context)
            for inner in SchemaKeyword.schemas(name, value) {
                try check(inner, depth: depth + 1, context)
            }
        }
    }
}
