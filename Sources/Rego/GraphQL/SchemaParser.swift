extension GraphQL.Parser {
    typealias Failure = GraphQL.Failure

    mutating func schemaDocument() throws(Failure) -> GraphQL.SchemaDocument {
        var document = GraphQL.SchemaDocument()
        while token.kind != .end {
            var notes = GraphQL.Notes()
            let description = description(&notes)
            notes.afterDescription = comments
            guard token.kind == .name else { throw unexpected }
            switch token.text {
            case "schema":
                document.schemas.append(try schema(description, notes))
            case "directive":
                document.directives.append(try directiveDefinition(description, notes))
            case "extend":
                if !description.isEmpty { throw unexpected(previous) }
                try extend(&document)
            default:
                document.definitions.append(try definition(description, notes))
            }
        }
        document.comments = comments
        return document
    }

    private mutating func description(_ notes: inout GraphQL.Notes) -> String {
        guard token.kind == .string || token.kind == .blockString else { return "" }
        let before = comments
        let text = next().text
        if !text.isEmpty { notes.beforeDescription = before }
        return text
    }

    private mutating func schema(
        _ description: String, _ notes: GraphQL.Notes
    ) throws(Failure) -> GraphQL.SchemaDefinition {
        next()
        var schema = GraphQL.SchemaDefinition(
            description: description, position: token.position, notes: notes)
        schema.directives = try directives(isConstant: true)
        (schema.roots, schema.notes.atEnd) =
            try some(.braceLeft, .braceRight) { parser throws(Failure) in
                try parser.root()
            }
        return schema
    }

    private mutating func root() throws(Failure) -> GraphQL.SchemaDefinition.Root {
        var root = GraphQL.SchemaDefinition.Root(position: token.position, comments: comments)
        guard ["query", "mutation", "subscription"].contains(token.text) else { throw unexpected }
        root.operation = next().text
        try expect(.colon)
        root.type = try name()
        return root
    }

    private mutating func extend(_ document: inout GraphQL.SchemaDocument) throws(Failure) {
        let notes = GraphQL.Notes(afterDescription: comments)
        next()
        if token.text == "schema" {
            let schema = try schema("", notes)
            if schema.directives.isEmpty && schema.roots.isEmpty { throw unexpected }
            document.schemaExtensions.append(schema)
            return
        }
        let type = try definition("", notes)
        if type.directives.isEmpty && type.interfaces.isEmpty && type.fields.isEmpty
            && type.types.isEmpty && type.values.isEmpty
        {
            throw unexpected
        }
        document.extensions.append(type)
    }

    private mutating func definition(
        _ description: String, _ notes: GraphQL.Notes
    ) throws(Failure) -> GraphQL.Definition {
        let kinds: [String: GraphQL.Definition.Kind] = [
            "scalar": .scalar, "type": .object, "interface": .interface, "union": .union,
            "enum": .enumeration, "input": .input,
        ]
        guard let kind = kinds[token.text] else { throw unexpected }
        next()
        var type = GraphQL.Definition(
            kind: kind, description: description, position: token.position, notes: notes)
        type.name = try name()
        if kind == .object || kind == .interface { type.interfaces = try interfaces() }
        type.directives = try directives(isConstant: true)
        switch kind {
        case .scalar: break
        case .union: type.types = skip(.equals) ? try names(.pipe) : []
        case .object, .interface: (type.fields, type.notes.atEnd) = try fields(areInput: false)
        case .input: (type.fields, type.notes.atEnd) = try fields(areInput: true)
        case .enumeration: (type.values, type.notes.atEnd) = try values()
        }
        return type
    }

    private mutating func interfaces() throws(Failure) -> [String] {
        guard isName("implements") else { return [] }
        next()
        return try names(.amp)
    }

    /// Names with a separator between them, and maybe before the first.
    private mutating func names(_ separator: GraphQL.Token.Kind) throws(Failure) -> [String] {
        _ = skip(separator)
        var names = [try name()]
        while skip(separator) { names.append(try name()) }
        return names
    }

    private mutating func values() throws(Failure) -> ([GraphQL.EnumValue], GraphQL.Comments) {
        try some(.braceLeft, .braceRight) { parser throws(Failure) in
            var value = GraphQL.EnumValue()
            value.description = parser.description(&value.notes)
            value.notes.afterDescription = parser.comments
            value.position = parser.token.position
            value.name = try parser.name()
            value.directives = try parser.directives(isConstant: true)
            return value
        }
    }

    private mutating func fields(
        areInput: Bool
    ) throws(Failure) -> ([GraphQL.FieldDefinition], GraphQL.Comments) {
        try some(.braceLeft, .braceRight) { parser throws(Failure) in
            try parser.fieldDefinition(isInput: areInput)
        }
    }

    private mutating func argumentDefinitions() throws(Failure) -> [GraphQL.FieldDefinition] {
        try some(.parenLeft, .parenRight) { parser throws(Failure) in
            try parser.fieldDefinition(isInput: true)
        }.elements
    }

    /// Input has defaults, output has arguments.
    private mutating func fieldDefinition(
        isInput: Bool
    ) throws(Failure) -> GraphQL.FieldDefinition {
        var field = GraphQL.FieldDefinition()
        field.description = description(&field.notes)
        field.notes.afterDescription = comments
        field.position = token.position
        field.name = try name()
        if !isInput { field.arguments = try argumentDefinitions() }
        try expect(.colon)
        field.type = try type()
        if isInput && skip(.equals) { field.defaultValue = try literal(isConstant: true) }
        field.directives = try directives(isConstant: true)
        return field
    }

    private mutating func directiveDefinition(
        _ description: String, _ notes: GraphQL.Notes
    ) throws(Failure) -> GraphQL.DirectiveDefinition {
        next()
        try expect(.at)
        var directive = GraphQL.DirectiveDefinition(
            description: description, position: token.position, notes: notes)
        directive.name = try name()
        directive.arguments = try argumentDefinitions()
        if isName("repeatable") {
            next()
            directive.isRepeatable = true
        }
        try expect(keyword: "on")
        _ = skip(.pipe)
        repeat {
            let location = try expect(.name)
            guard GraphQL.locations.contains(location.text) else { throw unexpected(location) }
            directive.locations.append(location.text)
        } while skip(.pipe)
        return directive
    }
}

extension GraphQL {
    /// Where directives may stand.
    /// - Source: GraphQL specification, section 3.13.
    static let locations: Set<String> = [
        "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT", "VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT",
        "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE", "UNION", "ENUM", "ENUM_VALUE",
        "INPUT_OBJECT", "INPUT_FIELD_DEFINITION",
    ]
}
