/// Arithmetic. Two `Int64`s are computed in registers; what overflows, and integers of any size,
/// exactly; all else in `ExtendedFloat`.
/// - Source: OPA 1.20, `v1/topdown/arithmetic.go`.
extension Numbers {
    public static func add(
        _ left: Value, _ right: Value, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        if let a = left.integer, let b = right.integer {
            let (sum, overflow) = a.addingReportingOverflow(b)
            if !overflow { return .integer(sum) }
        }
        if let a = try bigInteger(left), let b = try bigInteger(right) {
            return try value(a + b, in: arena)
        }
        return try value(float(left) + float(right), in: arena)
    }

    public static func subtract(
        _ left: Value, _ right: Value, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        if let a = left.integer, let b = right.integer {
            let (difference, overflow) = a.subtractingReportingOverflow(b)
            if !overflow { return .integer(difference) }
        }
        if let a = try bigInteger(left), let b = try bigInteger(right) {
            return try value(a - b, in: arena)
        }
        return try value(float(left) - float(right), in: arena)
    }

    public static func multiply(
        _ left: Value, _ right: Value, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        if let a = left.integer, let b = right.integer {
            let (product, overflow) = a.multipliedReportingOverflow(by: b)
            if !overflow { return .integer(product) }
        }
        if let a = try bigInteger(left), let b = try bigInteger(right) {
            return try value(product(a, b), in: arena)
        }
        return try value(float(left) * float(right), in: arena)
    }

    static func product(
        _ left: BigInteger, _ right: BigInteger
    ) throws(BuiltinError) -> BigInteger {
        let bits = left.magnitude.bitCount + right.magnitude.bitCount
        guard bits <= Limits.numberDigits * 10 / 3 else { throw .limit(.numberDigits) }
        return left * right
    }

    /// - Throws: `.failed("divide by zero")`.
    public static func divide(
        _ left: Value, _ right: Value, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        if let a = left.integer, let b = right.integer, b != 0 {
            // A zero dividend is a float's business: its quotient may be -0.
            let (quotient, overflow) = a.dividedReportingOverflow(by: b)
            if !overflow && a != 0 && quotient &* b == a { return .integer(quotient) }
        }
        let divisor = try float(right)
        if divisor.isZero { throw .failed("divide by zero") }
        return try value(float(left) / divisor, in: arena)
    }

    /// - Throws: `.failed("modulo by zero")`, `.failed("modulo on floating-point number")`.
    public static func remainder(
        _ left: Value, _ right: Value, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        if let a = left.integer, let b = right.integer, b != 0 {
            return .integer(a.remainderReportingOverflow(dividingBy: b).partialValue)
        }
        guard let a = try bigInteger(left), let b = try bigInteger(right) else {
            throw .failed("modulo on floating-point number")
        }
        if b.isZero { throw .failed("modulo by zero") }
        return try value(a % b, in: arena)
    }
}

extension Numbers {
    /// Integers in OPA's small window stay as they are; beyond it, and for decimals, OPA rounds to
    /// 64 bits of mantissa first, which every `Int64` survives.
    static func negate(_ number: Value, _ arena: Arena) throws(BuiltinError) -> Value {
        try subtract(.integer(0), number, arena)
    }

    static func absolute(_ number: Value, _ arena: Arena) throws(BuiltinError) -> Value {
        if let integer = number.integer, integer != .min { return .integer(abs(integer)) }
        return try value(float(number).with(isNegative: false), in: arena)
    }

    /// Halves away from zero.
    static func round(_ number: Value, _ arena: Arena) throws(BuiltinError) -> Value {
        if number.kind == .integer { return number }
        let exact = try float(number)
        let moved = exact.isNegative ? exact - .half : exact + .half
        return try value(moved.truncated(), in: arena)
    }

    static func ceil(_ number: Value, _ arena: Arena) throws(BuiltinError) -> Value {
        if number.kind == .integer { return number }
        let exact = try float(number)
        let whole = try exact.truncated()
        // As in OPA, what truncates to 0 counts as positive: the ceiling of -0.5 is 1.
        return try value(
            exact.isInteger || whole.isNegative ? whole : whole + BigInteger(1), in: arena)
    }

    static func floor(_ number: Value, _ arena: Arena) throws(BuiltinError) -> Value {
        if number.kind == .integer { return number }
        let exact = try float(number)
        let whole = try exact.truncated()
        // As in OPA, what truncates to 0 counts as positive: the floor of -0.5 is 0.
        return try value(
            exact.isInteger || !whole.isNegative ? whole : whole - BigInteger(1), in: arena)
    }
}
