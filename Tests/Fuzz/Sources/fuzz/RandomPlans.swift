import Rego
import RegoMachine

/// Bytes as decisions: which statements a plan has, on which of a few locals. The verifier refuses
/// most; what it passes is run.
func fuzzMachine(_ bytes: [UInt8]) {
    var choice = Choice(bytes: bytes[...])
    var policy = IRPolicy()
    policy.strings = ["result", "user", "list", "o", "a", "1e400", "12"]
    policy.plans = [IRPlan(name: "p", blocks: choice.blocks(depth: 0, isPlan: true))]
    for (number, name) in Choice.functions.enumerated() {
        policy.functions.append(
            IRFunction(
                name: name, parameters: number == 0 ? [0, 1] : [0, 1, 2], result: 3,
                blocks: choice.blocks(depth: 0, isPlan: false)
                    + [IRBlock([IRStatement(.returnLocal(3), .none)])],
                path: ["g0", name]))
    }
    let table = Dictionary(uniqueKeysWithValues: Builtin.all.map { ($0.name, $0) })
    guard let text = try? PlanWriter.json(policy, builtins: table) else { return }
    fuzzPlans(text)
}

private struct Choice {
    var bytes: ArraySlice<UInt8>

    static let functions = ["f", "g", "h"]
    private static let builtins = ["count", "concat", "object.union", "array.concat", "walk"]

    mutating func next(_ bound: Int) -> Int { Int(bytes.popFirst() ?? 0) % bound }

    mutating func local() -> IRLocal { IRLocal(next(10)) }
    mutating func target() -> IRLocal { IRLocal(3 + next(7)) }

    mutating func operand() -> IROperand {
        switch next(8) {
        case 0: .boolean(next(2) == 0)
        case 1: .string(Int32(next(7)))
        default: .local(local())
        }
    }

    mutating func blocks(depth: Int, isPlan: Bool) -> [IRBlock] {
        (0...next(3)).map { _ in block(depth: depth, isPlan: isPlan) }
    }

    mutating func block(depth: Int, isPlan: Bool) -> IRBlock {
        var statements: [IRStatement] = []
        for _ in 0..<next(8) where !bytes.isEmpty {
            statements.append(IRStatement(statement(depth: depth, isPlan: isPlan), .none))
        }
        return IRBlock(statements)
    }

    mutating func statement(depth: Int, isPlan: Bool) -> IRStatement.Kind {
        switch next(depth < 4 ? 30 : 24) {
        case 0: .arrayAppend(operand(), array: target())
        case 1: .assignVar(operand(), target: target())
        case 2: .assignVarOnce(operand(), target: target())
        case 3: .assignInt(Int64(next(256)) - 3, target: target())
        case 4: .break(depth: Int32(next(depth + 1)))
        case 5: .dot(operand(), key: operand(), target: target())
        case 6: .equal(operand(), operand())
        case 7: .notEqual(operand(), operand())
        case 8: .isArray(operand())
        case 9: .isDefined(local())
        case 10: .isUndefined(local())
        case 11: .len(operand(), target: target())
        case 12: .makeArray(capacity: Int32(next(256)), target: target())
        case 13: .makeNumberRef(Int32(5 + next(2)), target: target())
        case 14: .makeObject(target: target())
        case 15: .makeSet(target: target())
        case 16: .objectInsert(key: operand(), operand(), object: target())
        case 17: .objectInsertOnce(key: operand(), operand(), object: target())
        case 18: .objectMerge(local(), local(), target: target())
        case 19: .resetLocal(target())
        case 20: .setAdd(operand(), set: target())
        case 21: call()
        case 22:
            .callDynamic(
                path: [.string(0), operand()], [0, 1], result: target())
        case 23: isPlan ? .resultSetAdd(local()) : .returnLocal(local())
        case 24, 25: .block(blocks(depth: depth + 1, isPlan: isPlan))
        case 26: .not(block(depth: depth + 1, isPlan: isPlan))
        case 27, 28:
            .scan(
                local(), key: target(), value: target(), block(depth: depth + 1, isPlan: isPlan))
        default:
            .with(
                IRLocal(next(2)), path: (0..<next(3)).map { _ in Int32(next(5)) },
                value: operand(), block(depth: depth + 1, isPlan: isPlan))
        }
    }

    mutating func call() -> IRStatement.Kind {
        let number = next(8)
        if number < 3 {
            let more = number == 0 ? [] : [operand()]
            return .call(
                Choice.functions[number], [.local(0), .local(1)] + more, result: target())
        }
        let name = Choice.builtins[number - 3]
        let count = ["count", "walk"].contains(name) ? 1 : 2
        return .call(name, (0..<count).map { _ in operand() }, result: target())
    }
}
