extension GraphQL.Parser {
    mutating func queryDocument() throws(GraphQL.Failure) -> GraphQL.QueryDocument {
        var document = GraphQL.QueryDocument()
        while token.kind != .end {
            switch (token.kind, token.text) {
            case (.braceLeft, _), (.name, "query"), (.name, "mutation"), (.name, "subscription"):
                document.operations.append(try operation())
            case (.name, "fragment"): document.fragments.append(try fragment())
            default: throw unexpected
            }
        }
        return document
    }

    private mutating func operation() throws(GraphQL.Failure) -> GraphQL.Operation {
        var operation = GraphQL.Operation(position: token.position)
        if token.kind != .braceLeft {
            operation.comments = comments
            operation.kind = next().text
            if token.kind == .name { operation.name = next().text }
            operation.variables = try variables()
            operation.directives = try directives(isConstant: false)
        }
        operation.selections = try selections()
        return operation
    }

    private mutating func variables() throws(GraphQL.Failure) -> [GraphQL.VariableDefinition] {
        try some(.parenLeft, .parenRight) { parser throws(GraphQL.Failure) in
            var variable = GraphQL.VariableDefinition(
                position: parser.token.position, comments: parser.comments)
            try parser.expect(.dollar)
            variable.name = try parser.name()
            try parser.expect(.colon)
            variable.type = try parser.type()
            if parser.skip(.equals) {
                variable.defaultValue = try parser.literal(isConstant: true)
            }
            variable.directives = try parser.directives(isConstant: false)
            return variable
        }.elements
    }

    private mutating func selections() throws(GraphQL.Failure) -> [GraphQL.Selection] {
        guard token.kind == .braceLeft else {
            throw .refused("Expected {, found \(token.kind.rawValue)", token.position)
        }
        return try some(.braceLeft, .braceRight) { parser throws(GraphQL.Failure) in
            parser.token.kind == .spread ? try parser.spread() : .field(try parser.field())
        }.elements
    }

    private mutating func field() throws(GraphQL.Failure) -> GraphQL.Field {
        var field = GraphQL.Field(position: token.position, comments: comments)
        field.alias = try name()
        field.name = skip(.colon) ? try name() : field.alias
        field.arguments = try arguments(isConstant: false)
        field.directives = try directives(isConstant: false)
        if token.kind == .braceLeft { field.selections = try selections() }
        return field
    }

    private mutating func spread() throws(GraphQL.Failure) -> GraphQL.Selection {
        let comments = comments
        next()
        let position = token.position
        if token.kind == .name && token.text != "on" {
            let name = try name()
            let directives = try directives(isConstant: false)
            return .spread(
                GraphQL.Spread(
                    name: name, directives: directives, position: position, comments: comments))
        }
        var fragment = GraphQL.InlineFragment(position: position, comments: comments)
        if isName("on") {
            next()
            fragment.typeCondition = try name()
        }
        fragment.directives = try directives(isConstant: false)
        fragment.selections = try selections()
        return .inline(fragment)
    }

    private mutating func fragment() throws(GraphQL.Failure) -> GraphQL.Fragment {
        var fragment = GraphQL.Fragment(position: token.position, comments: comments)
        next()
        if isName("on") { throw unexpected }
        fragment.name = try name()
        fragment.variables = try variables()
        try expect(keyword: "on")
        fragment.typeCondition = try name()
        fragment.directives = try directives(isConstant: false)
        fragment.selections = try selections()
        return fragment
    }
}
