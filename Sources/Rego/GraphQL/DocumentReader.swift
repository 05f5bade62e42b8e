import RegoMachine

extension GraphQL.TreeReader {
    typealias Failure = GraphQL.Failure

    func queryDocument(_ object: Value) throws(Failure) -> GraphQL.QueryDocument {
        GraphQL.QueryDocument(
            operations: try list(object, "Operations") { reader, value throws(Failure) in
                GraphQL.Operation(
                    kind: try reader.text(value, "Operation"),
                    name: try reader.text(value, "Name"),
                    variables: try reader.variables(value, "VariableDefinitions"),
                    directives: try reader.directives(value),
                    selections: try reader.selections(value),
                    comments: try reader.comments(value))
            },
            fragments: try list(object, "Fragments") { reader, value throws(Failure) in
                GraphQL.Fragment(
                    name: try reader.text(value, "Name"),
                    variables: try reader.variables(value, "VariableDefinition"),
                    typeCondition: try reader.text(value, "TypeCondition"),
                    directives: try reader.directives(value),
                    selections: try reader.selections(value),
                    comments: try reader.comments(value))
            })
    }

    private func variables(
        _ object: Value, _ name: String
    ) throws(Failure) -> [GraphQL.VariableDefinition] {
        try list(object, name) { reader, value throws(Failure) in
            GraphQL.VariableDefinition(
                name: try reader.text(value, "Variable"),
                type: try reader.type(value, "Type"),
                defaultValue: try reader.literal(value, "DefaultValue"),
                directives: try reader.directives(value),
                comments: try reader.comments(value))
        }
    }

    /// Everything selected is a field to OPA, which reads any object as one: a tree that spreads
    /// fragments is therefore never valid.
    private func selections(_ object: Value) throws(Failure) -> [GraphQL.Selection] {
        try list(object, "SelectionSet") { reader, value throws(Failure) in
            .field(
                GraphQL.Field(
                    alias: try reader.text(value, "Alias"),
                    name: try reader.text(value, "Name"),
                    arguments: try reader.arguments(value),
                    directives: try reader.directives(value),
                    selections: try reader.selections(value),
                    comments: try reader.comments(value)))
        }
    }

    func schemaDocument(_ object: Value) throws(Failure) -> GraphQL.SchemaDocument {
        GraphQL.SchemaDocument(
            schemas: try schemas(object, "Schema"),
            schemaExtensions: try schemas(object, "SchemaExtension"),
            directives: try list(object, "Directives") { reader, value throws(Failure) in
                GraphQL.DirectiveDefinition(
                    description: try reader.text(value, "Description"),
                    name: try reader.text(value, "Name"),
                    arguments: try reader.fields(value, "Arguments"),
                    locations: try reader.texts(value, "Locations"),
                    isRepeatable: try reader.flag(value, "IsRepeatable"),
                    notes: try reader.notes(value))
            },
            definitions: try definitions(object, "Definitions"),
            extensions: try definitions(object, "Extensions"),
            comments: try comments(object))
    }

    private func schemas(
        _ object: Value, _ name: String
    ) throws(Failure) -> [GraphQL.SchemaDefinition] {
        try list(object, name) { reader, value throws(Failure) in
            GraphQL.SchemaDefinition(
                description: try reader.text(value, "Description"),
                directives: try reader.directives(value),
                roots: try reader.list(value, "OperationTypes") { reader, root throws(Failure) in
                    GraphQL.SchemaDefinition.Root(
                        operation: try reader.text(root, "Operation"),
                        type: try reader.text(root, "Type"),
                        comments: try reader.comments(root))
                },
                notes: try reader.notes(value))
        }
    }

    private func definitions(
        _ object: Value, _ name: String
    ) throws(Failure) -> [GraphQL.Definition] {
        try list(object, name) { reader, value throws(Failure) in
            let kind = try reader.text(value, "Kind")
            guard let known = GraphQL.Definition.Kind(rawValue: kind) else {
                throw .notATree("`\(kind)` is no kind of type")
            }
            return GraphQL.Definition(
                kind: known,
                description: try reader.text(value, "Description"),
                name: try reader.text(value, "Name"),
                directives: try reader.directives(value),
                interfaces: try reader.texts(value, "Interfaces"),
                fields: try reader.fields(value, "Fields"),
                types: try reader.texts(value, "Types"),
                values: try reader.list(value, "EnumValues") { reader, named throws(Failure) in
                    GraphQL.EnumValue(
                        description: try reader.text(named, "Description"),
                        name: try reader.text(named, "Name"),
                        directives: try reader.directives(named),
                        notes: try reader.notes(named))
                },
                isBuiltIn: try reader.flag(value, "BuiltIn"),
                notes: try reader.notes(value))
        }
    }

    private func fields(
        _ object: Value, _ name: String
    ) throws(Failure) -> [GraphQL.FieldDefinition] {
        try list(object, name) { reader, value throws(Failure) in
            GraphQL.FieldDefinition(
                description: try reader.text(value, "Description"),
                name: try reader.text(value, "Name"),
                arguments: try reader.fields(value, "Arguments"),
                defaultValue: try reader.literal(value, "DefaultValue"),
                type: try reader.type(value, "Type"),
                directives: try reader.directives(value),
                notes: try reader.notes(value))
        }
    }
}
