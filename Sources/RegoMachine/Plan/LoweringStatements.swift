/// What each statement of the IR becomes.
extension FunctionLowering {
    /// A block of its own: its end is where its undefined statements go.
    mutating func lowerBlock(
        _ block: IRBlock, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        let level = Level(end: newLabel(), withDepth: withLocals.count)
        levels.append(level)
        let flag = lowering.shortcuts.contains(.earlyExit) ? block.flag : nil
        if let flag {
            finalJumps[flag] = FinalJump(label: level.end, withDepth: level.withDepth)
        }
        try lowerStatements(block, &lowering)
        if let flag { finalJumps[flag] = nil }
        place(level.end)
        levels.removeLast()
    }

    mutating func lowerStatements(
        _ block: IRBlock, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        let folded = lowering.shortcuts.contains(.folding)
            ? try foldConstants(block, &lowering) : []
        var number = 0
        while number < block.statements.count {
            let statement = block.statements[number]
            location = statement.location
            if folded.contains(number) {
                number += 1
            } else if let fused = try fuse(block.statements, number, &lowering) {
                noteEscape(block.statements[number + fused - 1].kind, lowering)
                number += fused
            } else {
                try lower(statement.kind, &lowering)
                try noteKeys(statement, &lowering)
                noteEscape(statement.kind, lowering)
                number += 1
            }
        }
    }

    /// Remembers what the call that was just emitted is read for.
    private mutating func noteKeys(
        _ statement: IRStatement, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        guard !statement.keys.isEmpty else { return }
        var keys: [Int32] = []
        for key in statement.keys { keys.append(try operand(key, &lowering)) }
        keyedCalls[position - 1] = lowering.list(keys)
    }

    /// A plan from outside may write in a loop what it reads after it: what it wrote has to stay.
    /// Our own writes to such locals by assignment alone, which sees to that itself.
    private mutating func noteEscape(_ kind: IRStatement.Kind, _ lowering: Lowering) {
        guard lowering.isForeign else { return }
        switch kind {
        case .call(_, _, let target), .callDynamic(_, _, let target), .dot(_, _, let target),
            .makeArray(_, let target), .makeObject(let target), .makeSet(let target),
            .objectMerge(_, _, let target):
            keep(target)
        default: break
        }
    }

    private mutating func keep(_ local: IRLocal) {
        guard let register = registers[local], constants[local] == nil else { return }
        let kept = escape(register)
        if kept != 0 { emit(.move, register, register, target: kept) }
    }

    private mutating func lower(
        _ kind: IRStatement.Kind, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        switch kind {
        case .arrayAppend, .setAdd, .objectInsert, .objectInsertOnce, .objectMerge, .makeArray,
            .makeNull, .makeNumberInt, .makeNumberRef, .makeObject, .makeSet:
            try lowerConstruction(kind, &lowering)
        case .assignInt, .assignVar, .assignVarOnce, .resetLocal, .returnLocal, .resultSetAdd:
            try lowerAssignment(kind, &lowering)
        case .isArray, .isDefined, .isObject, .isSet, .isUndefined, .equal, .notEqual, .len, .dot:
            try lowerTest(kind, &lowering)
        case .call(let name, let arguments, let result):
            try lowerCall(name, arguments, result, &lowering)
        case .callDynamic(let path, let arguments, let result):
            var keys: [Int32] = []
            for key in path { keys.append(try operand(key, &lowering)) }
            let list = lowering.list(arguments.map { operand($0) })
            emit(
                .callDynamic, destination(result), list, lowering.list(keys), target: failure())
        case .block(let blocks):
            for block in blocks { try lowerBlock(block, &lowering) }
        case .break(let depth):
            guard depth >= 0, Int(depth) < levels.count else {
                throw .conflict("break out of \(depth) blocks where there are \(levels.count)")
            }
            emit(.jump, target: exit(levels.count - 1 - Int(depth)))
        case .nop: break
        case .not(let block): try lowerNot(block, &lowering)
        case .scan(let source, let key, let value, let block):
            try lowerScan(source, key, value, block, &lowering)
        case .with(let local, let path, let value, let block):
            try lowerWith(local, path, value, block, &lowering)
        }
    }

    private mutating func lowerConstruction(
        _ kind: IRStatement.Kind, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        switch kind {
        case .arrayAppend(let value, let array):
            try lowerChange(.append, of: array, value, nil, &lowering)
        case .setAdd(let value, let set): try lowerChange(.add, of: set, value, nil, &lowering)
        case .objectInsert(let key, let value, let object):
            try lowerChange(.insert, of: object, key, value, &lowering)
        case .objectInsertOnce(let key, let value, let object):
            try lowerChange(.insertOnce, of: object, key, value, &lowering)
        case .objectMerge(let first, let second, let target):
            let operands = (operand(first), operand(second))
            emit(.merge, destination(target), operands.0, operands.1)
        case .makeArray(_, let target): emit(.makeArray, destination(target))
        case .makeObject(let target): emit(.makeObject, destination(target))
        case .makeSet(let target): emit(.makeSet, destination(target))
        case .makeNull(let target):
            emit(.move, destination(target), lowering.constant(.null))
        case .makeNumberInt(let number, let target):
            emit(.move, destination(target), lowering.constant(.integer(number)))
        case .makeNumberRef(let index, let target):
            emit(.move, destination(target), lowering.constant(try lowering.number(index)))
        default: break
        }
    }

    /// Changes a collection in place. Where it stands in an object it is put there again: see
    /// `Extent`.
    private mutating func lowerChange(
        _ operation: Operation, of collection: IRLocal, _ first: IROperand, _ second: IROperand?,
        _ lowering: inout Lowering
    ) throws(BuiltinError) {
        let into = register(collection)
        emit(
            operation, into, try operand(first, &lowering),
            try second.map { (value) throws(BuiltinError) in try operand(value, &lowering) } ?? 0,
            target: escape(into))
        let inserted = position - 1
        var path = [try operand(first, &lowering)]
        var changed = collection
        var depth = 0
        while let slot = slots[changed], depth < FunctionLowering.slotDepthMax {
            let object = register(slot.object)
            emit(
                .insert, object, try operand(slot.key, &lowering), register(changed),
                target: escape(object))
            path.insert(try operand(slot.key, &lowering), at: 0)
            changed = slot.object
            depth += 1
        }
        if operation == .insertOnce, changed == result, !lowering.isForeign {
            entryPaths[inserted] = lowering.list(path)
        }
        if case .local(let part) = second { note(part, in: collection, at: first) }
    }

    private mutating func lowerAssignment(
        _ kind: IRStatement.Kind, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        switch kind {
        case .assignInt(let number, let target):
            let into = destination(target)
            emit(.move, into, lowering.constant(.integer(number)))
        case .assignVar(let source, let target):
            let from = try operand(source, &lowering)
            let into = destination(target)
            if let final = finalJumps[target] {
                emit(.moveJump, into, from, target: pad(final.label, final.withDepth))
            } else {
                emit(.move, into, from, target: escape(into))
            }
        case .assignVarOnce(let source, let target):
            let from = try operand(source, &lowering)
            let into = destination(target)
            if let final = finalJumps[target] {
                emit(.moveJump, into, from, target: pad(final.label, final.withDepth))
            } else {
                emit(.assignOnce, into, from, target: escape(into))
            }
        case .resetLocal(let target): emit(.undefine, destination(target))
        case .returnLocal(let source):
            for _ in withLocals { emit(.withLeave) }
            emit(.return, 0, operand(source))
        case .resultSetAdd(let value):
            let outlives = Escape(from: 0, to: loopDepth).packed
            emit(.resultAdd, 0, operand(value), target: outlives)
        default: break
        }
    }

    private mutating func lowerTest(
        _ kind: IRStatement.Kind, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        let undefined = failure()
        switch kind {
        case .isArray(let value):
            emit(.isArray, 0, try operand(value, &lowering), target: undefined)
        case .isObject(let value):
            emit(.isObject, 0, try operand(value, &lowering), target: undefined)
        case .isSet(let value):
            emit(.isSet, 0, try operand(value, &lowering), target: undefined)
        case .isDefined(let local): emit(.isDefined, 0, operand(local), target: undefined)
        case .isUndefined(let local): emit(.isUndefined, 0, operand(local), target: undefined)
        case .equal(let left, let right):
            let operands = (try operand(left, &lowering), try operand(right, &lowering))
            emit(.equal, 0, operands.0, operands.1, target: undefined)
        case .notEqual(let left, let right):
            let operands = (try operand(left, &lowering), try operand(right, &lowering))
            emit(.notEqual, 0, operands.0, operands.1, target: undefined)
        case .len(let source, let target):
            let from = try operand(source, &lowering)
            emit(.length, destination(target), from, target: undefined)
        case .dot(let source, let key, let target):
            let operands = (try operand(source, &lowering), try operand(key, &lowering))
            emit(.dot, destination(target), operands.0, operands.1, target: undefined)
        default: break
        }
    }

    private mutating func lowerCall(
        _ name: String, _ arguments: [IROperand], _ result: IRLocal, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        var operands: [Int32] = []
        for argument in arguments { operands.append(try operand(argument, &lowering)) }
        let list = lowering.list(operands)
        switch try lowering.target(name) {
        case .function(let number):
            emit(.call, destination(result), list, number, target: failure())
        case .builtin(let number):
            emit(.callBuiltin, destination(result), list, number, target: failure())
        }
    }

    private mutating func lowerNot(
        _ block: IRBlock, _ lowering: inout Lowering
    ) throws(BuiltinError) {
        let succeeded = failure()
        levels.append(Level(end: newLabel(), withDepth: withLocals.count))
        try lowerStatements(block, &lowering)
        emit(.jump, target: succeeded)
        place(levels[levels.count - 1].end)
        levels.removeLast()
    }

    private mutating func lowerScan(
        _ source: IRLocal, _ key: IRLocal, _ value: IRLocal, _ block: IRBlock,
        _ lowering: inout Lowering
    ) throws(BuiltinError) {
        let from = operand(source)
        let slot = Int32(loopDepth)
        let done = newLabel()
        let next = newLabel()
        emit(.scanBegin, slot, from, target: done)
        loopDepth += 1
        loopDepthMax = max(loopDepthMax, loopDepth)
        place(next)
        let entry = (destination(key), destination(value))
        emit(.scanNext, slot, entry.0, entry.1, target: done)
        if lowering.isForeign {
            keep(key)
            keep(value)
        }
        levels.append(Level(end: next, withDepth: withLocals.count))
        try lowerStatements(block, &lowering)
        levels.removeLast()
        emit(.jump, target: next)
        loopDepth -= 1
        place(done)
    }

    private mutating func lowerWith(
        _ local: IRLocal, _ path: [Int32], _ value: IROperand, _ block: IRBlock,
        _ lowering: inout Lowering
    ) throws(BuiltinError) {
        var keys: [Int32] = []
        for key in path { keys.append(try lowering.string(key)) }
        let from = try operand(value, &lowering)
        let undefined = failure()
        emit(.withEnter, register(local), from, lowering.list(keys))
        withLocals.append(local)
        let inside = newLabel()
        levels.append(Level(end: inside, withDepth: withLocals.count))
        try lowerStatements(block, &lowering)
        levels.removeLast()
        let after = newLabel()
        emit(.withLeave)
        emit(.jump, target: after)
        place(inside)
        emit(.withLeave)
        withLocals.removeLast()
        emit(.jump, target: undefined)
        place(after)
    }
}

extension Lowering {
    func number(_ index: Int32) throws(BuiltinError) -> Value {
        try Numbers.parse(stringValue(index).bytes, in: arena)
    }
}
