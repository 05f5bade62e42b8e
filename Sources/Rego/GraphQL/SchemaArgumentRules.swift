/// Arguments and directives of a schema.
extension GraphQL.SchemaRules {
    typealias Failure = GraphQL.Failure

    func check(
        _ arguments: [GraphQL.FieldDefinition], _ schema: GraphQL.Schema,
        within directive: String? = nil
    ) throws(Failure) {
        for argument in arguments {
            try check(name: argument.name, argument.position)
            try check(reference: argument.type, argument.position, schema)
            if let kind = schema.types[argument.type.name]?.kind, !kind.isInput {
                throw .refused(
                    "cannot use \(argument.type.text) as argument \(argument.name) because "
                        + "\(kind.rawValue) is not a valid input type", argument.position)
            }
            try check(argument.directives, "ARGUMENT_DEFINITION", schema, within: directive)
        }
    }

    /// - Parameter onePlace: They stand together in the text: extensions add to those of a type.
    func check(
        _ directives: [GraphQL.Directive], _ location: String, _ schema: GraphQL.Schema,
        within current: String? = nil, onePlace: Bool = true
    ) throws(Failure) {
        var seen: Set<String> = []
        for directive in directives {
            let name = directive.name
            try check(name: name, directive.position)
            if name == current {
                throw .refused("Directive \(name) cannot refer to itself.", directive.position)
            }
            guard let definition = schema.directives[name] else {
                throw .refused("Undefined directive \(name).", directive.position)
            }
            if onePlace && !seen.insert(name).inserted && !definition.isRepeatable {
                throw .refused(
                    "The directive \(name) can only be used once at this location.",
                    directive.position)
            }
            guard definition.locations.contains(location) else {
                throw .refused(
                    "Directive \(name) is not applicable on \(location).", directive.position)
            }
            for argument in directive.arguments where definition.argument(argument.name) == nil {
                throw .refused(
                    "Undefined argument \(argument.name) for directive \(name).",
                    argument.position)
            }
            for wanted in definition.arguments where wanted.isRequired {
                let given = directive.arguments.first { $0.name == wanted.name }
                if given == nil || given?.value.kind == .null {
                    throw .refused(
                        "Argument \(wanted.name) for directive \(name) cannot be null.",
                        directive.position)
                }
            }
        }
    }

    /// An input object that needs itself can never be given.
    func checkInputCycles(_ schema: GraphQL.Schema) throws(Failure) {
        var done: Set<String> = []
        for (name, type) in schema.types.sorted(by: { $0.key < $1.key }) where type.kind == .input {
            var path: [(type: String, field: Int)] = [(name, 0)]
            if !done.insert(name).inserted { continue }
            while let (current, number) = path.last {
                try GraphQL.charge(1, context)
                let fields = schema.types[current]?.fields ?? []
                guard number < fields.count else {
                    path.removeLast()
                    continue
                }
                path[path.count - 1].field += 1
                guard case .named(let next, isRequired: true) = fields[number].type,
                    schema.types[next]?.kind == .input
                else { continue }
                if let start = path.firstIndex(where: { $0.type == next }) {
                    throw cycle(path[start...], next, schema)
                }
                if done.insert(next).inserted { path.append((next, 0)) }
            }
        }
    }

    private func cycle(
        _ path: ArraySlice<(type: String, field: Int)>, _ type: String, _ schema: GraphQL.Schema
    ) -> Failure {
        let fields = path.compactMap { schema.types[$0.type]?.fields[$0.field - 1] }
        let names = fields.map(\.name).joined(separator: ".")
        return .refused(
            "Cannot reference Input Object \"\(type)\" within itself through a series of "
                + "non-null fields: \"\(names)\".", fields.first?.position ?? GraphQL.Position())
    }
}
