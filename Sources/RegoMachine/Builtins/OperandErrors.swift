/// Checks of operands that go deeper than the outermost type, with OPA's words.
extension BuiltinError {
    /// An element of the wrong type: `operand 1 must be array of strings but got array containing
    /// number`.
    static func element(
        _ position: Int, of collection: Value, expected: String, got: Value
    ) -> BuiltinError {
        let kind = collection.typeName
        return .operandContent(
            position: position,
            message: "must be \(kind) of \(expected)s but got \(kind) containing \(got.typeName)")
    }
}

extension Operands {
    /// For rows with `checksOperands`, whose types OPA names in another order than it declares.
    func check(_ index: Int, is expected: [String]) throws(BuiltinError) {
        if expected.contains(self[index].typeName) { return }
        throw .operand(position: index + 1, expected: expected, got: self[index].typeName)
    }

    /// The elements of an operand that is an array or a set.
    func list(_ index: Int) throws(BuiltinError) -> Elements {
        try check(index, is: ["set", "array"])
        return self[index].items
    }

    /// The integer of an operand that is a number.
    /// - Throws: `operandContent` where it is not written as one, or no `Int64` holds it.
    func integer(_ index: Int) throws(BuiltinError) -> Int64 {
        if let integer = Numbers.plainInteger(self[index]) { return integer }
        throw .operandContent(
            position: index + 1, message: "must be integer number but got floating-point number")
    }
}

extension Value {
    /// The elements of an array or the members of a set.
    var items: Elements { kind == .set ? members : elements }

    /// Whether a set has a member, or an object a key.
    func holds(_ key: Value, in arena: Arena) -> Bool { position(of: key, arena: arena) != nil }
}
