import RegoMachine

/// What each keyword of a schema may hold.
enum SchemaKeyword {
    static let types: [String] = [
        "array", "boolean", "integer", "number", "null", "object", "string",
    ]

    /// The schemas that stand under a keyword.
    static func schemas(_ name: String, _ value: Value) -> [Value] {
        switch name {
        case "additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if",
            "then", "else":
            return [value]
        case "items": return value.kind == .array ? Array(value.elements) : [value]
        case "allOf", "anyOf", "oneOf": return Array(value.elements)
        case "properties", "patternProperties", "definitions":
            return value.entries.map { $0.value }
        case "dependencies": return value.entries.map { $0.value }.filter { $0.kind != .array }
        default: return []
        }
    }

    /// - Throws: `BuiltinError.failed` in gojsonschema's words.
    static func check(
        _ name: String, _ value: Value, _ context: BuiltinContext
    ) throws(BuiltinError) {
        switch name {
        case "type": try checkType(value)
        case "$ref", "pattern", "format":
            try expect(value.kind == .string, name, "string")
            if name == "pattern" { try checkPattern(value, context) }
        case "properties", "patternProperties", "definitions", "dependencies":
            try expect(value.kind == .object, name, "object")
            guard name == "patternProperties" else { return }
            for entry in value.entries { try checkPattern(entry.key, context) }
        case "allOf", "anyOf", "oneOf", "enum", "required":
            try expect(value.kind == .array, name, "array")
            if value.count == 0 && name != "required" {
                throw .failed("\(name) must be a non-empty array")
            }
        case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
            try expect(value.index != nil, name, "integer")
            try atLeastZero(value, name)
        case "minimum", "maximum": try expect(value.isNumber, name, "number")
        case "exclusiveMinimum", "exclusiveMaximum":
            try expect(value.isNumber || value.kind == .boolean, name, "number/boolean")
        case "multipleOf":
            try expect(value.isNumber, name, "number")
            if value <= .integer(0) { throw .failed("multipleOf must be strictly greater than 0") }
        case "uniqueItems": try expect(value.kind == .boolean, name, "boolean")
        default: return
        }
    }

    private static func atLeastZero(_ value: Value, _ name: String) throws(BuiltinError) {
        if value < .integer(0) { throw .failed("\(name) must be greater than or equal to 0") }
    }

    private static func expect(
        _ isRight: Bool, _ name: String, _ type: String
    ) throws(BuiltinError) {
        if !isRight { throw .failed("Invalid type. Expected: \(type), given: \(name)") }
    }

    private static func checkPattern(
        _ pattern: Value, _ context: BuiltinContext
    ) throws(BuiltinError) {
        do {
            _ = try Regex.compiled(pattern.bytes, context)
        } catch .failed {
            throw .failed("Invalid regex pattern '\(pattern.bytes.string.prefix(1_000))'")
        }
    }

    private static func checkType(_ value: Value) throws(BuiltinError) {
        let names = value.kind == .array ? Array(value.elements) : [value]
        for name in names {
            guard let text = name.string else {
                throw .failed("Invalid type. Expected: string/array, given: type")
            }
            guard types.contains(text) else {
                throw .failed(
                    "has a primitive type that is NOT VALID -- given: /\(text.prefix(1_000))/ "
                        + "Expected valid values are:[\(types.joined(separator: " "))]")
            }
        }
    }
}

extension Value {
    static func < (left: Value, right: Value) -> Bool { compare(left, right) < 0 }
    static func <= (left: Value, right: Value) -> Bool { compare(left, right) <= 0 }
}
