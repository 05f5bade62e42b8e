extension Builtin {
    package static let aggregates: [Builtin] = [
        Builtin(
            "count",
            [.anyOf([.string, .array(of: .any), .object(.any, .any), .set(.any)])], .number,
            [.checksOperands], run: Aggregates.count),
        Builtin("sum", [numbersInList], .number, [.checksOperands], run: Aggregates.sum),
        Builtin(
            "product", [numbersInList], .number, [.checksOperands], run: Aggregates.product),
        Builtin("max", [list], .any, [.checksOperands], run: Aggregates.max),
        Builtin("min", [list], .any, [.checksOperands], run: Aggregates.min),
        Builtin("sort", [list], .array(of: .any), [.checksOperands], run: Aggregates.sort),
        Builtin("all", [list], .boolean, [.deprecated], run: Aggregates.all),
        Builtin("any", [list], .boolean, [.deprecated], run: Aggregates.any),
    ]

    private static let list: TypeDeclaration = .anyOf([.array(of: .any), .set(.any)])
    private static let numbersInList: TypeDeclaration =
        .anyOf([.array(of: .number), .set(.number)])
}

enum Aggregates {
    /// Scalars of a string, elements of the others.
    static func count(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try operands.check(0, is: ["array", "object", "set", "string"])
        if let count = operands[0].count { return .integer(Int64(count)) }
        try context.charge(operands[0].bytes.count)
        return .integer(Int64(operands[0].bytes.scalarCount))
    }

    static func sum(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let list = try operands.list(0)
        try context.charge(list.count)
        if let plain = fold(list, from: 0, { $0.addingReportingOverflow($1) }) {
            return .integer(plain)
        }
        if let integers = try integers(operands[0], context) {
            return try Numbers.value(integers.reduce(BigInteger(0), +), in: context.arena)
        }
        var total = ExtendedFloat(isNegative: false)
        for element in list { total = total + (try Numbers.float(element)) }
        return try Numbers.value(total, in: context.arena)
    }

    static func product(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let list = try operands.list(0)
        try context.charge(list.count)
        if let plain = fold(list, from: 1, { $0.multipliedReportingOverflow(by: $1) }) {
            return .integer(plain)
        }
        if let integers = try integers(operands[0], context) {
            var exact = BigInteger(1)
            for integer in integers {
                // Each factor's limbs meet all of the product's so far.
                try context.charge(exact.magnitude.limbs.count)
                exact = try Numbers.product(exact, integer)
            }
            return try Numbers.value(exact, in: context.arena)
        }
        var total = ExtendedFloat(1)
        for element in list { total = total * (try Numbers.float(element)) }
        return try Numbers.value(total, in: context.arena)
    }

    /// The result over `Int64`s, or `nil` where an element is none or the result no longer fits.
    private static func fold(
        _ list: Elements, from start: Int64,
        _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) -> Int64? {
        var total = start
        for element in list {
            guard let integer = element.integer else { return nil }
            let (result, overflow) = operation(total, integer)
            if overflow { return nil }
            total = result
        }
        return total
    }

    /// The elements, or `nil` where one has a fraction; one that is no number is an error.
    private static func integers(
        _ collection: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> [BigInteger]? {
        var areIntegers = true
        for element in collection.items {
            guard element.isNumber else {
                throw .element(1, of: collection, expected: "number", got: element)
            }
            try context.charge(number: element)
            if element.kind == .decimal && !Decimal(element.bytes).isInteger {
                areIntegers = false
            }
        }
        guard areIntegers else { return nil }
        var all: [BigInteger] = []
        for element in collection.items {
            if let integer = try Numbers.bigInteger(element) { all.append(integer) }
        }
        return all
    }
}

extension Aggregates {
    /// Of equal ones the last. Undefined where there are none.
    static func max(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let list = try operands.list(0)
        if operands[0].kind == .set { return list.last ?? .undefined }
        try context.charge(list.count)
        var greatest = Value.undefined
        for element in list
        where greatest.isUndefined || Value.compare(greatest, element) <= 0 {
            greatest = element
        }
        return greatest
    }

    /// Of equal ones the last. Undefined where there are none.
    static func min(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let list = try operands.list(0)
        if operands[0].kind == .set { return list.first ?? .undefined }
        try context.charge(list.count)
        var least = Value.undefined
        for element in list
        where least.isUndefined || Value.compare(least, element) >= 0 {
            least = element
        }
        return least
    }

    static func sort(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let list = try operands.list(0)
        let rounds = Int.bitWidth - list.count.leadingZeroBitCount
        try context.charge(list.count * rounds)
        if operands[0].kind == .set {
            return try .array(slice: list, 0..<list.count, in: context.arena)
        }
        return try .array(list.sorted { Value.compare($0, $1) < 0 }, in: context.arena)
    }

    static func all(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].items.count)
        return .boolean(operands[0].items.allSatisfy { $0.isTrue })
    }

    static func any(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].items.count)
        return .boolean(operands[0].items.contains { $0.isTrue })
    }
}
