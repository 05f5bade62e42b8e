extension GraphQL {
    struct SchemaDocument {
        var schemas: [SchemaDefinition] = []
        var schemaExtensions: [SchemaDefinition] = []
        var directives: [DirectiveDefinition] = []
        var definitions: [Definition] = []
        var extensions: [Definition] = []
        var comments: Comments = []
    }

    /// The comments around a definition of a schema.
    struct Notes {
        var beforeDescription: Comments = []
        var afterDescription: Comments = []
        var atEnd: Comments = []
    }

    struct SchemaDefinition {
        var description = ""
        var directives: [Directive] = []
        var roots: [Root] = []
        var position = Position()
        var notes = Notes()

        /// The type that operations of one kind start from.
        struct Root {
            var operation = ""
            var type = ""
            var position = Position()
            var comments: Comments = []
        }
    }

    /// A type, or an extension of one.
    struct Definition {
        enum Kind: String {
            case scalar = "SCALAR"
            case object = "OBJECT"
            case interface = "INTERFACE"
            case union = "UNION"
            case enumeration = "ENUM"
            case input = "INPUT_OBJECT"

            var isComposite: Bool { self == .object || self == .interface || self == .union }
            var isInput: Bool { self == .scalar || self == .enumeration || self == .input }
            var isLeaf: Bool { self == .scalar || self == .enumeration }
        }

        var kind = Kind.scalar
        var description = ""
        var name = ""
        var directives: [Directive] = []
        var interfaces: [String] = []
        var fields: [FieldDefinition] = []
        /// The members of a union.
        var types: [String] = []
        var values: [EnumValue] = []
        var position = Position()
        var isBuiltIn = false
        var notes = Notes()

        func field(_ name: String) -> FieldDefinition? { fields.first { $0.name == name } }
    }

    /// A field of an object, interface or input object; an argument of a field or directive.
    struct FieldDefinition {
        var description = ""
        var name = ""
        var arguments: [FieldDefinition] = []
        var defaultValue: Literal?
        var type = TypeReference.named("", isRequired: false)
        var directives: [Directive] = []
        var position = Position()
        var notes = Notes()

        /// Must be given: neither null nor a default stands in.
        var isRequired: Bool { type.isRequired && defaultValue == nil }

        func argument(_ name: String) -> FieldDefinition? { arguments.first { $0.name == name } }
    }

    struct EnumValue {
        var description = ""
        var name = ""
        var directives: [Directive] = []
        var position = Position()
        var notes = Notes()
    }

    struct DirectiveDefinition {
        var description = ""
        var name = ""
        var arguments: [FieldDefinition] = []
        var locations: [String] = []
        var isRepeatable = false
        var position = Position()
        var notes = Notes()

        func argument(_ name: String) -> FieldDefinition? { arguments.first { $0.name == name } }
    }
}
