import RegoMachine

extension GraphQL {
    /// Fields that answer under one name must be able to share the answer. Fields of one name are
    /// looked at together, not in pairs, and every look is charged for: fragments that spread
    /// others many times over end the evaluation rather than the machine.
    /// - Source: GraphQL specification, section 5.3.2, Field Selection Merging.
    struct MergeRules {
        let schema: Schema
        let fragments: [String: Fragment]
        let context: BuiltinContext

        /// A field with the type it was selected on.
        struct Selected {
            var field: Field
            var parent: Definition
            var type: TypeReference
        }

        init(_ schema: Schema, _ fragments: [String: Fragment], _ context: BuiltinContext) {
            self.schema = schema
            self.fragments = fragments
            self.context = context
        }

        func check(_ selections: [Selection], _ parent: Definition?) throws(Failure) {
            guard let parent else { return }
            var fields: [Selected] = []
            var seen: Set<String> = []
            try collect(selections, parent, &fields, &seen)
            try checkShapes(fields)
            try checkNames(fields)
        }

        private func collect(
            _ selections: [Selection], _ parent: Definition, _ fields: inout [Selected],
            _ seen: inout Set<String>
        ) throws(Failure) {
            for selection in selections {
                try GraphQL.charge(4, context)
                switch selection {
                case .field(let field):
                    guard let definition = schema.field(field.name, of: parent) else { continue }
                    fields.append(Selected(field: field, parent: parent, type: definition.type))
                case .inline(let fragment):
                    let type = schema.types[fragment.typeCondition] ?? parent
                    try collect(fragment.selections, type, &fields, &seen)
                case .spread(let spread):
                    guard seen.insert(spread.name).inserted,
                        let fragment = fragments[spread.name],
                        let type = schema.types[fragment.typeCondition]
                    else { continue }
                    try collect(fragment.selections, type, &fields, &seen)
                }
            }
        }

        private func children(_ fields: [Selected]) throws(Failure) -> [Selected] {
            var children: [Selected] = []
            var seen: Set<String> = []
            for selected in fields {
                guard let type = schema.types[selected.type.name] else { continue }
                try collect(selected.field.selections, type, &children, &seen)
            }
            return children
        }

        private func groups(_ fields: [Selected]) throws(Failure) -> [[Selected]] {
            try GraphQL.charge(fields.count, context)
            var order: [String] = []
            var groups: [String: [Selected]] = [:]
            for selected in fields {
                if groups[selected.field.alias] == nil { order.append(selected.field.alias) }
                groups[selected.field.alias, default: []].append(selected)
            }
            return order.map { groups[$0] ?? [] }
        }

        /// Whatever the object is, an answer's lists, nulls and scalars are the same.
        private func checkShapes(_ fields: [Selected]) throws(Failure) {
            for group in try groups(fields) {
                for other in group.dropFirst() where !haveOneShape(group[0].type, other.type) {
                    throw conflict(
                        other, "they return conflicting types \"\(group[0].type.text)\" and "
                            + "\"\(other.type.text)\"")
                }
                let children = try children(group)
                if !children.isEmpty { try checkShapes(children) }
            }
        }

        private func haveOneShape(_ one: TypeReference, _ other: TypeReference) -> Bool {
            guard one.isRequired == other.isRequired else { return false }
            switch (one, other) {
            case (.list(let left, _), .list(let right, _)): return haveOneShape(left, right)
            case (.named(let left, _), .named(let right, _)):
                let areLeaves = [left, right].contains { schema.types[$0]?.kind.isLeaf ?? true }
                return !areLeaves || left == right
            default: return false
            }
        }

        /// Fields that one object may answer are one field with the same arguments.
        private func checkNames(_ fields: [Selected]) throws(Failure) {
            for group in try groups(fields) {
                let shared = group.filter { $0.parent.kind != .object }
                var byType: [String: [Selected]] = [:]
                for selected in group where selected.parent.kind == .object {
                    byType[selected.parent.name, default: shared].append(selected)
                }
                let together =
                    byType.isEmpty
                    ? [shared] : byType.sorted { $0.key < $1.key }.map(\.value)
                for fields in together {
                    try checkOneField(fields)
                    let children = try children(fields)
                    if !children.isEmpty { try checkNames(children) }
                }
            }
        }

        private func checkOneField(_ fields: [Selected]) throws(Failure) {
            guard let first = fields.first, fields.count > 1 else { return }
            let arguments = canonical(first.field)
            for other in fields.dropFirst() {
                try GraphQL.charge(1 + arguments.count, context)
                if other.field.name != first.field.name {
                    throw conflict(
                        other, "\"\(first.field.name)\" and \"\(other.field.name)\" are "
                            + "different fields")
                }
                if canonical(other.field) != arguments {
                    throw conflict(other, "they have differing arguments")
                }
            }
        }

        private func canonical(_ field: Field) -> [String] {
            field.arguments.map { $0.name + ":" + $0.value.text }.sorted()
        }

        private func conflict(_ selected: Selected, _ reason: String) -> Failure {
            .refused(
                "Fields \"\(selected.field.alias)\" conflict because \(reason). Use different "
                    + "aliases on the fields to fetch both if this was intentional.",
                selected.field.position)
        }
    }
}
