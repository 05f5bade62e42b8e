/// Gives each block locals of its own, where a plan from outside uses their numbers again: blocks
/// that have nothing else in common can then be looked at, and lowered, one by one.
struct LocalRenaming {
    private let fixed: Set<IRLocal>
    private let total: [IRLocal: Int]
    private var next: IRLocal

    /// - Parameter fixed: Parameters and result.
    static func rename(_ blocks: inout [IRBlock], fixed: Set<IRLocal>) {
        let total = count(blocks)
        // So many locals are in no plan: who numbers them so high has made this one by hand.
        let last = max(total.keys.max() ?? 0, fixed.max() ?? 0)
        guard last < .max / 2 else { return }
        var renaming = LocalRenaming(fixed: fixed, total: total, next: last + 1)
        renaming.separate(&blocks)
    }

    private static func count(_ blocks: [IRBlock]) -> [IRLocal: Int] {
        var counts: [IRLocal: Int] = [:]
        for block in blocks { block.visit { local, _ in counts[local, default: 0] += 1 } }
        return counts
    }

    private mutating func separate(_ blocks: inout [IRBlock]) {
        let counts = blocks.map { LocalRenaming.count([$0]) }
        var places: [IRLocal: [Int]] = [:]
        var sums: [IRLocal: Int] = [:]
        for (number, count) in counts.enumerated() {
            for (local, uses) in count where !fixed.contains(local) {
                places[local, default: []].append(number)
                sums[local, default: 0] += uses
            }
        }
        let unset = blocks.map {
            UnsetLocals.find([$0], parameters: Array(fixed), takesAliases: false)
        }
        var names: [[IRLocal: IRLocal]] = Array(repeating: [:], count: blocks.count)
        for (local, numbers) in places.sorted(by: { $0.key < $1.key })
        where numbers.count > 1 && sums[local] == total[local] {
            guard !numbers.contains(where: { unset[$0].contains(local) }) else { continue }
            for number in numbers.dropFirst() {
                names[number][local] = next
                next += 1
            }
        }
        for number in blocks.indices {
            let new = names[number]
            if !new.isEmpty { blocks[number] = blocks[number].renamed { new[$0] ?? $0 } }
            for position in blocks[number].statements.indices {
                let kind = blocks[number].statements[position].kind
                var inner = kind.blocks
                if inner.isEmpty { continue }
                separate(&inner)
                blocks[number].statements[position].kind = kind.replacingBlocks(inner)
            }
        }
    }
}

extension IRBlock {
    fileprivate func renamed(_ name: (IRLocal) -> IRLocal) -> IRBlock {
        IRBlock(statements.map { IRStatement($0.kind.renamed(name), $0.location) })
    }
}

extension IRStatement.Kind {
    /// The statement with other locals, its blocks included.
    fileprivate func renamed(_ name: (IRLocal) -> IRLocal) -> IRStatement.Kind {
        func operand(_ operand: IROperand) -> IROperand {
            if case .local(let local) = operand { .local(name(local)) } else { operand }
        }
        let inner = blocks.map { $0.renamed(name) }
        switch self {
        case .arrayAppend(let value, let array):
            return .arrayAppend(operand(value), array: name(array))
        case .assignInt(let value, let target): return .assignInt(value, target: name(target))
        case .assignVar(let value, let target):
            return .assignVar(operand(value), target: name(target))
        case .assignVarOnce(let value, let target):
            return .assignVarOnce(operand(value), target: name(target))
        case .call(let callee, let arguments, let result):
            return .call(callee, arguments.map(operand), result: name(result))
        case .callDynamic(let path, let arguments, let result):
            return .callDynamic(
                path: path.map(operand), arguments.map(name), result: name(result))
        case .dot(let source, let key, let target):
            return .dot(operand(source), key: operand(key), target: name(target))
        case .equal(let left, let right): return .equal(operand(left), operand(right))
        case .notEqual(let left, let right): return .notEqual(operand(left), operand(right))
        case .isArray(let source): return .isArray(operand(source))
        case .isObject(let source): return .isObject(operand(source))
        case .isSet(let source): return .isSet(operand(source))
        case .isDefined(let source): return .isDefined(name(source))
        case .isUndefined(let source): return .isUndefined(name(source))
        case .len(let source, let target): return .len(operand(source), target: name(target))
        case .makeArray(let capacity, let target):
            return .makeArray(capacity: capacity, target: name(target))
        case .makeNull(let target): return .makeNull(target: name(target))
        case .makeNumberInt(let value, let target):
            return .makeNumberInt(value, target: name(target))
        case .makeNumberRef(let index, let target):
            return .makeNumberRef(index, target: name(target))
        case .makeObject(let target): return .makeObject(target: name(target))
        case .makeSet(let target): return .makeSet(target: name(target))
        case .objectInsert(let key, let value, let object):
            return .objectInsert(key: operand(key), operand(value), object: name(object))
        case .objectInsertOnce(let key, let value, let object):
            return .objectInsertOnce(key: operand(key), operand(value), object: name(object))
        case .objectMerge(let first, let second, let target):
            return .objectMerge(name(first), name(second), target: name(target))
        case .resetLocal(let target): return .resetLocal(name(target))
        case .resultSetAdd(let value): return .resultSetAdd(name(value))
        case .returnLocal(let source): return .returnLocal(name(source))
        case .setAdd(let value, let set): return .setAdd(operand(value), set: name(set))
        case .scan(let source, let key, let value, _):
            return .scan(name(source), key: name(key), value: name(value), inner[0])
        case .with(let local, let path, let value, _):
            return .with(name(local), path: path, value: operand(value), inner[0])
        case .block: return .block(inner)
        case .not: return .not(inner[0])
        case .break, .nop: return self
        }
    }
}
