import RegoMachine

extension SchemaValidation {
    mutating func validateText(_ value: Value, _ rule: Value) throws(BuiltinError) {
        let bytes = value.bytes
        try context.charge(1 + bytes.count / 16)
        if keyword("minLength", rule) != nil || keyword("maxLength", rule) != nil {
            let length = Value.integer(Int64(bytes.count { $0 & 0xC0 != 0x80 }))
            if let least = keyword("minLength", rule), length < least {
                note(
                    "string_gte",
                    "String length must be greater than or equal to \(try text(least))")
            }
            if let most = keyword("maxLength", rule), most < length {
                note("string_lte", "String length must be less than or equal to \(try text(most))")
            }
        }
        if let pattern = keyword("pattern", rule),
            try !Regex.compiled(pattern.bytes, context).matches(bytes)
        {
            note("pattern", "Does not match pattern '\(pattern.bytes.string)'")
        }
        if let format = keyword("format", rule)?.string,
            try !SchemaFormats.accepts(bytes, format, context)
        {
            note("format", "Does not match format '\(format)'")
        }
    }

    /// Draft 4 says by a boolean whether a bound itself is allowed; later ones have a second bound.
    mutating func validateNumber(_ value: Value, _ rule: Value) throws(BuiltinError) {
        if let divisor = keyword("multipleOf", rule), try !isMultiple(value, of: divisor) {
            note("multiple_of", "Must be a multiple of \(try text(divisor))")
        }
        let above = keyword("exclusiveMinimum", rule)
        if let bound = above?.isTrue == true ? keyword("minimum", rule) : above,
            bound.isNumber, value <= bound
        {
            note("number_gt", "Must be greater than \(try text(bound))")
        }
        if above?.isTrue != true, let bound = keyword("minimum", rule), value < bound {
            note("number_gte", "Must be greater than or equal to \(try text(bound))")
        }
        let below = keyword("exclusiveMaximum", rule)
        if let bound = below?.isTrue == true ? keyword("maximum", rule) : below,
            bound.isNumber, bound <= value
        {
            note("number_lt", "Must be less than \(try text(bound))")
        }
        if below?.isTrue != true, let bound = keyword("maximum", rule), bound < value {
            note("number_lte", "Must be less than or equal to \(try text(bound))")
        }
    }

    /// Exact: both are scaled by the power of ten that makes integers of them.
    private func isMultiple(_ value: Value, of divisor: Value) throws(BuiltinError) -> Bool {
        let mine = try parts(value)
        let theirs = try parts(divisor)
        let scale = max(0, mine.fraction - mine.exponent, theirs.fraction - theirs.exponent)
        let arena = context.arena
        let left = try Numbers.parse(
            "\(mine.mantissa)e\(mine.exponent + scale)".utf8, in: arena)
        let right = try Numbers.parse(
            "\(theirs.mantissa)e\(theirs.exponent + scale)".utf8, in: arena)
        return try Numbers.remainder(left, right, arena) == .integer(0)
    }

    private func parts(
        _ number: Value
    ) throws(BuiltinError) -> (mantissa: Substring, fraction: Int, exponent: Int) {
        let literal = try text(number)
        let halves = literal.split(whereSeparator: { $0 == "e" || $0 == "E" })
        let mantissa = halves.first ?? "0"
        let exponent = halves.count > 1 ? Int(halves[1]) ?? Int(Int32.max) : 0
        guard exponent.magnitude <= 10_000 else { throw .limit(.numberDigits) }
        let fraction = mantissa.split(separator: ".").dropFirst().first?.count ?? 0
        return (mantissa, fraction, exponent)
    }
}
