import RegoMachine

extension GraphQL {
    /// Reads trees that policies hold as objects. Members that are absent or null are empty,
    /// unknown ones are passed over, wrongly typed ones end the reading.
    struct TreeReader {
        let context: BuiltinContext
        private var depth = 0

        init(_ context: BuiltinContext) { self.context = context }

        private func member(_ object: Value, _ name: String) throws(Failure) -> Value {
            guard object.kind == .object else {
                throw .notATree("expected an object, found \(object.typeName)")
            }
            try GraphQL.charge(1, context)
            do {
                let key = try Value.string(name, in: context.arena)
                return object.element(key, arena: context.arena)
            } catch {
                throw .machine(error)
            }
        }

        private func wrong(_ name: String, _ expected: String, _ value: Value) -> Failure {
            .notATree("expected \(expected) for `\(name)`, found \(value.typeName)")
        }

        func text(_ object: Value, _ name: String) throws(Failure) -> String {
            let value = try member(object, name)
            if value.kind == .undefined || value.kind == .null { return "" }
            guard let text = value.string else { throw wrong(name, "string", value) }
            return text
        }

        func flag(_ object: Value, _ name: String) throws(Failure) -> Bool {
            let value = try member(object, name)
            if value.kind == .undefined || value.kind == .null { return false }
            guard let flag = value.boolean else { throw wrong(name, "boolean", value) }
            return flag
        }

        func list<Element>(
            _ object: Value, _ name: String,
            _ element: (inout TreeReader, Value) throws(Failure) -> Element
        ) throws(Failure) -> [Element] {
            let value = try member(object, name)
            if value.kind == .undefined || value.kind == .null { return [] }
            guard value.kind == .array else { throw wrong(name, "array", value) }
            var inner = try deeper()
            var elements: [Element] = []
            for child in value.elements { elements.append(try element(&inner, child)) }
            return elements
        }

        private func deeper() throws(Failure) -> TreeReader {
            var inner = self
            inner.depth += 1
            if inner.depth > GraphQL.nestingMax { throw .tooDeep(Position()) }
            return inner
        }

        func texts(_ object: Value, _ name: String) throws(Failure) -> [String] {
            try list(object, name) { _, value throws(Failure) in
                guard let text = value.string else { throw wrong(name, "string", value) }
                return text
            }
        }

        func comments(_ object: Value, _ name: String = "Comment") throws(Failure) -> Comments {
            let group = try member(object, name)
            if group.kind == .undefined || group.kind == .null { return [] }
            return try list(group, "List") { reader, value throws(Failure) in
                try reader.text(value, "Value")
            }
        }

        func notes(_ object: Value) throws(Failure) -> Notes {
            Notes(
                beforeDescription: try comments(object, "BeforeDescriptionComment"),
                afterDescription: try comments(object, "AfterDescriptionComment"),
                atEnd: try comments(object, "EndOfDefinitionComment"))
        }

        func type(_ object: Value, _ name: String) throws(Failure) -> TypeReference {
            let value = try member(object, name)
            let isRequired = try flag(value, "NonNull")
            let named = try text(value, "NamedType")
            if !named.isEmpty { return .named(named, isRequired: isRequired) }
            return .list(try deeper().type(value, "Elem"), isRequired: isRequired)
        }

        /// `nil` where there is none.
        func literal(_ object: Value, _ name: String) throws(Failure) -> Literal? {
            let value = try member(object, name)
            if value.kind == .undefined || value.kind == .null { return nil }
            let number = try member(value, "Kind")
            guard let kind = Literal.Kind(rawValue: Int(number.integer ?? 0)) else {
                throw wrong("Kind", "a kind of value", number)
            }
            var literal = Literal(kind: kind, raw: try text(value, "Raw"))
            literal.comments = try comments(value)
            literal.children = try list(value, "Children") { reader, child throws(Failure) in
                Literal.Child(
                    name: try reader.text(child, "Name"),
                    value: try reader.required(child, "Value"),
                    comments: try reader.comments(child))
            }
            return literal
        }

        private func required(_ object: Value, _ name: String) throws(Failure) -> Literal {
            guard let literal = try literal(object, name) else {
                throw .notATree("`\(name)` is missing")
            }
            return literal
        }

        func arguments(_ object: Value) throws(Failure) -> [Argument] {
            try list(object, "Arguments") { reader, value throws(Failure) in
                Argument(
                    name: try reader.text(value, "Name"),
                    value: try reader.required(value, "Value"),
                    comments: try reader.comments(value))
            }
        }

        func directives(_ object: Value) throws(Failure) -> [Directive] {
            try list(object, "Directives") { reader, value throws(Failure) in
                Directive(
                    name: try reader.text(value, "Name"), arguments: try reader.arguments(value))
            }
        }
    }
}
