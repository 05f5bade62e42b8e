import RegoMachine
import RegoSyntax

extension Policy {
    /// The decision at a path of `data`, where the policy is one of plans.
    /// - Parameter text: The query, where it was asked for as a query.
    /// - Returns: `nil` where base documents alone stand there.
    /// - Throws: where other decisions of the plans' packages are asked: what was not planned must
    ///   not look undefined.
    func preparedPlan(
        at path: [String], text: String = ""
    ) throws(CompileFailure) -> PreparedQuery? {
        if plans.isEmpty { return nil }
        if let (plan, policy) = plans.policy(at: path) {
            return PreparedQuery(
                try program(policy, plan: plan, isForeign: true), variables: [], expressions: nil,
                text: text)
        }
        if let first = path.first, !plans.packages.contains(first) { return nil }
        throw CompileFailure(
            message: "no entrypoint \(path.joined(separator: "/")): the plans have \(entrypoints)")
    }

    /// The same for a query, which may be nothing but such a path.
    func preparedPlan(
        _ body: [Expression], text: String, imports: [String]
    ) throws(CompileFailure) -> PreparedQuery? {
        if plans.isEmpty { return nil }
        if let path = Policy.dataPath(body) { return try preparedPlan(at: path, text: text) }
        guard imports.isEmpty, !body.contains(where: { $0.mentions("data") }) else {
            throw CompileFailure(
                message: "plans answer their entrypoints alone, not queries with more in them:"
                    + " \(entrypoints)")
        }
        return nil
    }

    private var entrypoints: String { plans.entrypoints.joined(separator: ", ") }

    /// `["a", "b"]` for `data.a.b`.
    private static func dataPath(_ body: [Expression]) -> [String]? {
        guard body.count == 1, body[0].modifiers.isEmpty, case .term(let term) = body[0].kind,
            case .reference(let head, let elements) = term.kind,
            case .variable("data") = head.kind
        else { return nil }
        var path: [String] = []
        for element in elements {
            guard case .string(let name) = element.kind else { return nil }
            path.append(name)
        }
        return path
    }

    /// Decisions at paths as a plan that others can run: OPA's `plan.json`.
    /// - Parameter entrypoints: Such as `["authz", "allow"]`.
    /// - Throws: what of the policy cannot be planned.
    public func plan(entrypoints: [[String]]) throws(CompileFailure) -> [UInt8] {
        let planner = Planner(tree, files: resolved.files)
        for path in entrypoints { planner.plan(entrypoint: path) }
        if !planner.refusals.isEmpty {
            throw CompileFailure(planner.refusals.map { diagnostic($0) })
        }
        do throws(BuiltinError) {
            return try PlanWriter.json(planner.output, builtins: builtins)
        } catch {
            throw CompileFailure(message: "the plan takes too much memory")
        }
    }
}
