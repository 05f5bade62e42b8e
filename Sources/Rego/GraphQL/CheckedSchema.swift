import RegoMachine

extension GraphQL {
    /// Types and directives by name: what a schema document, together with the prelude, says.
    struct Schema {
        var types: [String: Definition] = [:]
        var directives: [String: DirectiveDefinition] = [:]
        /// Of an interface, union or object: the objects (and interfaces) that may stand for it.
        var possibleTypes: [String: Set<String>] = [:]
        /// The type of `query`, `mutation` and `subscription`, where the schema has one.
        var roots: [String: String] = [:]

        /// Directives of the language that a schema may declare again.
        private static let redeclarable: Set<String> = [
            "include", "skip", "deprecated", "specifiedBy", "defer", "oneOf",
        ]

        /// - Throws: `refused` with the first rule that the document breaks.
        init(_ document: SchemaDocument, _ context: BuiltinContext) throws(Failure) {
            let prelude: SchemaDocument
            do {
                let text = try Value.string(GraphQL.prelude, in: context.arena)
                var parser = try Parser(text.bytes, context)
                prelude = try parser.schemaDocument()
            } catch let failure as Failure {
                throw failure
            } catch let error as BuiltinError {
                throw .machine(error)
            } catch {
                throw .machine(.failed("no GraphQL prelude"))
            }
            for var type in prelude.definitions {
                type.isBuiltIn = true
                try add(type)
            }
            for type in document.definitions { try add(type) }
            for type in document.extensions { try extend(type) }
            for directive in prelude.directives + document.directives { try add(directive) }
            collectPossibleTypes()
            if document.schemas.count > 1 {
                throw .refused(
                    "Cannot have multiple schema entry points, consider schema extensions instead.",
                    document.schemas[1].position)
            }
            let rules = SchemaRules(context)
            for schema in document.schemas + document.schemaExtensions {
                for root in schema.roots { try add(root) }
                try rules.check(schema.directives, "SCHEMA", self)
            }
            try rules.check(self)
            if document.schemas.isEmpty { inferRoots() }
        }

        private mutating func add(_ type: Definition) throws(Failure) {
            if types[type.name] != nil {
                throw .refused("Cannot redeclare type \(type.name).", type.position)
            }
            types[type.name] = type
        }

        /// An extension of what does not exist declares it.
        private mutating func extend(_ more: Definition) throws(Failure) {
            var type =
                types[more.name]
                ?? Definition(kind: more.kind, name: more.name, position: more.position)
            guard type.kind == more.kind else {
                throw .refused(
                    "Cannot extend type \(more.name) because the base type is a "
                        + "\(type.kind.rawValue), not \(more.kind.rawValue).", more.position)
            }
            type.directives += more.directives
            type.interfaces += more.interfaces
            type.fields += more.fields
            type.types += more.types
            type.values += more.values
            types[more.name] = type
        }

        private mutating func add(_ directive: DirectiveDefinition) throws(Failure) {
            let isKnown = directives[directive.name] != nil
            if isKnown && !Schema.redeclarable.contains(directive.name) {
                throw .refused(
                    "Cannot redeclare directive \(directive.name).", directive.position)
            }
            directives[directive.name] = directive
        }

        private mutating func add(_ root: SchemaDefinition.Root) throws(Failure) {
            guard types[root.type] != nil else {
                throw .refused(
                    "Schema root \(root.operation) refers to a type \(root.type) "
                        + "that does not exist.", root.position)
            }
            roots[root.operation] = root.type
        }

        private mutating func collectPossibleTypes() {
            for type in types.values {
                if type.kind == .union {
                    possibleTypes[type.name, default: []].formUnion(type.types)
                }
                for interface in type.interfaces {
                    possibleTypes[interface, default: []].insert(type.name)
                }
                if type.kind == .object || type.kind == .input {
                    possibleTypes[type.name, default: []].insert(type.name)
                }
            }
        }

        private mutating func inferRoots() {
            let names = [
                "query": "Query", "mutation": "Mutation", "subscription": "Subscription",
            ]
            for (operation, name) in names where roots[operation] == nil && types[name] != nil {
                roots[operation] = name
            }
        }
    }
}
