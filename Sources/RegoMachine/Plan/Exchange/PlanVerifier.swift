/// Checks a plan from outside before it is lowered: that nothing it does can reach memory that is
/// not its own, or make a value without end.
///
/// - Functions: `input` and `data` are parameters 0 and 1 and nobody writes to them but `with`;
///   calls pass them on, with as many operands as there are parameters; names are there once.
/// - Strings, breaks and results stand where they can.
/// - Collections that a plan changes in place: see `CollectionFlow`.
///
/// A local that is read before it is written is not refused: `Lowering` makes it undefined first.
public struct PlanVerifier {
    private let policy: IRPolicy
    private let parameters: [String: Int]
    private let builtins: [String: Builtin]

    /// - Throws: the first thing that is wrong, with the function or plan it stands in.
    public static func verify(
        _ policy: IRPolicy, builtins: [String: Builtin]
    ) throws(PlanError) {
        var parameters: [String: Int] = [:]
        for function in policy.functions {
            let count = function.parameters.count
            guard parameters.updateValue(count, forKey: function.name) == nil else {
                throw PlanError("function \(function.name) is there twice")
            }
        }
        let verifier = PlanVerifier(policy: policy, parameters: parameters, builtins: builtins)
        for function in policy.functions {
            do throws(PlanError) {
                try verifier.verify(function)
            } catch { throw error.at("function \(function.name)") }
        }
        var names: Set<String> = []
        for plan in policy.plans {
            do throws(PlanError) {
                guard names.insert(plan.name).inserted else { throw PlanError("is there twice") }
                let scope = Scope(isFunction: false, parameters: [0, 1])
                try verifier.verify(plan.blocks, scope, depth: 0)
                try CollectionFlow.verify(plan.blocks, parameters: [0, 1])
            } catch { throw error.at("plan \(plan.name)") }
        }
    }

    /// What the statements of a function or a plan stand in.
    private struct Scope {
        var isFunction: Bool
        var parameters: Set<IRLocal>
    }

    /// Blocks inside each other: the lowering calls itself for each.
    private static let depthMax = 300

    private func verify(_ function: IRFunction) throws(PlanError) {
        guard function.parameters.starts(with: [0, 1]) else {
            throw PlanError("its first parameters are to be the locals 0 and 1")
        }
        let parameters = Set(function.parameters)
        guard parameters.count == function.parameters.count else {
            throw PlanError("a parameter is there twice")
        }
        guard !parameters.contains(function.result) else {
            throw PlanError("a parameter is its result")
        }
        let scope = Scope(isFunction: true, parameters: parameters)
        try verify(function.blocks, scope, depth: 0)
        try CollectionFlow.verify(function.blocks, parameters: parameters)
    }

    private func verify(
        _ blocks: [IRBlock], _ scope: Scope, depth: Int
    ) throws(PlanError) {
        guard depth < PlanVerifier.depthMax else { throw PlanError("blocks are nested too deeply") }
        for (number, block) in blocks.enumerated() {
            for (position, statement) in block.statements.enumerated() {
                do throws(PlanError) {
                    try verify(statement.kind, scope, depth: depth)
                    try verify(statement.kind.blocks, scope, depth: depth + 1)
                } catch {
                    let place = "\(statement.kind.typeName) \(number).\(position)"
                    throw depth == 0 ? error.at(place) : error
                }
            }
        }
    }

    private func verify(
        _ kind: IRStatement.Kind, _ scope: Scope, depth: Int
    ) throws(PlanError) {
        for operand in kind.operands { try verify(operand) }
        if case .with(let local, let path, _, _) = kind {
            guard local == 0 || local == 1 else {
                throw PlanError("`with` changes the locals 0 and 1 alone")
            }
            for key in path { try verify(.string(key)) }
        } else if let local = kind.written.first(where: { scope.parameters.contains($0) }) {
            throw PlanError("it writes to parameter \(local)")
        }
        switch kind {
        case .makeNumberRef(let index, _): try verify(.string(index))
        case .break(let levels):
            guard levels <= depth else { throw PlanError("it leaves \(levels) blocks of \(depth)") }
        case .call(let name, let arguments, _): try verify(call: name, arguments)
        case .callDynamic(let path, let arguments, _):
            guard !path.isEmpty, arguments == [0, 1] else {
                throw PlanError("a call by path takes the locals 0 and 1")
            }
        case .resultSetAdd where scope.isFunction:
            throw PlanError("a function adds no results")
        case .returnLocal where !scope.isFunction: throw PlanError("a plan returns nothing")
        default: break
        }
    }

    private func verify(_ operand: IROperand) throws(PlanError) {
        guard case .string(let index) = operand else { return }
        guard policy.strings.indices.contains(Int(index)) else {
            throw PlanError("there is no string \(index)")
        }
    }

    private func verify(call name: String, _ arguments: [IROperand]) throws(PlanError) {
        if let wanted = parameters[name] {
            guard arguments.count == wanted else {
                throw PlanError("\(name) has \(wanted) parameters, not \(arguments.count)")
            }
            guard arguments.starts(with: [.local(0), .local(1)]) else {
                throw PlanError("a call passes the locals 0 and 1 on")
            }
        } else if let row = builtins[name] {
            guard row.arguments.count == arguments.count else {
                throw PlanError(
                    "\(name) takes \(row.arguments.count) operands, not \(arguments.count)")
            }
        } else {
            throw PlanError("undefined function \(name)")
        }
    }
}
