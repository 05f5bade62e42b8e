import RegoMachine

extension GraphQL {
    /// What a schema must keep to, apart from its grammar. The first rule broken ends the check;
    /// types and directives are looked at in the order of their names.
    /// - Source: GraphQL specification, section 3; OPA's `graphql.schema_is_valid`.
    struct SchemaRules {
        let context: BuiltinContext

        init(_ context: BuiltinContext) { self.context = context }

        func check(_ schema: Schema) throws(Failure) {
            for (_, type) in schema.types.sorted(by: { $0.key < $1.key }) {
                try check(type, schema)
            }
            try checkInputCycles(schema)
            for (_, directive) in schema.directives.sorted(by: { $0.key < $1.key }) {
                try check(name: directive.name, directive.position)
                try check(directive.arguments, schema, within: directive.name)
            }
        }

        private func check(_ type: Definition, _ schema: Schema) throws(Failure) {
            let location = type.kind == .input ? "INPUT_FIELD_DEFINITION" : "FIELD_DEFINITION"
            for field in type.fields {
                try check(name: field.name, field.position)
                try check(reference: field.type, field.position, schema)
                try check(field.arguments, schema)
                try check(field.directives, location, schema)
            }
            for member in type.types {
                guard let found = schema.types[member] else {
                    throw .refused("Undefined type \(Quoted.text(member)).", type.position)
                }
                guard found.kind == .object else {
                    throw .refused(
                        "\(type.kind.rawValue) type \(Quoted.text(member)) must be OBJECT.",
                        type.position)
                }
            }
            for interface in type.interfaces { try check(interface, of: type, schema) }
            try checkKind(type, schema)
            try checkUniqueness(type)
            if !type.isBuiltIn { try check(name: type.name, type.position) }
            try check(type.directives, type.kind.rawValue, schema, onePlace: false)
        }

        private func checkKind(_ type: Definition, _ schema: Schema) throws(Failure) {
            let named = "\(type.kind.rawValue) \(type.name)"
            switch type.kind {
            case .object, .interface:
                if type.fields.isEmpty {
                    throw .refused("\(named): must define one or more fields.", type.position)
                }
                for field in type.fields where schema.types[field.type.name]?.kind == .input {
                    throw .refused(
                        "\(named): field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM.",
                        field.position)
                }
            case .enumeration:
                if type.values.isEmpty {
                    throw .refused(
                        "\(named): must define one or more unique enum values.", type.position)
                }
                for value in type.values {
                    if ["true", "false", "null"].contains(value.name) {
                        throw .refused("\(named): non-enum value \(value.name).", type.position)
                    }
                    try check(value.directives, "ENUM_VALUE", schema)
                }
            case .input:
                if type.fields.isEmpty {
                    throw .refused("\(named): must define one or more input fields.", type.position)
                }
                for field in type.fields {
                    guard let kind = schema.types[field.type.name]?.kind, !kind.isInput else {
                        continue
                    }
                    throw .refused(
                        "\(kind.rawValue) \(field.name): field must be one of SCALAR, ENUM, "
                            + "INPUT_OBJECT.", field.position)
                }
            case .scalar, .union: break
            }
        }

        private func checkUniqueness(_ type: Definition) throws(Failure) {
            var names: Set<String> = []
            for field in type.fields where !names.insert(field.name).inserted {
                throw .refused(
                    "Field \(type.name).\(field.name) can only be defined once.", field.position)
            }
            names = []
            for value in type.values where !names.insert(value.name).inserted {
                throw .refused(
                    "Enum value \(type.name).\(value.name) can only be defined once.",
                    value.position)
            }
            names = []
            for member in type.types where !names.insert(member).inserted {
                throw .refused(
                    "Union type \(type.name) can only include type \(member) once.", type.position)
            }
        }

        func check(name: String, _ position: Position) throws(Failure) {
            try GraphQL.charge(1, context)
            guard name.hasPrefix("__") else { return }
            throw .refused(
                "Name \"\(name)\" must not begin with \"__\", which is reserved by GraphQL "
                    + "introspection.", position)
        }

        func check(
            reference: TypeReference, _ position: Position, _ schema: Schema
        ) throws(Failure) {
            guard schema.types[reference.name] == nil else { return }
            throw .refused("Undefined type \(reference.name).", position)
        }
    }
}
