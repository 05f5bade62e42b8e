/// Lowers one function: assigns registers, emits instructions, resolves jumps.
///
/// Invariants: every instruction that may be undefined jumps to the end of the block it stands in;
/// a jump that leaves `with` statements goes through a pad that undoes them; locals that only one
/// of the function's outermost blocks uses share registers with those of its siblings.
struct FunctionLowering {
    var instructions: [Instruction] = []
    var locations: [IRLocation] = []
    /// Positions in `instructions`; -1 until placed.
    var labels: [Int32] = []
    var levels: [Level] = []
    var withLocals: [Int32] = []
    var loopDepth = 0
    var loopDepthMax = 0
    var registerCount: Int32 = 0
    var registers: [IRLocal: Int32] = [:]
    var definedAt: [Int32: Int] = [:]
    var usage: LocalUsage
    var constants: [IRLocal: Int32] = [:]
    var pads: [Pad: Int32] = [:]
    var ruleIndex: RuleIndex?
    var blockStarts: [Int32] = []
    /// What a plan from outside may read, or change in place, before it writes to it.
    private var unset: Set<IRLocal> = []
    let parameters: [IRLocal]
    let result: IRLocal?
    /// By position: the lists of keys that the readers of a call name, and of those at which an
    /// instruction enters something into the result.
    var keyedCalls: [Int32: Int32] = [:]
    var entryPaths: [Int32: Int32] = [:]
    var location = IRLocation.none
    /// Where to go once a local has a value that cannot change any more: the result of rules that
    /// cannot differ, a flag that further iterations would only set again.
    var finalJumps: [IRLocal: FinalJump] = [:]
    /// Where collections stand that may still change, while key and object are what they were.
    private(set) var slots: [IRLocal: Slot] = [:]
    /// The parts whose slots name a local.
    private var slotParts: [IRLocal: [IRLocal]] = [:]
    private let changed: Set<IRLocal>

    /// One enclosing block: where its end is, and how many `with` statements enclose it.
    struct Level {
        var end: Int32
        var withDepth: Int
    }

    struct Pad: Hashable {
        var label: Int32
        var from: Int
        var to: Int
    }

    /// An entry of an object.
    struct Slot {
        var object: IRLocal
        var key: IROperand
    }

    struct FinalJump {
        var label: Int32
        var withDepth: Int
    }

    /// How the rules of an indexed function are reached.
    struct Dispatching {
        var cursor: Int32
        var next: Int32
        var after: Int32
    }

    /// Objects inside each other in the head of a rule.
    static let slotDepthMax = 256

    static func lower(
        blocks: [IRBlock], parameters: [IRLocal], result: IRLocal?, _ lowering: inout Lowering
    ) throws(BuiltinError) -> FunctionLowering {
        var function = FunctionLowering(
            usage: LocalUsage(blocks, parameters: parameters, result: result),
            changed: CollectionFlow.changedLocals(blocks), parameters: parameters, result: result)
        if lowering.isForeign {
            function.unset = UnsetLocals.find(
                blocks, parameters: parameters, takesAliases: true)
        }
        try function.lowerBlocks(blocks, &lowering)
        function.placePads()
        return function
    }

    private init(
        usage: LocalUsage, changed: Set<IRLocal>, parameters: [IRLocal], result: IRLocal?
    ) {
        self.usage = usage
        self.changed = changed
        self.parameters = parameters
        self.result = result
        for local in parameters + usage.shared { _ = register(local) }
    }

    func entry(start: Int32) -> FunctionEntry {
        FunctionEntry(
            start: start, registers: registerCount, iterators: Int32(loopDepthMax),
            parameters: Int32(parameters.count), result: result.flatMap { registers[$0] } ?? 0)
    }

    /// The instructions with their targets as positions in the program.
    func code(at start: Int32) -> [Instruction] {
        instructions.map { instruction in
            var placed = instruction
            if instruction.operation.jumps {
                placed.target = start + labels[Int(instruction.target)]
            }
            return placed
        }
    }

    private mutating func lowerBlocks(
        _ blocks: [IRBlock], _ lowering: inout Lowering
    ) throws(BuiltinError) {
        if let result { emit(.undefine, destination(result)) }
        undefine(usage.shared)
        let shape = FunctionShape(blocks, result: result)
        let returning = newLabel()
        var dispatching: Dispatching?
        let hasOwnRules = !lowering.isForeign || usage.shared.allSatisfy { $0 == result }
        if hasOwnRules, lowering.shortcuts.contains(.indexes),
            let index = try RuleTests.index(of: blocks, shape, usage, self, &lowering)
        {
            ruleIndex = index
            dispatching = Dispatching(cursor: registerCount, next: newLabel(), after: newLabel())
            registerCount += 1
        }
        let sharedCount = registerCount
        var most = registerCount
        for (number, block) in blocks.enumerated() {
            if number == blocks.count - 1 { place(returning) }
            if number == shape.rules.lowerBound { begin(dispatching) }
            registerCount = sharedCount
            if let result, shape.hasOneValue, number < blocks.count - 1,
                lowering.shortcuts.contains(.earlyExit)
            {
                finalJumps[result] = FinalJump(label: returning, withDepth: 0)
            }
            blockStarts.append(position)
            undefine(usage.locals(onlyIn: number))
            try lowerBlock(block, &lowering)
            if let result { finalJumps[result] = nil }
            most = max(most, registerCount)
            slots = [:]
            slotParts = [:]
            for local in usage.locals(onlyIn: number) { forget(local) }
            guard let dispatching, shape.rules.contains(number) else { continue }
            emit(.jump, target: dispatching.next)
            if number == shape.rules.upperBound - 1 { place(dispatching.after) }
        }
        registerCount = most
        emit(.return, 0, lowering.constant(.undefined))
    }

    private mutating func undefine(_ locals: [IRLocal]) {
        for local in locals.sorted() where unset.contains(local) {
            emit(.undefine, destination(local))
        }
    }

    private mutating func begin(_ dispatching: Dispatching?) {
        guard let dispatching else { return }
        emit(.dispatch, dispatching.cursor)
        place(dispatching.next)
        emit(.dispatchNext, dispatching.cursor, target: dispatching.after)
    }

    private mutating func forget(_ local: IRLocal) {
        if let register = registers.removeValue(forKey: local) { definedAt[register] = nil }
        constants[local] = nil
    }
}

extension FunctionLowering {
    var position: Int32 { Int32(instructions.count) }

    mutating func newLabel() -> Int32 {
        labels.append(-1)
        return Int32(labels.count - 1)
    }

    mutating func place(_ label: Int32) { labels[Int(label)] = position }

    mutating func emit(
        _ operation: Operation, _ a: Int32 = 0, _ b: Int32 = 0, _ c: Int32 = 0, target: Int32 = 0
    ) {
        instructions.append(Instruction(operation, a, b, c, target))
        locations.append(location)
    }

    /// The label an undefined statement jumps to.
    mutating func failure() -> Int32 { exit(levels.count - 1) }

    /// The label that leaves the block `level`, through a pad where `with` statements end.
    mutating func exit(_ level: Int) -> Int32 {
        pad(levels[level].end, levels[level].withDepth)
    }

    mutating func pad(_ label: Int32, _ depth: Int) -> Int32 {
        if withLocals.count == depth { return label }
        let key = Pad(label: label, from: withLocals.count, to: depth)
        if let known = pads[key] { return known }
        let made = newLabel()
        pads[key] = made
        return made
    }

    private mutating func placePads() {
        for (pad, label) in pads.sorted(by: { $0.value < $1.value }) {
            place(label)
            for _ in pad.to..<pad.from { emit(.withLeave) }
            emit(.jump, target: pad.label)
        }
    }

    mutating func register(_ local: IRLocal) -> Int32 {
        if let known = registers[local] { return known }
        let made = registerCount
        registerCount += 1
        registers[local] = made
        return made
    }

    /// Remembers that a collection stands in an object now, if it is one that changes.
    mutating func note(_ part: IRLocal, in object: IRLocal, at key: IROperand) {
        guard changed.contains(part) else { return }
        slots[part] = Slot(object: object, key: key)
        for local in [part, object] + key.locals { slotParts[local, default: []].append(part) }
    }

    /// The register a statement writes; remembers in how many loops it was first written.
    mutating func destination(_ local: IRLocal) -> Int32 {
        for part in slotParts.removeValue(forKey: local) ?? [] {
            guard let slot = slots[part] else { continue }
            if part == local || slot.object == local || slot.key == .local(local) {
                slots[part] = nil
            }
        }
        let register = register(local)
        definedAt[register] = min(definedAt[register] ?? loopDepth, loopDepth)
        return register
    }

    /// What storing into `register` means for the loops around this place.
    func escape(_ register: Int32) -> Int32 {
        Escape(from: definedAt[register] ?? 0, to: loopDepth).packed
    }

    mutating func operand(
        _ operand: IROperand, _ lowering: inout Lowering
    ) throws(BuiltinError) -> Int32 {
        switch operand {
        case .boolean(let flag): lowering.boolean(flag)
        case .string(let index): try lowering.string(index)
        case .local(let local): constants[local] ?? register(local)
        }
    }

    mutating func operand(_ local: IRLocal) -> Int32 { constants[local] ?? register(local) }
}

extension Operation {
    /// Whether `target` is a label.
    var jumps: Bool {
        switch self {
        case .move, .append, .add, .insert, .insertOnce, .assignOnce, .undefine, .makeArray,
            .makeObject, .makeSet, .merge, .return, .withEnter, .withLeave, .resultAdd, .dispatch:
            false
        default: true
        }
    }
}
