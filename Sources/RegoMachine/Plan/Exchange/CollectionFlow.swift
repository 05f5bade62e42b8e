/// How collections go from local to local in a function of a plan from outside.
///
/// A plan changes collections in place. That is harmless where it is done as planners do it: a
/// collection is made, filled, and then used; or it stands in an object under a key and is filled
/// there. Everything else could put a collection into itself, or let one grow after it was
/// measured (`Extent`), and is refused:
/// - what is changed was made in this function, or found in a collection that was;
/// - a cycle of locals in which values only get deeper;
/// - a change of what may have been used already, but for the value of an object's key.
struct CollectionFlow {
    /// From one local to another, with what that adds to the depth of the value.
    private struct Edge {
        var from: IRLocal
        var to: IRLocal
        var levels: Int
    }

    /// Where a statement stands: its number, and the loops around it.
    private struct Place {
        var number: Int
        var loops: [Int]
        /// Numbers of the statements and blocks around it.
        var path: [Int]
    }

    private var changed: Set<IRLocal> = []
    /// Other names of what is changed.
    private var changedElsewhere: Set<IRLocal> = []
    /// Changed, and found in another collection or given by assignment.
    private var aliased: Set<IRLocal> = []
    private var edges: [Edge] = []
    private var made: [IRLocal: [Place]] = [:]
    private var changes: [IRLocal: [Place]] = [:]
    private var uses: [IRLocal: [Place]] = [:]
    private var count = 0

    static func verify(_ blocks: [IRBlock], parameters: Set<IRLocal>) throws(PlanError) {
        var flow = CollectionFlow()
        flow.changed = changedLocals(blocks)
        if flow.changed.isEmpty { return }
        flow.changedElsewhere = flow.changed
        while flow.addNames(blocks) {}
        try flow.collect(blocks, loops: [], path: [])
        try flow.verifyCycles()
        try flow.verifyUses()
    }

    /// Locals whose collections are changed in place.
    static func changedLocals(_ blocks: [IRBlock]) -> Set<IRLocal> {
        var changed: Set<IRLocal> = []
        for block in blocks {
            for statement in block.statements {
                switch statement.kind {
                case .arrayAppend(_, let local), .setAdd(_, let local),
                    .objectInsert(_, _, let local), .objectInsertOnce(_, _, let local):
                    changed.insert(local)
                default: changed.formUnion(changedLocals(statement.kind.blocks))
                }
            }
        }
        return changed
    }

    /// - Returns: Whether there were any.
    private mutating func addNames(_ blocks: [IRBlock]) -> Bool {
        var hasAdded = false
        for block in blocks {
            for statement in block.statements {
                switch statement.kind {
                case .assignVar(.local(let source), let target),
                    .assignVarOnce(.local(let source), let target):
                    guard changedElsewhere.contains(target) else { continue }
                    if changedElsewhere.insert(source).inserted { hasAdded = true }
                default: if addNames(statement.kind.blocks) { hasAdded = true }
                }
            }
        }
        return hasAdded
    }

    private mutating func collect(
        _ blocks: [IRBlock], loops: [Int], path: [Int]
    ) throws(PlanError) {
        for block in blocks {
            let number = count
            for statement in block.statements {
                count += 1
                let place = Place(number: count, loops: loops, path: path + [number])
                do throws(PlanError) {
                    try collect(statement.kind, place)
                } catch { throw error.at(statement.kind.typeName) }
                var inner = loops
                if case .scan = statement.kind { inner.append(place.number) }
                try collect(statement.kind.blocks, loops: inner, path: place.path)
            }
        }
    }

    private mutating func collect(
        _ kind: IRStatement.Kind, _ place: Place
    ) throws(PlanError) {
        switch kind {
        case .makeArray(_, let target), .makeObject(let target), .makeSet(let target):
            made[target, default: []].append(place)
        case .arrayAppend(let value, let into), .setAdd(let value, let into):
            change(into, place, taking: [value])
            use([value], place)
        case .objectInsert(let key, let value, let into),
            .objectInsertOnce(let key, let value, let into):
            change(into, place, taking: [key, value])
            use([key], place)
        case .assignVar(let value, let target), .assignVarOnce(let value, let target):
            connect(value, target, levels: 0)
            if !changed.contains(target) { use([value], place) }
        case .dot(let source, _, let target): connect(source, target, levels: -1)
        case .scan(let source, let key, let value, _):
            for target in [key, value] {
                try refuseChange(of: target)
                edges.append(Edge(from: source, to: target, levels: -1))
            }
        case .call(_, let arguments, let target):
            try refuseChange(of: target)
            for local in arguments.flatMap({ $0.locals }) {
                edges.append(Edge(from: local, to: target, levels: 0))
            }
            use(arguments, place)
        case .callDynamic(_, _, let target), .makeNull(let target), .assignInt(_, let target),
            .makeNumberInt(_, let target), .makeNumberRef(_, let target), .len(_, let target):
            try refuseChange(of: target)
        case .objectMerge(let first, let second, let target):
            try refuseChange(of: target)
            edges.append(Edge(from: first, to: target, levels: 0))
            edges.append(Edge(from: second, to: target, levels: 0))
            use([.local(first), .local(second)], place)
        case .returnLocal(let local), .resultSetAdd(let local): use([.local(local)], place)
        case .with(_, _, let value, _): use([value], place)
        default: break
        }
    }

    private func refuseChange(of target: IRLocal) throws(PlanError) {
        if changed.contains(target) {
            throw PlanError("local \(target) is changed in place, and no collection of its own")
        }
    }

    private mutating func change(_ into: IRLocal, _ place: Place, taking values: [IROperand]) {
        changes[into, default: []].append(place)
        for local in values.flatMap({ $0.locals }) {
            edges.append(Edge(from: local, to: into, levels: 1))
        }
    }

    private mutating func use(_ values: [IROperand], _ place: Place) {
        for local in values.flatMap({ $0.locals }) where changed.contains(local) {
            uses[local, default: []].append(place)
        }
    }

    /// A part of `source`, or all of it, under another name.
    private mutating func connect(_ source: IROperand, _ target: IRLocal, levels: Int) {
        for local in source.locals {
            edges.append(Edge(from: local, to: target, levels: levels))
            guard changedElsewhere.contains(target) else { continue }
            if changed.contains(target) { aliased.insert(target) }
            edges.append(Edge(from: target, to: local, levels: -levels))
        }
    }

    /// What is used is not changed any more, until it is made anew.
    private func verifyUses() throws(PlanError) {
        for (local, uses) in uses {
            if aliased.contains(local) {
                throw PlanError("local \(local) is used, and changed where it was found")
            }
            let changes = changes[local] ?? []
            let pairs = uses.count.multipliedReportingOverflow(by: changes.count)
            guard !pairs.overflow, pairs.partialValue <= CollectionFlow.pairsMax else {
                throw PlanError("local \(local) is changed and used too often")
            }
            for use in uses {
                for change in changes where !isBefore(change, use, of: local) {
                    throw PlanError("local \(local) is changed after it was used")
                }
            }
        }
    }

    private func isBefore(_ change: Place, _ use: Place, of local: IRLocal) -> Bool {
        guard change.number < use.number else { return false }
        let around = zip(change.loops, use.loops).prefix { $0 == $1 }.map { $0.0 }
        guard let loop = around.last else { return true }
        // Both are in a loop: it makes the collection anew, in any case, before it changes it.
        return (made[local] ?? []).prefix(CollectionFlow.roundsMax).contains {
            $0.number < change.number && $0.loops.contains(loop)
                && change.path.starts(with: $0.path)
        }
    }

    /// What planners make has a handful; these keep hostile plans from taking minutes.
    private static let pairsMax = 1 << 20
    private static let roundsMax = 64

    /// Relaxes the depths along the edges, which planners write in the order of the values: where
    /// they still grow after many rounds, a cycle makes values deeper.
    private func verifyCycles() throws(PlanError) {
        var depths: [IRLocal: Int] = [:]
        for _ in 0..<CollectionFlow.roundsMax {
            var hasGrown = false
            for edge in edges {
                let depth = (depths[edge.from] ?? 0) + edge.levels
                if depth > depths[edge.to] ?? 0 {
                    depths[edge.to] = depth
                    hasGrown = true
                }
            }
            if !hasGrown { return }
        }
        throw PlanError("a collection could be put into itself")
    }
}
