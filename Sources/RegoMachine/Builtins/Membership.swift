extension Builtin {
    package static let membership: [Builtin] = [
        Builtin("internal.member_2", [.any, .any], .boolean, run: Membership.value),
        Builtin("internal.member_3", [.any, .any, .any], .boolean, run: Membership.keyAndValue),
    ]
}

/// What `x in xs` and `k, v in xs` ask. Nothing is in a value that is no collection.
enum Membership {
    static func value(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let wanted = operands[0]
        switch operands[1].kind {
        case .set: return .boolean(operands[1].holds(wanted, in: context.arena))
        case .array:
            try context.charge(operands[1].elements.count)
            return .boolean(operands[1].elements.contains(wanted))
        case .object:
            try context.charge(operands[1].entries.count)
            return .boolean(operands[1].entries.contains { $0.value == wanted })
        default: return .false
        }
    }

    /// The key of a set's member is the member itself.
    static func keyAndValue(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let found = operands[2].element(operands[0], arena: context.arena)
        return .boolean(!found.isUndefined && found == operands[1])
    }
}
