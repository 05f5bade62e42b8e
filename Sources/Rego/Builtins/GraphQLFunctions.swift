package import RegoMachine

extension Builtin {
    /// A text, or the tree of one. What nests more than 128 deep, fragments included, is refused;
    /// of several faults the message names one, and suggests no names.
    private static let document: TypeDeclaration = .anyOf([.string, .object(.any, .any)])

    package static let graphQL: [Builtin] = [
        Builtin(
            "graphql.is_valid", [document, document], .boolean, [.checksOperands],
            run: GraphQLFunctions.isValid),
        Builtin(
            "graphql.parse", [document, document],
            .array([.object(.any, .any), .object(.any, .any)], rest: nil),
            run: GraphQLFunctions.parse),
        Builtin(
            "graphql.parse_and_verify", [document, document],
            .array([.boolean, .object(.any, .any), .object(.any, .any)], rest: nil),
            [.checksOperands], run: GraphQLFunctions.parseAndVerify),
        Builtin(
            "graphql.parse_query", [.string], .object(.any, .any),
            run: GraphQLFunctions.parseQuery),
        Builtin(
            "graphql.parse_schema", [.string], .object(.any, .any),
            run: GraphQLFunctions.parseSchema),
        Builtin(
            "graphql.schema_is_valid", [document], .boolean, [.checksOperands],
            run: GraphQLFunctions.schemaIsValid),
    ]
}

enum GraphQLFunctions {
    static func isValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        .boolean(try verified(operands, context) != nil)
    }

    static func parse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let trees: Trees
        do {
            trees = try checked(operands, context)
        } catch {
            throw explained(error)
        }
        return try .array(
            [trees.query.value(context), trees.schema.value(context)], in: context.arena)
    }

    static func parseAndVerify(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard let trees = try verified(operands, context) else {
            let empty = try Value.object(in: context.arena)
            return try .array([.false, empty, empty], in: context.arena)
        }
        return try .array(
            [.true, trees.query.value(context), trees.schema.value(context)], in: context.arena)
    }

    private struct Trees {
        var query: GraphQL.TreeNode
        var schema: GraphQL.TreeNode
    }

    private static func checked(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(GraphQL.Failure) -> Trees {
        let query = try query(operands[0], context)
        let document = try schemaDocument(operands[1], context)
        let schema = try GraphQL.Schema(document, context)
        do {
            try GraphQL.QueryRules.check(query, schema, context)
        } catch {
            guard case .refused(let message, let position) = error else { throw error }
            let sentence = message.hasSuffix(".") ? String(message.dropLast()) : message
            throw .refused(sentence, position)
        }
        return Trees(query: query.tree, schema: document.tree)
    }

    /// `nil` where a document is at fault; what ends the evaluation ends it here too.
    private static func verified(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Trees? {
        do {
            return try checked(operands, context)
        } catch {
            if case .machine(let error) = error { throw error }
            return nil
        }
    }

    static func parseQuery(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        do {
            return try query(operands[0], context).tree.value(context)
        } catch {
            throw explained(error)
        }
    }

    static func parseSchema(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        do {
            return try schemaDocument(operands[0], context).tree.value(context)
        } catch {
            throw explained(error)
        }
    }

    static func schemaIsValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        do throws(GraphQL.Failure) {
            _ = try GraphQL.Schema(schemaDocument(operands[0], context), context)
            return .true
        } catch {
            if case .machine(let error) = error { throw error }
            return .false
        }
    }

    static func query(
        _ operand: Value, _ context: BuiltinContext
    ) throws(GraphQL.Failure) -> GraphQL.QueryDocument {
        guard operand.kind == .string else {
            return try GraphQL.TreeReader(context).queryDocument(operand)
        }
        var parser = try GraphQL.Parser(operand.bytes, context)
        return try parser.queryDocument()
    }

    static func schemaDocument(
        _ operand: Value, _ context: BuiltinContext
    ) throws(GraphQL.Failure) -> GraphQL.SchemaDocument {
        guard operand.kind == .string else {
            return try GraphQL.TreeReader(context).schemaDocument(operand)
        }
        var parser = try GraphQL.Parser(operand.bytes, context)
        return try parser.schemaDocument()
    }

    private static func explained(_ error: any Error) -> BuiltinError {
        switch error {
        case let error as BuiltinError: return error
        case GraphQL.Failure.machine(let error): return error
        case GraphQL.Failure.notATree(let message): return .failed(message)
        case GraphQL.Failure.refused(let message, let position):
            return .failed(
                "\(message) in GraphQL string at location \(position.line):\(position.column)")
        default: return .failed("no GraphQL document")
        }
    }
}
