/// What each rule of a function compares with constants, read off its statements.
///
/// Only tests at the rule's own level count: each must hold for the rule to have a value, in
/// whatever order the author wrote them.
extension RuleTests {
    static let rulesMin = 3

    /// - Returns: The function's index, numbering outermost blocks, or `nil` where none helps.
    static func index(
        of blocks: [IRBlock], _ shape: FunctionShape, _ usage: LocalUsage,
        _ function: FunctionLowering, _ lowering: inout Lowering
    ) throws(BuiltinError) -> RuleIndex? {
        guard shape.rules.count >= rulesMin else { return nil }
        var tests: [RuleTests] = []
        for number in shape.rules {
            var reader = RuleTestReader(usage: usage, parameters: function.parameterRegisters,
                arena: lowering.arena)
            for statement in blocks[number].statements {
                try reader.read(statement.kind, lowering)
            }
            tests.append(RuleTests(byPlace: reader.tests, rule: number))
        }
        return try RuleIndexBuilder.index(of: tests, constants: lowering.arena)
    }
}

extension FunctionLowering {
    var parameterRegisters: [IRLocal: Int32] {
        Dictionary(uniqueKeysWithValues: parameters.map { ($0, registers[$0] ?? 0) })
    }
}

private struct RuleTestReader {
    let usage: LocalUsage
    var places: [IRLocal: RuleIndex.Place] = [:]
    var known: [IRLocal: Value] = [:]
    var building: [IRLocal: [Value]] = [:]
    /// What the result of a comparison by `==` stands for.
    var compared: [IRLocal: (IROperand, IROperand)] = [:]
    var tests: [RuleIndex.Place: Value] = [:]
    let arena: Arena

    init(usage: LocalUsage, parameters: [IRLocal: Int32], arena: Arena) {
        self.arena = arena
        self.usage = usage
        for (local, register) in parameters {
            places[local] = RuleIndex.Place(register: register, steps: [])
        }
    }

    mutating func read(
        _ kind: IRStatement.Kind, _ lowering: Lowering
    ) throws(BuiltinError) {
        switch kind {
        case .dot(let source, let key, let target):
            if let place = place(source), usage.isWrittenOnce(target),
                let key = try lowering.constant(key, known)
            {
                places[target] = place.then(.key(key))
            }
        case .len(let source, let target):
            if let place = place(source), usage.isWrittenOnce(target) {
                places[target] = place.then(.length)
            }
        case .assignVar(let source, let target):
            if let place = place(source), usage.isWrittenOnce(target) { places[target] = place }
        case .makeNumberInt(let number, let target):
            if usage.isWrittenOnce(target) { known[target] = .integer(number) }
        case .makeNull(let target):
            if usage.isWrittenOnce(target) { known[target] = .null }
        case .makeNumberRef(let index, let target):
            if usage.isWrittenOnce(target) { known[target] = try lowering.number(index) }
        case .makeArray(_, let target): try build(target, [])
        case .arrayAppend(let element, let target):
            guard let elements = building.removeValue(forKey: target),
                let element = try lowering.constant(element, known)
            else { return }
            try build(target, elements + [element])
        case .equal(let left, let right): try test(left, right, lowering)
        case .call("equal", let operands, let result):
            if operands.count == 2, usage.isWrittenOnce(result) {
                compared[result] = (operands[0], operands[1])
            }
        case .notEqual(.local(let result), .boolean(false)):
            if let (left, right) = compared[result] { try test(left, right, lowering) }
        default: break
        }
    }

    private mutating func test(
        _ left: IROperand, _ right: IROperand, _ lowering: Lowering
    ) throws(BuiltinError) {
        if let place = place(left), let value = try lowering.constant(right, known) {
            test(place, value)
        } else if let place = place(right), let value = try lowering.constant(left, known) {
            test(place, value)
        }
    }

    /// An array is a constant once all that the function adds to it was seen here.
    private mutating func build(_ target: IRLocal, _ elements: [Value]) throws(BuiltinError) {
        if usage.writes[target] == elements.count + 1 {
            known[target] = try .array(elements, in: arena)
        } else {
            building[target] = elements
        }
    }

    private func place(_ operand: IROperand) -> RuleIndex.Place? {
        if case .local(let local) = operand { places[local] } else { nil }
    }

    /// An array is tested by its length and elements, so that patterns with variables in them share
    /// the places of those without.
    private mutating func test(_ place: RuleIndex.Place, _ value: Value) {
        guard value.kind == .array else {
            if !place.steps.isEmpty || place.register > 1 { tests[place] = value }
            return
        }
        let elements = value.elements
        tests[place.then(.length)] = .integer(Int64(elements.count))
        for (position, element) in elements.enumerated() {
            test(place.then(.key(.integer(Int64(position)))), element)
        }
    }
}

extension RuleIndex.Place {
    fileprivate func then(_ step: RuleIndex.Step) -> RuleIndex.Place {
        RuleIndex.Place(register: register, steps: steps + [step])
    }
}
