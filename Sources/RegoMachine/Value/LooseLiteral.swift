/// Number texts that people write and JSON does not allow, such as `.5`, `5.` and `1_000`.
enum LooseLiteral {
    /// The JSON literal of the same number, or `nil` where a text is no decimal number.
    ///
    /// - Parameter isSigned: A `+` and zeros before the first digit are allowed as well.
    static func json(_ text: some Collection<UInt8>, isSigned: Bool) -> [UInt8]? {
        var rest = Array(text)[...]
        var literal: [UInt8] = []
        if let sign = rest.first, sign == 0x2D || isSigned && sign == 0x2B {
            if sign == 0x2D { literal.append(sign) }
            rest.removeFirst()
        }
        guard let whole = takeDigits(&rest) else { return nil }
        var fraction: [UInt8] = []
        if rest.first == 0x2E {
            rest.removeFirst()
            guard let digits = takeDigits(&rest) else { return nil }
            fraction = digits
        }
        if whole.isEmpty && fraction.isEmpty { return nil }
        let zeros = whole.prefix { $0 == 0x30 }.count
        if !isSigned && zeros > 0 && whole.count > 1 { return nil }
        literal += zeros == whole.count ? [0x30] : whole[zeros...]
        if !fraction.isEmpty { literal += [0x2E] + fraction }
        guard let exponent = takeExponent(&rest), rest.isEmpty else { return nil }
        return literal + exponent
    }

    /// Digits, with single underscores between them left out; `nil` where one stands elsewhere.
    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var digits: [UInt8] = []
        var isAfterDigit = false
        while let byte = rest.first, byte &- 0x30 < 10 || byte == 0x5F {
            if byte == 0x5F {
                guard isAfterDigit else { return nil }
            } else {
                digits.append(byte)
            }
            isAfterDigit = byte != 0x5F
            rest.removeFirst()
        }
        return digits.isEmpty || isAfterDigit ? digits : nil
    }

    private static func takeExponent(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard let mark = rest.first, mark | 0x20 == 0x65 else { return [] }
        var exponent = [mark]
        rest.removeFirst()
        if let sign = rest.first, sign == 0x2B || sign == 0x2D {
            exponent.append(sign)
            rest.removeFirst()
        }
        guard let digits = takeDigits(&rest), !digits.isEmpty else { return nil }
        return exponent + digits
    }
}
