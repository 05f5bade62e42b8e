/// Locals that a plan from outside may read before it writes to them: a register then holds what
/// another function left in it.
///
/// A write counts for what follows it in its block, and beyond the block where nothing before it
/// can be undefined.
struct UnsetLocals {
    private var found: Set<IRLocal> = []
    private let changed: Set<IRLocal>
    /// Elements of sets that were copied so far.
    private var copied = 0

    /// Past this the search ends, and any local may be unset: right, and slower when it runs.
    private static let copiedMax = 1 << 23

    /// - Parameter takesAliases: Also those that are changed in place under another name: what they
    ///   hold may be older than the loop they are first written in.
    static func find(
        _ blocks: [IRBlock], parameters: [IRLocal], takesAliases: Bool
    ) -> Set<IRLocal> {
        var search = UnsetLocals(
            changed: takesAliases ? CollectionFlow.changedLocals(blocks) : [])
        for block in blocks { _ = search.visit(block, Set(parameters)) }
        guard search.copied > copiedMax else { return search.found }
        var all: Set<IRLocal> = []
        for block in blocks { block.visit { local, _ in all.insert(local) } }
        return all.subtracting(parameters)
    }

    private init(changed: Set<IRLocal>) { self.changed = changed }

    /// What is written after a block, or a statement, and where else it may go on.
    private struct Written {
        /// Where the block ends, complete or not.
        var after: Set<IRLocal>
        /// At the breaks out of it: those that leave one level more, in common.
        var broken: Set<IRLocal>?
        var breaksFurther = false

        mutating func meet(_ other: Set<IRLocal>) {
            broken = broken.map { $0.intersection(other) } ?? other
        }
    }

    private mutating func visit(_ block: IRBlock, _ outer: Set<IRLocal>) -> Written {
        var written = outer
        var result = Written(after: outer)
        copied += outer.count + 1
        if copied > UnsetLocals.copiedMax { return result }
        var isCertain = true
        for statement in block.statements {
            note(statement.kind, written)
            switch statement.kind {
            case .break(let depth):
                if depth == 1 { result.meet(written) }
                if depth > 1 { result.breaksFurther = true }
                isCertain = false
            case .scan(_, let key, let value, let body):
                _ = visit(body, written.union([key, value]))
            case .block(let blocks):
                let inner = visit(blocks, written)
                written = inner.after
                if inner.breaksFurther {
                    result.breaksFurther = true
                    result.meet(outer)
                }
            default:
                for inner in statement.kind.blocks { _ = visit(inner, written) }
                written.formUnion(statement.kind.written)
            }
            isCertain = isCertain && statement.kind.isNeverUndefined
            if isCertain { result.after = written }
        }
        return result
    }

    /// Blocks one after the other.
    private mutating func visit(_ blocks: [IRBlock], _ outer: Set<IRLocal>) -> Written {
        var result = Written(after: outer)
        for block in blocks {
            let one = visit(block, result.after)
            result.after = one.after
            if let broken = one.broken { result.meet(broken) }
            if one.breaksFurther { result.breaksFurther = true }
        }
        if let broken = result.broken { result.after.formIntersection(broken) }
        return result
    }

    private mutating func note(_ kind: IRStatement.Kind, _ written: Set<IRLocal>) {
        found.formUnion(kind.read.filter { !written.contains($0) })
        switch kind {
        case .dot(_, _, let target), .assignVar(_, let target):
            if changed.contains(target) { found.insert(target) }
        case .assignVarOnce(_, let target):
            // It looks at what is there first.
            if changed.contains(target) || !written.contains(target) { found.insert(target) }
        case .arrayAppend(_, let target), .setAdd(_, let target),
            .objectInsert(_, _, let target), .objectInsertOnce(_, _, let target):
            if !written.contains(target) { found.insert(target) }
        default: break
        }
    }
}

extension IRStatement.Kind {
    fileprivate var isNeverUndefined: Bool {
        switch self {
        case .assignInt, .assignVar, .block, .makeArray, .makeNull, .makeNumberInt, .makeNumberRef,
            .makeObject, .makeSet, .nop, .resetLocal:
            true
        default: false
        }
    }
}
