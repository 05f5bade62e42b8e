import RegoMachine

/// What a type that implements an interface owes it.
/// - Source: GraphQL specification, section 3.6, IsValidImplementation.
extension GraphQL.SchemaRules {
    func check(
        _ name: String, of type: GraphQL.Definition, _ schema: GraphQL.Schema
    ) throws(Failure) {
        guard let interface = schema.types[name] else {
            throw .refused("Undefined type \(Quoted.text(name)).", type.position)
        }
        guard interface.kind == .interface else {
            throw .refused(
                "\(Quoted.text(name)) is a non interface type \(interface.kind.rawValue).",
                type.position)
        }
        let claim = "For \(type.name) to implement \(name)"
        for wanted in interface.fields {
            try GraphQL.charge(1 + type.fields.count, context)
            guard let field = type.field(wanted.name) else {
                throw .refused(
                    "\(claim) it must have a field called \(wanted.name).", type.position)
            }
            guard isCovariant(wanted.type, field.type, schema) else {
                throw .refused(
                    "\(claim) the field \(wanted.name) must have type \(wanted.type.text).",
                    field.position)
            }
            try check(field, wanted, claim)
        }
        for further in interface.interfaces where !type.interfaces.contains(further) {
            if further == type.name {
                throw .refused(
                    "Type \(type.name) cannot implement \(name) because it would create a "
                        + "circular reference.", type.position)
            }
            throw .refused(
                "Type \(type.name) must implement \(further) because it is implemented by "
                    + "\(name).", type.position)
        }
    }

    private func check(
        _ field: GraphQL.FieldDefinition, _ wanted: GraphQL.FieldDefinition, _ claim: String
    ) throws(Failure) {
        try GraphQL.charge(wanted.arguments.count * field.arguments.count, context)
        for argument in wanted.arguments {
            guard let found = field.argument(argument.name) else {
                throw .refused(
                    "\(claim) the field \(wanted.name) must have the same arguments but it is "
                        + "missing \(argument.name).", field.position)
            }
            guard argument.type.fits(found.type) else {
                throw .refused(
                    "\(claim) the field \(wanted.name) must have the same arguments but "
                        + "\(argument.name) has the wrong type.", found.position)
            }
        }
        for argument in field.arguments
        where argument.isRequired && wanted.argument(argument.name) == nil {
            throw .refused(
                "\(claim) any additional arguments on \(field.name) must be optional or have a "
                    + "default value but \(argument.name) is required.", argument.position)
        }
    }

    private func isCovariant(
        _ wanted: GraphQL.TypeReference, _ found: GraphQL.TypeReference, _ schema: GraphQL.Schema
    ) -> Bool {
        if wanted.isRequired && !found.isRequired { return false }
        switch (wanted, found) {
        case (.named(let outer, _), .named(let inner, _)):
            return outer == inner || schema.possibleTypes[outer]?.contains(inner) == true
        case (.list(let outer, _), .list(let inner, _)):
            return isCovariant(outer, inner, schema)
        default: return false
        }
    }
}

extension GraphQL.TypeReference {
    /// Whether a value of this type may stand where `place` is asked for.
    func fits(_ place: GraphQL.TypeReference) -> Bool {
        if place.isRequired && !isRequired { return false }
        switch (self, place) {
        case (.named(let name, _), .named(let other, _)): return name == other
        case (.list(let element, _), .list(let other, _)): return element.fits(other)
        default: return false
        }
    }
}
