/// From OPA's IR to a `Program`: registers, jumps, constants, rule indexes, early exit.
///
/// Each function is lowered by a `FunctionLowering`; what they share (constants, lists, linked
/// builtins) is here. Nothing a policy says is lost: a statement that goes away is one whose
/// outcome is known.
public struct Lowering {
    var parts: ProgramParts
    let policy: IRPolicy
    let isForeign: Bool
    let shortcuts: Shortcuts
    private let builtins: [String: Builtin]
    private var linked: [String: Int32] = [:]
    private var functionNumbers: [String: Int32] = [:]
    private var stringConstants: [Int32: Int32] = [:]
    private var integerConstants: [Int64: Int32] = [:]
    private var booleanConstants: [Bool: Int32] = [:]
    var arena: Arena { parts.segment.arena }

    /// Why a plan cannot be linked.
    public enum Failure: Error, Sendable {
        case unknownBuiltin(String)
        case unknownPlan(String)
        case invalidPlan(String)
        case limit
    }

    /// - Parameter builtins: The rows that the plan's calls may name.
    /// - Parameter isForeign: The plan comes from outside, and `PlanVerifier` has passed it.
    /// - Throws: `Failure.unknownBuiltin` for a call of anything else.
    public static func program(
        _ policy: IRPolicy, plan name: String, builtins: [String: Builtin],
        isForeign: Bool = false, shortcuts: Shortcuts = .all
    ) throws(Failure) -> Program {
        guard let plan = policy.plans.first(where: { $0.name == name }) else {
            throw .unknownPlan(name)
        }
        var lowering = Lowering(policy, builtins, isForeign: isForeign, shortcuts: shortcuts)
        do throws(BuiltinError) {
            try lowering.lower(plan)
        } catch {
            switch error {
            case .failed(let name): throw .unknownBuiltin(name)
            case .conflict(let message): throw .invalidPlan(message)
            default: throw .limit
            }
        }
        return Program(lowering.parts)
    }

    private init(
        _ policy: IRPolicy, _ builtins: [String: Builtin], isForeign: Bool, shortcuts: Shortcuts
    ) {
        self.isForeign = isForeign
        self.shortcuts = shortcuts
        self.policy = policy
        self.builtins = builtins
        parts = ProgramParts(segment: Segment(Arena.make(bytesMax: 1 << 30)))
        parts.files = policy.files
    }

    private mutating func lower(_ plan: IRPlan) throws(BuiltinError) {
        for (number, function) in policy.functions.enumerated() {
            functionNumbers[function.name] = Int32(number)
        }
        for function in policy.functions {
            let lowered = try FunctionLowering.lower(
                blocks: function.blocks, parameters: function.parameters, result: function.result,
                &self)
            try append(lowered, name: function.path.joined(separator: "."))
            if function.parameters.count == 2 && shortcuts.contains(.memory) {
                parts.functions[parts.functions.count - 1].memo = Int32(parts.memoCount)
                parts.memoCount += 1
            }
        }
        let query = try FunctionLowering.lower(
            blocks: plan.blocks, parameters: [0, 1], result: nil, &self)
        parts.entry = parts.functions.count
        try append(query, name: plan.name)
        parts.functionTree = try functionTree()
        for position in parts.constants.indices { parts.constants[position].freeze(arena) }
        parts.functionTree.freeze(arena)
        for position in parts.indexNodes.indices {
            parts.indexNodes[position].children.freeze(arena)
        }
    }

    private mutating func append(_ lowered: FunctionLowering, name: String) throws(BuiltinError) {
        let start = Int32(parts.code.count)
        parts.functions.append(lowered.entry(start: start))
        parts.functionNames.append(name)
        parts.code += lowered.code(at: start)
        parts.locations += lowered.locations
        for (position, keys) in lowered.keyedCalls { parts.keyedCalls[start + position] = keys }
        for (position, keys) in lowered.entryPaths { parts.entryPaths[start + position] = keys }
        guard let index = lowered.ruleIndex else { return }
        let root = try append(index, start: start, blocks: lowered.blockStarts)
        for position in Int(start)..<parts.code.count
        where parts.code[position].operation == .dispatch {
            parts.code[position].b = root
        }
    }

    /// - Returns: The number of the index's root node.
    private mutating func append(
        _ index: RuleIndex, start: Int32, blocks: [Int32]
    ) throws(BuiltinError) -> Int32 {
        let indexRoot = Int32(parts.indexNodes.count)
        let candidates = Int32(parts.lists.count)
        parts.lists += index.candidates.map { $0 < 0 ? -1 : start + blocks[Int($0)] }
        for node in index.nodes {
            var steps: Int32 = 0
            if let place = node.place { steps = try list(of: place.steps) }
            parts.indexNodes.append(
                IndexNode(
                    register: node.place?.register ?? -1, steps: steps,
                    children: node.children.shifted(by: Int64(indexRoot)),
                    otherwise: node.otherwise + indexRoot, candidates: candidates + node.first))
        }
        return indexRoot
    }

    private mutating func list(of steps: [RuleIndex.Step]) throws(BuiltinError) -> Int32 {
        var operands: [Int32] = []
        for step in steps {
            switch step {
            case .key(let key): operands.append(constant(key))
            case .length: operands.append(IndexNode.length)
            }
        }
        return list(operands)
    }

    private func functionTree() throws(BuiltinError) -> Value {
        let root = try Value.object(in: arena)
        for (number, function) in policy.functions.enumerated()
        where function.parameters.count == 2 && !function.path.isEmpty {
            var node = root
            for key in function.path.dropLast() {
                let name = try Value.string(key, in: arena)
                var child = node.element(name, arena: arena)
                if child.kind != .object {
                    child = try Value.object(in: arena)
                    try node.insert(name, child, in: arena)
                }
                node = child
            }
            let name = try Value.string(function.path[function.path.count - 1], in: arena)
            try node.insert(name, .integer(Int64(number)), in: arena)
        }
        return root
    }
}

/// Ways to an answer that leave work out, and must not change it.
public struct Shortcuts: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Rules that cannot hold are passed over.
    public static let indexes = Shortcuts(rawValue: 1)
    /// A rule whose value cannot change any more ends.
    public static let earlyExit = Shortcuts(rawValue: 2)
    /// The value of a rule is remembered.
    public static let memory = Shortcuts(rawValue: 4)
    /// Collections of constants are made once.
    public static let folding = Shortcuts(rawValue: 8)
    public static let all: Shortcuts = [.indexes, .earlyExit, .memory, .folding]
}

extension Lowering {
    /// The operand of a constant; equal strings of the plan and equal integers share one.
    mutating func constant(_ value: Value) -> Int32 {
        if let number = value.integer {
            if let known = integerConstants[number] { return known }
            let operand = newConstant(value)
            integerConstants[number] = operand
            return operand
        }
        return newConstant(value.withHash())
    }

    private mutating func newConstant(_ value: Value) -> Int32 {
        parts.constants.append(value)
        return -Int32(parts.constants.count)
    }

    mutating func string(_ index: Int32) throws(BuiltinError) -> Int32 {
        if let known = stringConstants[index] { return known }
        let operand = newConstant(try stringValue(index).withHash())
        stringConstants[index] = operand
        return operand
    }

    mutating func boolean(_ flag: Bool) -> Int32 {
        if let known = booleanConstants[flag] { return known }
        let operand = newConstant(.boolean(flag))
        booleanConstants[flag] = operand
        return operand
    }

    func stringValue(_ index: Int32) throws(BuiltinError) -> Value {
        guard index >= 0, Int(index) < policy.strings.count else {
            throw .conflict("string \(index) is not in the plan")
        }
        return try Value.string(policy.strings[Int(index)], in: arena)
    }

    func constantValue(_ operand: Int32) -> Value { parts.constants[Int(-operand) - 1] }

    mutating func list(_ operands: [Int32]) -> Int32 {
        let position = Int32(parts.lists.count)
        parts.lists.append(Int32(operands.count))
        parts.lists += operands
        parts.argumentsMax = max(parts.argumentsMax, operands.count)
        return position
    }

    enum Target {
        case function(Int32)
        case builtin(Int32)
    }

    /// What a call names: a function of the plan first, as a plan may hide a builtin.
    mutating func target(_ name: String) throws(BuiltinError) -> Target {
        if let number = functionNumbers[name] { return .function(number) }
        if let number = linked[name] { return .builtin(number) }
        guard let row = builtins[name] else { throw .failed(name) }
        let number = Int32(parts.builtins.count)
        let checksItself = row.traits.contains(.checksOperands)
        let kinds = row.arguments.map { checksItself ? TypeDeclaration.any.kinds : $0.kinds }
        parts.builtins.append(LinkedBuiltin(row: row, kinds: kinds))
        linked[name] = number
        return .builtin(number)
    }
}

extension TypeDeclaration {
    /// The kinds it admits, a bit each.
    var kinds: UInt16 {
        (0..<UInt8(9)).reduce(0) { bits, number in
            guard let kind = Value.Kind(rawValue: number), kind != .undefined else { return bits }
            return admits(kind) ? bits | 1 << UInt16(number) : bits
        }
    }
}

extension Value {
    /// An object of integers with `offset` added to each, changed in place.
    fileprivate func shifted(by offset: Int64) -> Value {
        guard kind == .object else { return self }
        let body = unsafe table
        for position in 0..<(unsafe Int(body.pointee.count)) {
            let value = unsafe body.pointee.entries[2 * position + 1]
            unsafe body.pointee.entries[2 * position + 1] = .integer((value.integer ?? 0) + offset)
        }
        return self
    }
}
