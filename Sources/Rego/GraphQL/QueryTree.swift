/// Queries as policies see them: members are named as in OPA.
extension GraphQL.QueryDocument {
    var tree: GraphQL.TreeNode {
        .object([
            ("Operations", .list(operations.map(\.tree))),
            ("Fragments", .list(fragments.map(\.tree))),
        ])
    }
}

extension GraphQL.Operation {
    var tree: GraphQL.TreeNode {
        .object([
            ("Operation", .text(kind)),
            ("Name", .text(name)),
            ("VariableDefinitions", .list(variables.map(\.tree))),
            ("Directives", .list(directives.map(\.tree))),
            ("SelectionSet", .list(selections.map(\.tree))),
            ("Comment", .comments(comments)),
        ])
    }
}

extension GraphQL.VariableDefinition {
    var tree: GraphQL.TreeNode {
        .object([
            ("Variable", .text(name)),
            ("Type", type.tree),
            ("DefaultValue", defaultValue?.tree ?? .absent),
            ("Directives", .list(directives.map(\.tree))),
            ("Comment", .comments(comments)),
            ("Used", .flag(false)),
        ])
    }
}

extension GraphQL.Fragment {
    var tree: GraphQL.TreeNode {
        .object([
            ("Name", .text(name)),
            ("VariableDefinition", .list(variables.map(\.tree))),
            ("TypeCondition", .text(typeCondition)),
            ("Directives", .list(directives.map(\.tree))),
            ("SelectionSet", .list(selections.map(\.tree))),
            ("Comment", .comments(comments)),
        ])
    }
}

extension GraphQL.Selection {
    var tree: GraphQL.TreeNode {
        switch self {
        case .field(let field):
            .object([
                ("Alias", .text(field.alias)),
                ("Name", .text(field.name)),
                ("Arguments", .list(field.arguments.map(\.tree))),
                ("Directives", .list(field.directives.map(\.tree))),
                ("SelectionSet", .list(field.selections.map(\.tree))),
                ("Comment", .comments(field.comments)),
            ])
        case .spread(let spread):
            .object([
                ("Name", .text(spread.name)),
                ("Directives", .list(spread.directives.map(\.tree))),
                ("Comment", .comments(spread.comments)),
            ])
        case .inline(let fragment):
            .object([
                ("TypeCondition", .text(fragment.typeCondition)),
                ("Directives", .list(fragment.directives.map(\.tree))),
                ("SelectionSet", .list(fragment.selections.map(\.tree))),
                ("Comment", .comments(fragment.comments)),
            ])
        }
    }
}

extension GraphQL.Argument {
    var tree: GraphQL.TreeNode {
        .object([
            ("Name", .text(name)), ("Value", value.tree), ("Comment", .comments(comments)),
        ])
    }
}

extension GraphQL.Directive {
    var tree: GraphQL.TreeNode {
        .object([
            ("Name", .text(name)),
            ("Arguments", .list(arguments.map(\.tree))),
            ("Location", .text("")),
        ])
    }
}

extension GraphQL.Literal {
    var tree: GraphQL.TreeNode {
        .object([
            ("Raw", .text(raw)),
            ("Kind", .number(kind.rawValue)),
            ("Children", .list(children.map(\.tree))),
            ("Comment", .comments(comments)),
            ("ExpectedTypeHasDefault", .flag(false)),
        ])
    }
}

extension GraphQL.Literal.Child {
    var tree: GraphQL.TreeNode {
        .object([
            ("Name", .text(name)), ("Value", value.tree), ("Comment", .comments(comments)),
        ])
    }
}

extension GraphQL.TypeReference {
    var tree: GraphQL.TreeNode {
        switch self {
        case .named(let name, let isRequired):
            .object([("NamedType", .text(name)), ("NonNull", .flag(isRequired))])
        case .list(let element, let isRequired):
            .object([
                ("NamedType", .text("")), ("Elem", element.tree), ("NonNull", .flag(isRequired)),
            ])
        }
    }
}
