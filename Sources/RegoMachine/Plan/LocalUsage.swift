/// How a function uses its locals: what the lowering must know before the first instruction.
struct LocalUsage {
    private(set) var reads: [IRLocal: Int] = [:]
    private(set) var writes: [IRLocal: Int] = [:]
    /// Used in several outermost blocks, or parameters, or the result.
    private(set) var shared: [IRLocal] = []
    private var only: [[IRLocal]]
    private var blockOf: [IRLocal: Int] = [:]

    init(_ blocks: [IRBlock], parameters: [IRLocal], result: IRLocal?) {
        only = Array(repeating: [], count: blocks.count)
        var isShared: Set<IRLocal> = Set(parameters)
        if let result, isShared.insert(result).inserted { shared.append(result) }
        for (number, block) in blocks.enumerated() {
            block.visit { local, isWrite in
                if isWrite {
                    writes[local, default: 0] += 1
                } else {
                    reads[local, default: 0] += 1
                }
                if isShared.contains(local) { return }
                if let known = blockOf[local] {
                    if known == number { return }
                    isShared.insert(local)
                    shared.append(local)
                } else {
                    blockOf[local] = number
                }
            }
        }
        for (local, number) in blockOf where !isShared.contains(local) {
            only[number].append(local)
        }
    }

    func locals(onlyIn block: Int) -> [IRLocal] { only[block] }

    /// True where one statement gives the local its value, which is known from there on.
    func isWrittenOnce(_ local: IRLocal) -> Bool { writes[local] == 1 }
}

extension IRBlock {
    /// Calls `body` for each use of a local, writes apart from reads; changes of a collection in
    /// place are writes.
    func visit(_ body: (IRLocal, _ isWrite: Bool) -> Void) {
        for statement in statements {
            statement.kind.visit(body)
            for key in statement.keys { key.locals.forEach { body($0, false) } }
        }
    }
}

extension IRStatement.Kind {
    func visit(_ body: (IRLocal, _ isWrite: Bool) -> Void) {
        for local in written { body(local, true) }
        for local in read { body(local, false) }
        for block in blocks { block.visit(body) }
    }

    var written: [IRLocal] {
        switch self {
        case .arrayAppend(_, let target), .assignInt(_, let target), .assignVar(_, let target),
            .assignVarOnce(_, let target), .call(_, _, let target),
            .callDynamic(_, _, let target), .dot(_, _, let target), .len(_, let target),
            .makeArray(_, let target), .makeNull(let target), .makeNumberInt(_, let target),
            .makeNumberRef(_, let target), .makeObject(let target), .makeSet(let target),
            .objectInsert(_, _, let target), .objectInsertOnce(_, _, let target),
            .objectMerge(_, _, let target), .resetLocal(let target), .setAdd(_, let target):
            [target]
        case .scan(_, let key, let value, _): [key, value]
        case .with(let local, _, _, _): [local]
        default: []
        }
    }

    var read: [IRLocal] {
        let bare: [IRLocal] =
            switch self {
            case .callDynamic(_, let arguments, _): arguments
            case .isDefined(let local), .isUndefined(let local), .resultSetAdd(let local),
                .returnLocal(let local), .scan(let local, _, _, _):
                [local]
            case .objectMerge(let left, let right, _): [left, right]
            default: []
            }
        return operands.flatMap { $0.locals } + bare
    }

    /// What it reads that may be a constant.
    var operands: [IROperand] {
        switch self {
        case .arrayAppend(let value, _), .assignVar(let value, _), .assignVarOnce(let value, _),
            .isArray(let value), .isObject(let value), .isSet(let value), .len(let value, _),
            .setAdd(let value, _), .with(_, _, let value, _):
            [value]
        case .equal(let left, let right), .notEqual(let left, let right),
            .dot(let left, let right, _), .objectInsert(let left, let right, _),
            .objectInsertOnce(let left, let right, _):
            [left, right]
        case .call(_, let arguments, _): arguments
        case .callDynamic(let path, _, _): path
        default: []
        }
    }

    package var blocks: [IRBlock] {
        switch self {
        case .block(let blocks): blocks
        case .not(let block), .scan(_, _, _, let block), .with(_, _, _, let block): [block]
        default: []
        }
    }

    /// The statement with other `blocks`, as many as it has.
    package func replacingBlocks(_ blocks: [IRBlock]) -> IRStatement.Kind {
        switch self {
        case .block: .block(blocks)
        case .not: .not(blocks[0])
        case .scan(let source, let key, let value, _):
            .scan(source, key: key, value: value, blocks[0])
        case .with(let local, let path, let value, _):
            .with(local, path: path, value: value, blocks[0])
        default: self
        }
    }
}

extension IRStatement.Kind {
    /// Whether it adds to something that may have been made outside of its block.
    fileprivate var lasts: Bool {
        switch self {
        case .resultSetAdd, .returnLocal, .break: true
        case .block(let blocks): blocks.contains { $0.statements.contains { $0.kind.lasts } }
        default: false
        }
    }
}

extension IROperand {
    var locals: [IRLocal] {
        if case .local(let local) = self { [local] } else { [] }
    }
}

/// Which of a function's outermost blocks are its rules, and whether they can differ.
struct FunctionShape {
    /// Blocks that may be tried in any subset: between those that prepare the result and those that
    /// default and return it.
    let rules: Range<Int>
    /// True where every rule gives the same constant, so that the first success is the value.
    let hasOneValue: Bool

    init(_ blocks: [IRBlock], result: IRLocal?) {
        guard let result else {
            rules = 0..<0
            hasOneValue = false
            return
        }
        var first = 0
        while first < blocks.count && blocks[first].onlyPrepares(result) { first += 1 }
        var last = blocks.count
        while last > first && blocks[last - 1].onlyFinishes(result) { last -= 1 }
        rules = first..<last
        var values: Set<IROperand> = []
        for block in blocks[rules] { block.collectValues(of: result, into: &values) }
        hasOneValue = values.count == 1 && values.first?.locals.isEmpty == true
    }
}

extension IRBlock {
    /// The local that a block only sets to a constant, after however many iterations: what it does
    /// once more would change nothing. `nil` where it does anything else that lasts.
    var flag: IRLocal? {
        guard statements.dropLast().allSatisfy({ !$0.kind.lasts }) else { return nil }
        switch statements.last?.kind {
        case .assignVar(let value, let target): return value.locals.isEmpty ? target : nil
        case .scan(_, _, _, let block): return block.flag
        default: return nil
        }
    }

    fileprivate func onlyPrepares(_ result: IRLocal) -> Bool {
        statements.allSatisfy {
            switch $0.kind {
            case .makeSet(result), .makeObject(result), .makeArray(_, result), .resetLocal(result):
                true
            default: false
            }
        }
    }

    fileprivate func onlyFinishes(_ result: IRLocal) -> Bool {
        switch statements.first?.kind {
        case .isUndefined(result), .returnLocal: true
        default: false
        }
    }

    fileprivate func collectValues(of result: IRLocal, into values: inout Set<IROperand>) {
        for statement in statements {
            switch statement.kind {
            case .assignVarOnce(let value, result): values.insert(value)
            case let other where other.written.contains(result): values.insert(.local(result))
            default: break
            }
            for block in statement.kind.blocks { block.collectValues(of: result, into: &values) }
        }
    }
}
