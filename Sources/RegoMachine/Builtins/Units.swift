extension Builtin {
    package static let units: [Builtin] = [
        Builtin("units.parse", [.string], .number, run: Units.parse),
        Builtin("units.parse_bytes", [.string], .number, run: Units.parseBytes),
    ]
}

/// Amounts with a unit, as in `500m`, `2.5Gi` and `10KB`.
enum Units {
    /// Exact; what is no integer has ten decimal places. `m` is milli, `M` mega; other units may
    /// be written in either case.
    static func parse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let (amount, unit) = try parts(
            unquoted(operands[0].bytes), name: "units.parse", what: "amount")
        var lowered = unit
        for position in lowered.indices.dropFirst() {
            lowered[position] = lowercase(lowered[position])
        }
        let isMilli = lowered == Array("m".utf8)
        guard isMilli || lowered != Array("b".utf8),
            let factor = isMilli ? 1 : multiple(lowered, isMegaOnlyUpper: true)
        else { throw .failed("units.parse: unit \(text(lowered)) not recognized") }
        guard let literal = LooseLiteral.json(amount, isSigned: true) else {
            throw .failed("units.parse: could not parse amount to a number")
        }
        let number = try Numbers.parse(literal, in: context.arena)
        try context.charge(number: number)
        return try product(number, factor, thousandths: isMilli, context)
    }

    /// Cut to an integer, after a multiplication with 64 bits of mantissa. Case does not matter.
    static func parseBytes(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let (amount, unit) = try parts(
            unquoted(operands[0].bytes).map(lowercase), name: "units.parse_bytes",
            what: "byte amount")
        var name = unit
        if name.count > 1 && name.last == 0x62 { name.removeLast() }
        guard let factor = multiple(name, isMegaOnlyUpper: false) else {
            throw .failed("units.parse_bytes: byte unit \(text(unit)) not recognized")
        }
        guard let literal = LooseLiteral.json(amount, isSigned: true) else {
            throw .failed("units.parse_bytes: could not parse byte amount to a number")
        }
        let number = try Numbers.parse(literal, in: context.arena)
        try context.charge(number: number)
        let total = try Numbers.float(number) * ExtendedFloat(factor)
        return try Numbers.value(total.truncated(), in: context.arena)
    }
}

extension Units {
    private static func unquoted(_ text: Bytes) -> [UInt8] { text.filter { $0 != 0x22 } }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// What a unit multiplies with: the decimal prefixes, and with an `i` the binary ones.
    private static func multiple(_ unit: [UInt8], isMegaOnlyUpper: Bool) -> Int64? {
        guard let letter = unit.first else { return 1 }
        if isMegaOnlyUpper && unit == Array("m".utf8) { return nil }
        let prefixes = Array("kmgtpe".utf8)
        guard unit.count <= 2, let power = prefixes.firstIndex(of: lowercase(letter)) else {
            return nil
        }
        if unit.count == 2 {
            return unit[1] == 0x69 ? 1 << Int64(10 * (power + 1)) : nil
        }
        return (0...power).reduce(1) { product, _ in product * 1_000 }
    }

    /// The number and the unit.
    private static func parts(
        _ text: [UInt8], name: String, what: String
    ) throws(BuiltinError) -> (amount: ArraySlice<UInt8>, unit: [UInt8]) {
        if text.contains(0x20) {
            throw .failed("\(name): spaces not allowed in resource strings")
        }
        guard let end = amountEnd(text) else { throw .failed("\(name): exponent too large") }
        if end == 0 { throw .failed("\(name): no \(what) provided") }
        return (text[..<end], Array(text[end...]))
    }

    /// Where the unit begins, or `nil` where an exponent has more than six digits.
    private static func amountEnd(_ text: [UInt8]) -> Int? {
        func isDigit(_ position: Int) -> Bool {
            position < text.count && text[position] &- 0x30 < 10
        }
        func isSign(_ position: Int) -> Bool {
            position < text.count && (text[position] == 0x2B || text[position] == 0x2D)
        }
        var position = 0
        while position < text.count {
            if text[position] | 0x20 == 0x65 {
                // An `e` that no digit follows is the unit exa.
                guard isDigit(position + 1) || isSign(position + 1) else { return position }
                if isSign(position + 1) { position += 1 }
                var end = position + 1
                while isDigit(end) { end += 1 }
                if end - position - 1 > 6 { return nil }
            } else if !isDigit(position) && text[position] != 0x2E && !isSign(position) {
                return position
            }
            position += 1
        }
        return text.count
    }

    /// number × factor, divided by 1000 where `thousandths`.
    private static func product(
        _ number: Value, _ factor: Int64, thousandths: Bool, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let shift = thousandths ? 3 : 0
        if shift == 0, let integer = try Numbers.bigInteger(number) {
            return try Numbers.value(integer * BigInteger(factor), in: context.arena)
        }
        // coefficient × 10^-places, exactly.
        let decimal = Decimal(try Value.decimal(Numbers.text(number), in: context.arena).bytes)
        try decimal.checkSize()
        let places = decimal.digitCount - decimal.point + shift
        var coefficient = Natural(digits: decimal.significant) * Natural(UInt64(factor))
        if places <= 0 {
            return try Numbers.value(
                BigInteger(
                    isNegative: decimal.isNegative, magnitude: coefficient * .powerOf10(-places)),
                in: context.arena)
        }
        let (whole, rest) = coefficient.quotientAndRemainder(dividingBy: .powerOf10(places))
        if rest.isZero {
            return try Numbers.value(
                BigInteger(isNegative: decimal.isNegative, magnitude: whole), in: context.arena)
        }
        coefficient = rounded(coefficient, from: places, to: 10)
        return try decimalText(coefficient, places: 10, decimal.isNegative, context)
    }

    /// coefficient × 10^-`places` with other places; halves away from zero.
    private static func rounded(
        _ coefficient: Natural, from places: Int, to wanted: Int
    ) -> Natural {
        if places <= wanted { return coefficient * .powerOf10(wanted - places) }
        let unit = Natural.powerOf10(places - wanted)
        return ((coefficient << 1) + unit).quotientAndRemainder(dividingBy: unit << 1).quotient
    }

    private static func decimalText(
        _ coefficient: Natural, places: Int, _ isNegative: Bool, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var digits = coefficient.decimalText
        if digits.count <= places {
            digits = Array(repeating: 0x30, count: places + 1 - digits.count) + digits
        }
        digits.insert(0x2E, at: digits.count - places)
        return try .decimal(isNegative ? [0x2D] + digits : digits, in: context.arena)
    }
}
