import RegoMachine

extension GraphQL {
    /// What a query must keep to, for one schema. It is walked as it would be executed: operations
    /// first, each fragment they spread once, then every fragment by itself. The first rule broken
    /// ends the walk.
    /// - Source: GraphQL specification, section 5; OPA's `graphql.is_valid`.
    struct QueryRules {
        let schema: Schema
        let document: QueryDocument
        let context: BuiltinContext
        let fragments: [String: Fragment]
        /// The operation that is walked; `nil` within a fragment that is walked by itself.
        var operation: Operation?
        var variables: [String: VariableDefinition] = [:]
        var usedVariables: Set<String> = []
        /// Those that this operation has spread.
        var spread: Set<String> = []
        /// Those that any operation has spread.
        var usedFragments: Set<String> = []
        /// How many selections are open, those of fragments included.
        private var depth = 0

        init(_ document: QueryDocument, _ schema: Schema, _ context: BuiltinContext) {
            self.schema = schema
            self.document = document
            self.context = context
            fragments = Dictionary(
                document.fragments.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        }

        static func check(
            _ document: QueryDocument, _ schema: Schema, _ context: BuiltinContext
        ) throws(Failure) {
            var rules = QueryRules(document, schema, context)
            try rules.checkNames()
            try rules.checkFragmentCycles()
            for operation in document.operations { try rules.check(operation) }
            for fragment in document.fragments {
                if !rules.usedFragments.contains(fragment.name) {
                    throw .refused(
                        "Fragment \"\(fragment.name)\" is never used.", fragment.position)
                }
                try rules.check(fragment)
            }
            let merging = MergeRules(schema, rules.fragments, context)
            for operation in document.operations {
                try merging.check(operation.selections, rules.root(operation))
            }
            for fragment in document.fragments {
                try merging.check(fragment.selections, schema.types[fragment.typeCondition])
            }
        }

        func root(_ operation: Operation) -> Definition? {
            schema.roots[operation.kind.isEmpty ? "query" : operation.kind]
                .flatMap { schema.types[$0] }
        }

        private mutating func check(_ operation: Operation) throws(Failure) {
            self.operation = operation
            spread = []
            usedVariables = []
            variables = [:]
            guard let root = root(operation) else {
                throw .refused(
                    "Schema does not support operation type \"\(operation.kind)\"",
                    operation.position)
            }
            for variable in operation.variables { try declare(variable) }
            let kind = operation.kind.isEmpty ? "QUERY" : operation.kind.uppercased()
            try check(operation.directives, kind)
            try check(operation.selections, root)
            try checkSubscription(operation)
            for variable in operation.variables where !usedVariables.contains(variable.name) {
                let place = operation.name.isEmpty ? "" : " in operation \"\(operation.name)\""
                throw .refused(
                    "Variable \"$\(variable.name)\" is never used\(place).", variable.position)
            }
            self.operation = nil
        }

        private mutating func declare(_ variable: VariableDefinition) throws(Failure) {
            guard variables.updateValue(variable, forKey: variable.name) == nil else {
                throw .refused(
                    "There can be only one variable named \"$\(variable.name)\".",
                    variable.position)
            }
            guard let type = schema.types[variable.type.name] else {
                throw .refused("Unknown type \"\(variable.type.name)\".", variable.position)
            }
            guard type.kind.isInput else {
                throw .refused(
                    "Variable \"$\(variable.name)\" cannot be non-input type "
                        + "\"\(variable.type.text)\".", variable.position)
            }
            if let value = variable.defaultValue { try check(value, variable.type) }
            try check(variable.directives, "VARIABLE_DEFINITION")
        }

        private mutating func check(_ fragment: Fragment) throws(Failure) {
            spread = []
            guard let type = schema.types[fragment.typeCondition] else {
                throw .refused("Unknown type \"\(fragment.typeCondition)\".", fragment.position)
            }
            guard type.kind.isComposite else {
                throw .refused(
                    "Fragment \"\(fragment.name)\" cannot condition on non composite type "
                        + "\"\(fragment.typeCondition)\".", fragment.position)
            }
            try check(fragment.directives, "FRAGMENT_DEFINITION")
            try check(fragment.selections, type)
        }

        mutating func check(_ selections: [Selection], _ parent: Definition) throws(Failure) {
            depth += 1
            defer { depth -= 1 }
            if depth > GraphQL.nestingMax { throw .tooDeep(operation?.position ?? Position()) }
            for selection in selections {
                try GraphQL.charge(4, context)
                switch selection {
                case .field(let field): try check(field, parent)
                case .spread(let spread): try check(spread, parent)
                case .inline(let fragment): try check(fragment, parent)
                }
            }
        }
    }
}
