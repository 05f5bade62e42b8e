import RegoMachine

/// Values against the types of the places where they stand.
extension GraphQL.QueryRules {
    /// - Parameter type: `nil` within values of scalars that the schema declares: anything goes.
    /// - Parameter hasDefault: The place has a default, so that a variable there may be null.
    mutating func check(
        _ value: GraphQL.Literal, _ type: GraphQL.TypeReference?, hasDefault: Bool = false
    ) throws(Failure) {
        try GraphQL.charge(1, context)
        if value.kind == .variable { return try checkVariable(value, type, hasDefault) }
        try checkFieldNames(value)
        guard let type, let definition = schema.types[type.name] else {
            for child in value.children { try check(child.value, nil) }
            return
        }
        if value.kind == .null {
            if type.isRequired { throw mismatch(value, type) }
            return
        }
        let isCustom =
            definition.kind == .scalar
            && !["Int", "Float", "String", "Boolean", "ID"].contains(definition.name)
        switch value.kind {
        case .list:
            var element: GraphQL.TypeReference?
            if case .list(let inner, _) = type { element = inner }
            if element == nil && !isCustom { throw mismatch(value, type) }
            for child in value.children { try check(child.value, element) }
        case .object:
            try checkObject(value, type, definition, isCustom)
        default:
            guard isCustom || value.isScalar(of: definition) else {
                throw mismatch(value, type)
            }
        }
    }

    private func mismatch(
        _ value: GraphQL.Literal, _ type: GraphQL.TypeReference
    ) -> Failure {
        .refused(
            "Expected value of type \"\(type.text)\", found \(value.text).", value.position)
    }

    private func checkFieldNames(_ value: GraphQL.Literal) throws(Failure) {
        guard value.kind == .object else { return }
        var seen: Set<String> = []
        for child in value.children where !seen.insert(child.name).inserted {
            throw .refused(
                "There can be only one input field named \"\(child.name)\".", value.position)
        }
    }

    private mutating func checkObject(
        _ value: GraphQL.Literal, _ type: GraphQL.TypeReference,
        _ definition: GraphQL.Definition, _ isCustom: Bool
    ) throws(Failure) {
        guard definition.kind == .input else {
            if !isCustom { throw mismatch(value, type) }
            for child in value.children { try check(child.value, nil) }
            return
        }
        let given = Set(value.children.map(\.name))
        for field in definition.fields where field.isRequired && !given.contains(field.name) {
            throw .refused(
                "Field \"\(definition.name).\(field.name)\" of required type "
                    + "\"\(field.type.text)\" was not provided.", value.position)
        }
        if definition.directives.contains(where: { $0.name == "oneOf" }) {
            try checkOneOf(value, definition)
        }
        for child in value.children {
            try GraphQL.charge(definition.fields.count, context)
            guard let field = definition.field(child.name) else {
                throw .refused(
                    "Field \"\(child.name)\" is not defined by type \"\(definition.name)\".",
                    child.value.position)
            }
            try check(child.value, field.type, hasDefault: field.hasDefault)
        }
    }

    private func checkOneOf(
        _ value: GraphQL.Literal, _ definition: GraphQL.Definition
    ) throws(Failure) {
        guard value.children.count == 1, let only = value.children.first else {
            throw .refused(
                "OneOf Input Object \"\(definition.name)\" must specify exactly one key.",
                value.position)
        }
        if only.value.kind == .null {
            throw .refused(
                "Field \"\(definition.name).\(only.name)\" must be non-null.", value.position)
        }
        if only.value.kind == .variable, let variable = variables[only.value.raw],
            !variable.type.isRequired
        {
            throw .refused(
                "Variable \"$\(variable.name)\" is of type \"\(variable.type.text)\" but must be "
                    + "non-nullable to be used for OneOf Input Object \"\(definition.name)\".",
                variable.position)
        }
    }

    private mutating func checkVariable(
        _ value: GraphQL.Literal, _ type: GraphQL.TypeReference?, _ hasDefault: Bool
    ) throws(Failure) {
        // A fragment by itself has no variables: it is checked again where it is spread.
        guard let operation else { return }
        guard let variable = variables[value.raw] else {
            let place = operation.name.isEmpty ? "" : " by operation \"\(operation.name)\""
            throw .refused("Variable \"\(value.text)\" is not defined\(place).", value.position)
        }
        usedVariables.insert(variable.name)
        guard let type else { return }
        let isNeverNull = hasDefault || variable.defaultValue.map { $0.kind != .null } ?? false
        guard variable.type.fits(isNeverNull ? type.optional : type) else {
            throw .refused(
                "Variable \"\(value.text)\" of type \"\(variable.type.text)\" used in position "
                    + "expecting type \"\(type.text)\".", value.position)
        }
    }
}

extension GraphQL.Literal {
    /// Whether a scalar's text, number or name is one of a type of the language or of an enum.
    func isScalar(of type: GraphQL.Definition) -> Bool {
        switch kind {
        case .int:
            type.name == "Float" || (["Int", "ID"].contains(type.name) && Int64(raw) != nil)
        case .float: type.name == "Float"
        case .string, .block: type.name == "String" || type.name == "ID"
        case .boolean: type.name == "Boolean"
        case .enumeration:
            type.kind == .enumeration && type.values.contains { $0.name == raw }
        case .variable, .null, .list, .object: false
        }
    }

    /// As it would be written, without blanks.
    var text: String {
        switch kind {
        case .variable: "$" + raw
        case .string, .block: Quoted.text(raw)
        case .list: "[" + children.map(\.value.text).joined(separator: ",") + "]"
        case .object:
            "{" + children.map { $0.name + ":" + $0.value.text }.joined(separator: ",") + "}"
        default: raw
        }
    }
}
