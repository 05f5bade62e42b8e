import RegoMachine

/// Fields, their arguments and directives.
extension GraphQL.QueryRules {
    typealias Failure = GraphQL.Failure

    mutating func check(
        _ field: GraphQL.Field, _ parent: GraphQL.Definition
    ) throws(Failure) {
        guard let definition = schema.field(field.name, of: parent) else {
            throw .refused(
                "Cannot query field \"\(field.name)\" on type \"\(parent.name)\".", field.position)
        }
        try check(
            field.arguments, definition.arguments,
            of: "field \"\(parent.name).\(field.name)\"",
            asked: "Field \"\(field.name)\"", field.position)
        try check(field.directives, "FIELD")
        guard let type = schema.types[definition.type.name] else { return }
        if type.kind.isLeaf {
            if !field.selections.isEmpty {
                throw .refused(
                    "Field \"\(field.name)\" must not have a selection since type "
                        + "\"\(definition.type.text)\" has no subfields.", field.position)
            }
        } else if field.selections.isEmpty {
            throw .refused(
                "Field \"\(field.name)\" of type \"\(definition.type.text)\" must have a "
                    + "selection of subfields. Did you mean \"\(field.name) { ... }\"?",
                field.position)
        }
        try check(field.selections, type)
    }

    private mutating func check(
        _ arguments: [GraphQL.Argument], _ definitions: [GraphQL.FieldDefinition],
        of place: String, asked: String, _ position: GraphQL.Position
    ) throws(Failure) {
        var seen: Set<String> = []
        for argument in arguments {
            try GraphQL.charge(1 + definitions.count, context)
            if !seen.insert(argument.name).inserted {
                throw .refused(
                    "There can be only one argument named \"\(argument.name)\".",
                    argument.position)
            }
            guard let definition = definitions.first(where: { $0.name == argument.name }) else {
                throw .refused(
                    "Unknown argument \"\(argument.name)\" on \(place).", argument.position)
            }
            try check(
                argument.value, definition.type, hasDefault: definition.hasDefault)
        }
        for definition in definitions where definition.isRequired {
            if !seen.contains(definition.name) {
                throw .refused(
                    "\(asked) argument \"\(definition.name)\" of type "
                        + "\"\(definition.type.text)\" is required, but it was not provided.",
                    position)
            }
        }
    }

    mutating func check(
        _ directives: [GraphQL.Directive], _ location: String
    ) throws(Failure) {
        var seen: Set<String> = []
        for directive in directives {
            let name = directive.name
            guard let definition = schema.directives[name] else {
                throw .refused("Unknown directive \"@\(name)\".", directive.position)
            }
            guard definition.locations.contains(location) else {
                throw .refused(
                    "Directive \"@\(name)\" may not be used on \(location).", directive.position)
            }
            if !seen.insert(name).inserted && !definition.isRepeatable {
                throw .refused(
                    "The directive \"@\(name)\" can only be used once at this location.",
                    directive.position)
            }
            try check(
                directive.arguments, definition.arguments, of: "directive \"@\(name)\"",
                asked: "Directive \"@\(name)\"", directive.position)
        }
    }
}

extension GraphQL.FieldDefinition {
    /// A default that is not null.
    var hasDefault: Bool { defaultValue.map { $0.kind != .null } ?? false }
}

extension GraphQL.Schema {
    /// A field that the type declares, or that introspection adds to it.
    func field(_ name: String, of type: GraphQL.Definition) -> GraphQL.FieldDefinition? {
        if name == "__typename" {
            return GraphQL.FieldDefinition(name: name, type: .named("String", isRequired: false))
        }
        if type.name == roots["query"] {
            if name == "__schema" {
                return GraphQL.FieldDefinition(
                    name: name, type: .named("__Schema", isRequired: true))
            }
            if name == "__type" {
                let argument = GraphQL.FieldDefinition(
                    name: "name", type: .named("String", isRequired: true))
                return GraphQL.FieldDefinition(
                    name: name, arguments: [argument], type: .named("__Type", isRequired: false))
            }
        }
        return type.field(name)
    }
}
