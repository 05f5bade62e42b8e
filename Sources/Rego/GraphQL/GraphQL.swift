import RegoMachine

/// GraphQL documents: texts to trees, trees to and from values, and the rules of both.
///
/// A text, or a tree that a policy holds as an object, becomes a `QueryDocument` or a
/// `SchemaDocument`; a schema document that keeps the schema's rules becomes a `Schema`, against
/// which a query is checked. Nothing here executes a query. Texts, nesting and the steps of every
/// rule are bounded, since all of them come from whoever sends the request.
/// - Source: GraphQL specification, October 2021; OPA's `graphql` builtins for the trees' members.
enum GraphQL {
    /// How deep selections, values and types may nest.
    static let nestingMax = 128

    /// Where a token begins: rows and columns from 1, columns in scalars.
    struct Position: Hashable {
        var line = 0
        var column = 0
    }

    /// Why there is no answer.
    enum Failure: Error {
        /// The document is at fault.
        case refused(String, Position)
        /// A tree given as an object is none.
        case notATree(String)
        case machine(BuiltinError)

        static func tooDeep(_ position: Position) -> Failure {
            .refused("the document nests too deeply", position)
        }
    }

    /// Pays for steps of the evaluation.
    static func charge(_ steps: Int, _ context: BuiltinContext) throws(Failure) {
        do {
            try context.charge(steps)
        } catch {
            throw .machine(error)
        }
    }
}
