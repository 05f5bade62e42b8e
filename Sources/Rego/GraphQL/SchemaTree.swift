/// Schemas as policies see them: members are named as in OPA.
extension GraphQL.SchemaDocument {
    var tree: GraphQL.TreeNode {
        .object([
            ("Schema", .list(schemas.map(\.tree))),
            ("SchemaExtension", .list(schemaExtensions.map(\.tree))),
            ("Directives", .list(directives.map(\.tree))),
            ("Definitions", .list(definitions.map(\.tree))),
            ("Extensions", .list(extensions.map(\.tree))),
            ("Comment", .comments(comments)),
        ])
    }
}

extension GraphQL.Notes {
    var members: [(String, GraphQL.TreeNode)] {
        [
            ("BeforeDescriptionComment", .comments(beforeDescription)),
            ("AfterDescriptionComment", .comments(afterDescription)),
            ("EndOfDefinitionComment", .comments(atEnd)),
        ]
    }
}

extension GraphQL.SchemaDefinition {
    var tree: GraphQL.TreeNode {
        .object(
            [
                ("Description", .text(description)),
                ("Directives", .list(directives.map(\.tree))),
                ("OperationTypes", .list(roots.map(\.tree))),
            ] + notes.members)
    }
}

extension GraphQL.SchemaDefinition.Root {
    var tree: GraphQL.TreeNode {
        .object([
            ("Operation", .text(operation)), ("Type", .text(type)),
            ("Comment", .comments(comments)),
        ])
    }
}

extension GraphQL.Definition {
    var tree: GraphQL.TreeNode {
        .object(
            [
                ("Kind", .text(kind.rawValue)),
                ("Description", .text(description)),
                ("Name", .text(name)),
                ("Directives", .list(directives.map(\.tree))),
                ("Interfaces", .texts(interfaces)),
                ("Fields", .list(fields.map(\.tree))),
                ("Types", .texts(types)),
                ("EnumValues", .list(values.map(\.tree))),
                ("BuiltIn", .flag(isBuiltIn)),
            ] + notes.members)
    }
}

extension GraphQL.FieldDefinition {
    var tree: GraphQL.TreeNode {
        .object(
            [
                ("Description", .text(description)),
                ("Name", .text(name)),
                ("Arguments", .list(arguments.map(\.tree))),
                ("DefaultValue", defaultValue?.tree ?? .absent),
                ("Type", type.tree),
                ("Directives", .list(directives.map(\.tree))),
            ] + notes.members)
    }
}

extension GraphQL.EnumValue {
    var tree: GraphQL.TreeNode {
        .object(
            [
                ("Description", .text(description)),
                ("Name", .text(name)),
                ("Directives", .list(directives.map(\.tree))),
            ] + notes.members)
    }
}

extension GraphQL.DirectiveDefinition {
    var tree: GraphQL.TreeNode {
        .object(
            [
                ("Description", .text(description)),
                ("Name", .text(name)),
                ("Arguments", .list(arguments.map(\.tree))),
                ("Locations", .texts(locations)),
                ("IsRepeatable", .flag(isRepeatable)),
            ] + notes.members)
    }
}
