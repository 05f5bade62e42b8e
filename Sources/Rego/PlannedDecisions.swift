import RegoMachine
import RegoSyntax

extension Policy {
    /// The decision at a path of `data` that only a plan has.
    func preparedPlan(
        at path: [String], text: String = ""
    ) throws(CompileFailure) -> PreparedQuery? {
        if plans.isEmpty || tree.node(at: path).map({ tree.nodes[$0].holdsDocuments }) == true {
            return nil
        }
        guard let (plan, policy) = plans.policy(at: path) else {
            let known = plans.entrypoints.joined(separator: ", ")
            throw CompileFailure(
                message: "no entrypoint \(path.joined(separator: "/")): the bundle holds plans of"
                    + " \(known)")
        }
        return PreparedQuery(
            try program(policy, plan: plan, isForeign: true), variables: [], expressions: nil,
            text: text)
    }

    /// The same for a query that is nothing but such a path.
    func preparedPlan(
        _ body: [Expression], text: String
    ) throws(CompileFailure) -> PreparedQuery? {
        guard !plans.isEmpty, let path = Policy.dataPath(body) else { return nil }
        return try preparedPlan(at: path, text: text)
    }

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
