/// Composites that a block builds of constants only become constants, and chains of look-ups
/// become one instruction.
extension FunctionLowering {
    /// Makes constants of what can be, and gives the statements that need no instruction.
    mutating func foldConstants(
        _ block: IRBlock, _ lowering: inout Lowering
    ) throws(BuiltinError) -> Set<Int> {
        var building = try constantComposites(block, lowering)
        var folded: Set<Int> = []
        for (number, statement) in block.statements.enumerated() {
            switch statement.kind {
            case .makeNull(let target), .makeNumberInt(_, let target),
                .makeNumberRef(_, let target):
                guard usage.isWrittenOnce(target) else { continue }
                constants[target] = lowering.constant(
                    try lowering.scalar(statement.kind) ?? .null)
                folded.insert(number)
            default:
                guard let target = statement.kind.constructed, var composite = building[target]
                else { continue }
                folded.insert(number)
                composite.seen += 1
                building[target] = composite
                if composite.seen == composite.statements {
                    constants[target] = lowering.constant(composite.value)
                }
            }
        }
        return folded
    }

    private struct Composite {
        var value: Value
        var statements = 1
        var seen = 0
    }

    /// The composites that are complete within the block and made of constants.
    private func constantComposites(
        _ block: IRBlock, _ lowering: Lowering
    ) throws(BuiltinError) -> [IRLocal: Composite] {
        var building: [IRLocal: Composite] = [:]
        var known: [IRLocal: Value] = [:]
        for statement in block.statements {
            if let scalar = try lowering.scalar(statement.kind),
                let target = statement.kind.written.first, usage.isWrittenOnce(target)
            {
                known[target] = scalar
                continue
            }
            guard let target = statement.kind.constructed else {
                // Read before it is complete: it must exist as it was at this point.
                for local in statement.kind.allReads where known[local] == nil {
                    building[local] = nil
                }
                continue
            }
            try extend(&building, &known, statement.kind, target, lowering)
        }
        return building.filter { known[$0.key] != nil }
    }

    private func extend(
        _ building: inout [IRLocal: Composite], _ known: inout [IRLocal: Value],
        _ kind: IRStatement.Kind, _ target: IRLocal, _ lowering: Lowering
    ) throws(BuiltinError) {
        if let empty = try lowering.emptyComposite(kind) {
            building[target] = Composite(value: empty)
        } else if var composite = building[target],
            let value = try lowering.extended(composite.value, kind, known)
        {
            composite.value = value
            composite.statements += 1
            building[target] = composite
        } else {
            building[target] = nil
        }
        if let composite = building[target], usage.writes[target] == composite.statements {
            known[target] = composite.value
        }
        for local in kind.read where local != target && known[local] == nil {
            building[local] = nil
        }
    }

    /// A run of look-ups by constant keys as one; `nil` where there is none at `number`.
    /// - Returns: How many statements it stands for.
    mutating func fuse(
        _ statements: [IRStatement], _ number: Int, _ lowering: inout Lowering
    ) throws(BuiltinError) -> Int? {
        guard case .dot(let source, let firstKey, var target) = statements[number].kind else {
            return try fuseTest(statements, number, &lowering)
        }
        var keys: [IROperand] = [firstKey]
        var last = number
        while last + 1 < statements.count, usage.reads[target] == 1,
            usage.isWrittenOnce(target),
            case .dot(.local(target), let key, let next) = statements[last + 1].kind
        {
            keys.append(key)
            target = next
            last += 1
        }
        guard keys.count > 1 else { return nil }
        var operands: [Int32] = []
        for key in keys { operands.append(try operand(key, &lowering)) }
        let from = try operand(source, &lowering)
        emit(.dotPath, destination(target), from, lowering.list(operands), target: failure())
        return keys.count
    }

    /// A comparison whose answer only decides whether to go on.
    private mutating func fuseTest(
        _ statements: [IRStatement], _ number: Int, _ lowering: inout Lowering
    ) throws(BuiltinError) -> Int? {
        guard case .call(let name, let arguments, let result) = statements[number].kind,
            arguments.count == 2, usage.reads[result] == 1, number + 1 < statements.count,
            case .notEqual(.local(result), .boolean(false)) = statements[number + 1].kind
        else { return nil }
        let operands = (
            try operand(arguments[0], &lowering), try operand(arguments[1], &lowering)
        )
        switch name {
        case "lt": emit(.less, 0, operands.0, operands.1, target: failure())
        case "lte": emit(.lessOrEqual, 0, operands.0, operands.1, target: failure())
        case "gt": emit(.less, 0, operands.1, operands.0, target: failure())
        case "gte": emit(.lessOrEqual, 0, operands.1, operands.0, target: failure())
        case "equal": emit(.equal, 0, operands.0, operands.1, target: failure())
        case "neq": emit(.notEqual, 0, operands.0, operands.1, target: failure())
        case "internal.member_2": emit(.member, 0, operands.0, operands.1, target: failure())
        default: return nil
        }
        return 2
    }
}

extension IRStatement.Kind {
    /// The local that a `make…` of a composite or an addition to one changes.
    fileprivate var constructed: IRLocal? {
        switch self {
        case .makeArray(_, let target), .makeObject(let target), .makeSet(let target),
            .arrayAppend(_, let target), .setAdd(_, let target),
            .objectInsert(_, _, let target), .objectInsertOnce(_, _, let target):
            target
        default: nil
        }
    }

    fileprivate var allReads: [IRLocal] {
        var locals: [IRLocal] = []
        visit { local, _ in locals.append(local) }
        return locals
    }
}

extension Lowering {
    fileprivate func scalar(_ kind: IRStatement.Kind) throws(BuiltinError) -> Value? {
        switch kind {
        case .makeNull: .null
        case .makeNumberInt(let number, _): .integer(number)
        case .makeNumberRef(let index, _): try number(index)
        default: nil
        }
    }

    fileprivate func emptyComposite(_ kind: IRStatement.Kind) throws(BuiltinError) -> Value? {
        switch kind {
        case .makeArray: try .array([], in: arena)
        case .makeObject: try .object(in: arena)
        case .makeSet: try .set(in: arena)
        default: nil
        }
    }

    /// The composite with one element more, or `nil` where the element is no constant, or the
    /// composite of another kind: the machine tells what a plan from outside does wrong.
    fileprivate func extended(
        _ composite: Value, _ kind: IRStatement.Kind, _ known: [IRLocal: Value]
    ) throws(BuiltinError) -> Value? {
        switch kind {
        case .arrayAppend(let element, _):
            guard composite.kind == .array, let element = try constant(element, known) else {
                return nil
            }
            return try composite.appending(element, in: arena)
        case .setAdd(let member, _):
            guard composite.kind == .set, let member = try constant(member, known) else {
                return nil
            }
            try composite.insert(member, in: arena)
        case .objectInsert(let key, let value, _), .objectInsertOnce(let key, let value, _):
            guard composite.kind == .object, let key = try constant(key, known),
                let value = try constant(value, known)
            else { return nil }
            if case .objectInsertOnce = kind, composite.position(of: key, arena: arena) != nil {
                return nil
            }
            try composite.insert(key, value, in: arena)
        default: return nil
        }
        return composite
    }

    func constant(
        _ operand: IROperand, _ known: [IRLocal: Value]
    ) throws(BuiltinError) -> Value? {
        switch operand {
        case .local(let local): known[local]
        case .boolean(let flag): .boolean(flag)
        case .string(let index): try stringValue(index)
        }
    }
}
