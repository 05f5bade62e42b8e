extension GraphQL {
    /// Comments before a node, each with its `#`.
    typealias Comments = [String]

    struct QueryDocument {
        var operations: [Operation] = []
        var fragments: [Fragment] = []
    }

    struct Operation {
        /// `query`, `mutation` or `subscription`; a tree may leave it empty, for `query`.
        var kind = "query"
        var name = ""
        var variables: [VariableDefinition] = []
        var directives: [Directive] = []
        var selections: [Selection] = []
        var position = Position()
        var comments: Comments = []
    }

    struct VariableDefinition {
        var name = ""
        var type = TypeReference.named("", isRequired: false)
        var defaultValue: Literal?
        var directives: [Directive] = []
        var position = Position()
        var comments: Comments = []
    }

    struct Fragment {
        var name = ""
        var variables: [VariableDefinition] = []
        var typeCondition = ""
        var directives: [Directive] = []
        var selections: [Selection] = []
        var position = Position()
        var comments: Comments = []
    }

    indirect enum Selection {
        case field(Field)
        case spread(Spread)
        case inline(InlineFragment)
    }

    struct Field {
        var alias = ""
        var name = ""
        var arguments: [Argument] = []
        var directives: [Directive] = []
        var selections: [Selection] = []
        var position = Position()
        var comments: Comments = []
    }

    struct Spread {
        var name = ""
        var directives: [Directive] = []
        var position = Position()
        var comments: Comments = []
    }

    struct InlineFragment {
        /// Empty where there is none.
        var typeCondition = ""
        var directives: [Directive] = []
        var selections: [Selection] = []
        var position = Position()
        var comments: Comments = []
    }

    struct Argument {
        var name = ""
        var value = Literal()
        var position = Position()
        var comments: Comments = []
    }

    struct Directive {
        var name = ""
        var arguments: [Argument] = []
        var position = Position()
    }

    /// A value as it is written.
    struct Literal {
        /// The numbers are those of the trees that policies see.
        enum Kind: Int {
            case variable, int, float, string, block, boolean, null, enumeration, list, object
        }

        var kind = Kind.variable
        /// The text of a scalar, the name of a variable.
        var raw = ""
        /// Elements without a name, or an object's fields.
        var children: [Child] = []
        var position = Position()
        var comments: Comments = []

        struct Child {
            var name = ""
            var value: Literal
            var comments: Comments = []
        }
    }

    indirect enum TypeReference: Hashable {
        case named(String, isRequired: Bool)
        case list(TypeReference, isRequired: Bool)

        var isRequired: Bool {
            switch self {
            case .named(_, let isRequired), .list(_, let isRequired): isRequired
            }
        }

        /// The named type at the bottom of all lists.
        var name: String {
            switch self {
            case .named(let name, _): name
            case .list(let element, _): element.name
            }
        }

        var text: String {
            switch self {
            case .named(let name, let isRequired): name + (isRequired ? "!" : "")
            case .list(let element, let isRequired): "[\(element.text)]" + (isRequired ? "!" : "")
            }
        }

        var optional: TypeReference {
            switch self {
            case .named(let name, _): .named(name, isRequired: false)
            case .list(let element, _): .list(element, isRequired: false)
            }
        }
    }
}
