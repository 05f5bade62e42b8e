import RegoMachine

/// One way in which a document is not what its schema asks for.
struct SchemaMismatch {
    let field: String
    let type: String
    let description: String
}

/// One document measured against a schema; it collects every mismatch.
/// - Source: draft-wright-json-schema-validation-01; words and kinds of gojsonschema.
struct SchemaValidation {
    let schema: Schema
    let context: BuiltinContext
    var mismatches: [SchemaMismatch] = []
    private var path: [String] = []
    private var depth = 0

    init(_ schema: Schema, _ context: BuiltinContext) {
        self.schema = schema
        self.context = context
    }

    /// - Throws: `BuiltinError.failed` where references lead in a circle; what it costs is charged.
    mutating func validate(_ value: Value, by rule: Value) throws(BuiltinError) {
        try context.charge(1)
        depth += 1
        defer { depth -= 1 }
        guard depth < Schema.depthMax else {
            throw .failed("schema refers to itself too often (\(Schema.depthMax) times at most)")
        }
        guard rule.kind == .object else {
            if rule.isFalse { note("false", "False always fails validation") }
            return
        }
        if let reference = keyword("$ref", rule)?.string {
            return try validate(value, by: schema.target(of: reference, context))
        }
        if let type = keyword("type", rule), !matches(value, type) {
            let names = type.kind == .array ? Array(type.elements) : [type]
            let expected = names.compactMap { $0.string }.joined(separator: ",")
            return note(
                "invalid_type", "Invalid type. Expected: \(expected), given: \(typeName(value))")
        }
        try validateCombinators(value, rule)
        try validateMembership(value, rule)
        switch value.kind {
        case .object: try validateObject(value, rule)
        case .array: try validateArray(value, rule)
        case .string: try validateText(value, rule)
        case .integer, .decimal: try validateNumber(value, rule)
        default: return
        }
    }

    /// Validates a part of the value: a property or an element.
    mutating func validate(
        _ part: Value, at name: String, by rule: Value
    ) throws(BuiltinError) {
        path.append(name)
        defer { path.removeLast() }
        try validate(part, by: rule)
    }

    /// What is wrong with a value by another schema, not counted yet.
    mutating func trial(_ value: Value, by rule: Value) throws(BuiltinError) -> [SchemaMismatch] {
        let kept = mismatches
        mismatches = []
        defer { mismatches = kept }
        try validate(value, by: rule)
        return mismatches
    }

    func keyword(_ name: StaticString, _ rule: Value) -> Value? {
        let value = rule.element(.literal(name), arena: context.arena)
        return value.isUndefined ? nil : value
    }

    var field: String { path.isEmpty ? "(root)" : path.joined(separator: ".") }

    mutating func note(_ type: String, _ description: String) {
        mismatches.append(
            SchemaMismatch(field: field, type: type, description: description))
    }

    func text(_ value: Value) throws(BuiltinError) -> String {
        var text = try TextBuilder(in: context.arena)
        try JSONWriter.write(value, to: &text)
        try context.charge(1 + text.count / 16)
        return text.bytes.string
    }

    private func typeName(_ value: Value) -> String {
        value.isNumber && isInteger(value) ? "integer" : value.typeName
    }

    private func isInteger(_ value: Value) -> Bool {
        value.kind == .integer || value.index != nil
            || (try? Numbers.remainder(value, .integer(1), context.arena)) != nil
    }

    private func matches(_ value: Value, _ type: Value) -> Bool {
        let names = type.kind == .array ? Array(type.elements) : [type]
        return names.contains { name in
            guard let text = name.string else { return false }
            return text == value.typeName || text == "integer" && value.isNumber && isInteger(value)
        }
    }
}

extension SchemaValidation {
    private mutating func validateMembership(
        _ value: Value, _ rule: Value
    ) throws(BuiltinError) {
        if let constant = keyword("const", rule), constant != value {
            note("const", "\(field) does not match: \(try text(constant))")
        }
        if let choices = keyword("enum", rule) {
            try context.charge(choices.elements.count)
            guard !choices.elements.contains(value) else { return }
            var allowed: [String] = []
            for choice in choices.elements { allowed.append(try text(choice)) }
            let list = allowed.joined(separator: ", ")
            note("enum", "\(field) must be one of the following: \(list)")
        }
    }

    private mutating func validateCombinators(
        _ value: Value, _ rule: Value
    ) throws(BuiltinError) {
        if let choices = keyword("anyOf", rule) {
            let (count, best) = try count(value, choices)
            if count == 0 {
                note("number_any_of", "Must validate at least one schema (anyOf)")
                mismatches += best
            }
        }
        if let choices = keyword("oneOf", rule) {
            let (count, best) = try count(value, choices)
            if count != 1 { note("number_one_of", "Must validate one and only one schema (oneOf)") }
            if count == 0 { mismatches += best }
        }
        if let all = keyword("allOf", rule) {
            let before = mismatches.count
            for inner in all.elements { try validate(value, by: inner) }
            if mismatches.count > before {
                note("number_all_of", "Must validate all the schemas (allOf)")
            }
        }
        if let refused = keyword("not", rule), try trial(value, by: refused).isEmpty {
            note("number_not", "Must not validate the schema (not)")
        }
        guard let condition = keyword("if", rule) else { return }
        let holds = try trial(value, by: condition).isEmpty
        guard let inner = keyword(holds ? "then" : "else", rule) else { return }
        let found = try trial(value, by: inner)
        guard !found.isEmpty else { return }
        note(
            holds ? "condition_then" : "condition_else",
            holds
                ? "Must validate \"then\" as \"if\" was valid"
                : "Must validate \"else\" as \"if\" was not valid")
        mismatches += found
    }

    /// How many schemas accept the value, and what the least offended one of the others says.
    private mutating func count(
        _ value: Value, _ choices: Value
    ) throws(BuiltinError) -> (Int, [SchemaMismatch]) {
        var accepted = 0
        var best: [SchemaMismatch]?
        for choice in choices.elements {
            let found = try trial(value, by: choice)
            if found.isEmpty { accepted += 1 }
            if found.count < best?.count ?? .max { best = found }
        }
        return (accepted, best ?? [])
    }
}
