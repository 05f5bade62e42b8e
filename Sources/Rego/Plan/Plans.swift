public import RegoMachine

/// Plans from outside, as bundles hold them in `plan.json`: one decision for each entrypoint.
public struct Plans: Sendable {
    /// By the entrypoint, such as `authz/allow`.
    private var plans: [String: IRPolicy] = [:]

    public init() {}

    public var isEmpty: Bool { plans.isEmpty }

    /// Sorted, such as `authz/allow`.
    public var entrypoints: [String] { plans.keys.sorted() }

    /// The first elements of the entrypoints.
    var packages: Set<String> {
        Set(plans.keys.compactMap { $0.split(separator: "/").first.map(String.init) })
    }

    /// - Parameter text: OPA's JSON of a plan; every call in it must name one of `builtins`.
    /// - Throws: what is wrong, with its place. Nothing was added then.
    public mutating func add(
        json text: [UInt8], builtins: [Builtin] = Builtin.all
    ) throws(PlanError) {
        let table = Dictionary(uniqueKeysWithValues: builtins.map { ($0.name, $0) })
        var policy = try PlanReader.policy(text)
        try PlanVerifier.verify(policy, builtins: table)
        Plans.unwrapResults(&policy)
        if let plan = policy.plans.first(where: { plans[$0.name] != nil }) {
            throw PlanError("plan \(plan.name): another bundle has it, too")
        }
        for plan in policy.plans { plans[plan.name] = policy }
    }

    /// The decision at a path, where it is an entrypoint; linked by the caller.
    func policy(at path: [String]) -> (plan: String, policy: IRPolicy)? {
        let name = path.joined(separator: "/")
        return plans[name].map { (name, $0) }
    }

    /// Results of plans are objects; ours are the values alone.
    private static func unwrapResults(_ policy: inout IRPolicy) {
        let key = Int32(policy.strings.count)
        policy.strings.append(Plans.resultKey)
        for number in policy.plans.indices {
            unwrapResults(&policy.plans[number].blocks, key)
        }
    }

    private static func unwrapResults(_ blocks: inout [IRBlock], _ key: Int32) {
        for number in blocks.indices {
            blocks[number].statements = blocks[number].statements.flatMap { statement in
                unwrapped(statement, key)
            }
        }
    }

    private static func unwrapped(_ statement: IRStatement, _ key: Int32) -> [IRStatement] {
        guard case .resultSetAdd(let result) = statement.kind else {
            var blocks = statement.kind.blocks
            if blocks.isEmpty { return [statement] }
            unwrapResults(&blocks, key)
            return [IRStatement(statement.kind.replacingBlocks(blocks), statement.location)]
        }
        let dot = IRStatement.Kind.dot(
            .local(result), key: .string(key), target: Plans.unwrappedLocal)
        return [
            IRStatement(dot, statement.location),
            IRStatement(.resultSetAdd(Plans.unwrappedLocal), statement.location),
        ]
    }

    static let resultKey = "result"
    /// Locals may be sparse; no planner counts so far.
    private static let unwrappedLocal = IRLocal.max
}
