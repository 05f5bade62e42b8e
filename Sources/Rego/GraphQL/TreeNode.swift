import RegoMachine

extension GraphQL {
    /// A tree on its way to a value. What is empty leaves no trace in the value, as in OPA, except
    /// for texts, numbers and flags.
    indirect enum TreeNode {
        case text(String)
        case number(Int)
        case flag(Bool)
        case list([TreeNode])
        case object([(String, TreeNode)])

        static let absent = TreeNode.list([])

        static func texts(_ texts: [String]) -> TreeNode { .list(texts.map { .text($0) }) }

        /// Comments before a node.
        static func comments(_ comments: Comments) -> TreeNode {
            comments.isEmpty
                ? absent
                : .object([("List", .list(comments.map { .object([("Value", .text($0))]) }))])
        }

        /// The value, which is charged for.
        func value(_ context: BuiltinContext) throws(BuiltinError) -> Value {
            try context.charge(1)
            switch self {
            case .text(let text): return try .string(text, in: context.arena)
            case .number(let number): return .integer(Int64(number))
            case .flag(let flag): return .boolean(flag)
            case .list(let nodes):
                var elements: [Value] = []
                for node in nodes { elements.append(try node.value(context)) }
                return try .array(elements, in: context.arena)
            case .object(let members):
                let object = try Value.object(capacity: members.count, in: context.arena)
                for (name, node) in members {
                    if case .list(let nodes) = node, nodes.isEmpty { continue }
                    try object.insert(
                        Value.string(name, in: context.arena), node.value(context),
                        in: context.arena)
                }
                return object
            }
        }
    }
}
