/// What stands between `%` and its verb, and what an argument looks like under it.
/// - Source: Go's `fmt`, `format.go`; `math/big`, `intconv.go`.
struct FormatDirective {
    var verb: Unicode.Scalar = "v"
    var isSharp = false
    var isZero = false
    var isPlus = false
    var isMinus = false
    var isSpace = false
    /// `%#v`
    var isGoSyntax = false
    /// `%+v`
    var isPlusValue = false
    var width: Int?
    var precision: Int?

    /// Bytes that width and precision may ask for.
    var size: Int { (width ?? 0) + (precision ?? 0) }

    func text(_ argument: FormatArgument) -> [UInt8] {
        if verb == "T" { return string(Array(argument.typeName.utf8)) }
        switch argument {
        case .int(let number): return text(number) ?? mismatch(argument)
        case .big(let number): return text(number) ?? Array(mismatch(number))
        case .float(let number): return text(number) ?? mismatch(argument)
        case .string(let bytes): return text(bytes) ?? mismatch(argument)
        case .boolean(let flag):
            guard verb == "t" || verb == "v" else { return mismatch(argument) }
            return padded(Array((flag ? "true" : "false").utf8))
        }
    }

    private func mismatch(_ argument: FormatArgument) -> [UInt8] {
        var plain = self
        plain.verb = "v"
        return Array("%!\(String(verb))(\(argument.typeName)=".utf8) + plain.text(argument) + [0x29]
    }

    private func mismatch(_ number: BigInteger) -> [UInt8] {
        Array("%!\(String(verb))(big.Int=".utf8) + number.decimalText + [0x29]
    }

    /// Widths count scalars.
    func padded(_ text: [UInt8], withZeros: Bool = true) -> [UInt8] {
        guard let width else { return text }
        let count = text.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        guard count < width else { return text }
        let fill: UInt8 = withZeros && isZero && !isMinus ? 0x30 : 0x20
        let padding = [UInt8](repeating: fill, count: width - count)
        return isMinus ? text + padding : padding + text
    }
}

extension FormatDirective {
    private func text(_ number: Int64) -> [UInt8]? {
        switch verb {
        case "v", "d": return integer(number, bits: 0)
        case "b": return integer(number, bits: 1)
        case "o", "O": return integer(number, bits: 3)
        case "x", "X": return integer(number, bits: 4)
        case "c": return padded(Array(String(FormatDirective.scalar(number)).utf8))
        case "q": return quoted(FormatDirective.scalar(number))
        case "U": return codePoint(number)
        default: return nil
        }
    }

    private static func scalar(_ number: Int64) -> Unicode.Scalar {
        UInt32(exactly: number).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
    }

    private func digits(_ magnitude: Natural, bits: Int) -> [UInt8] {
        let text = bits == 0 ? magnitude.decimalText : magnitude.text(bitsPerDigit: bits)
        return verb == "X" ? text.map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 } : text
    }

    private func sign(isNegative: Bool) -> [UInt8] {
        isNegative ? [0x2D] : isPlus || isPlusValue ? [0x2B] : isSpace ? [0x20] : []
    }

    private func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0x30, count: max(0, count)) }

    private func integer(_ number: Int64, bits: Int) -> [UInt8] {
        var digits = digits(Natural(number.magnitude), bits: bits)
        let sign = sign(isNegative: number < 0)
        if let precision {
            if precision == 0 && number == 0 { return padded([], withZeros: false) }
            digits = zeros(precision - digits.count) + digits
        } else if isZero, !isMinus, let width {
            digits = zeros(width - sign.count - digits.count) + digits
        }
        var prefix: [UInt8] = []
        if isSharp {
            switch bits {
            case 1: prefix = Array("0b".utf8)
            case 3: prefix = digits.first == 0x30 ? [] : [0x30]
            case 4: prefix = Array(verb == "X" ? "0X".utf8 : "0x".utf8)
            default: break
            }
        }
        if verb == "O" { prefix = Array("0o".utf8) }
        return padded(sign + prefix + digits, withZeros: false)
    }

    private func text(_ number: BigInteger) -> [UInt8]? {
        let bits: Int
        switch verb {
        case "d", "s", "v": bits = 0
        case "b": bits = 1
        case "o", "O": bits = 3
        case "x", "X": bits = 4
        default: return nil
        }
        var digits = digits(number.magnitude, bits: bits)
        let sign = sign(isNegative: number.isNegative)
        var prefix: [UInt8] = []
        if isSharp && bits > 0 {
            prefix = Array((bits == 1 ? "0b" : bits == 3 ? "0" : verb == "X" ? "0X" : "0x").utf8)
        }
        if verb == "O" { prefix = Array("0o".utf8) }
        if let precision {
            digits = zeros(precision - digits.count) + digits
        } else if isZero, !isMinus, let width {
            digits = zeros(width - sign.count - prefix.count - digits.count) + digits
        }
        return padded(sign + prefix + digits, withZeros: false)
    }

    private func quoted(_ scalar: Unicode.Scalar) -> [UInt8] {
        let escaped = Quoting.escaped(scalar, quote: "'", isASCIIOnly: isPlus)
        return padded([0x27] + escaped + [0x27])
    }

    /// `U+0041`, and with `#` the character.
    private func codePoint(_ number: Int64) -> [UInt8] {
        let magnitude = Natural(UInt64(bitPattern: number))
        let hex = magnitude.text(bitsPerDigit: 4).map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 }
        var text = Array("U+".utf8) + zeros(max(4, precision ?? 0) - hex.count) + hex
        if isSharp, let value = UInt32(exactly: number), let scalar = Unicode.Scalar(value),
            scalar.isPrintable
        {
            text += Array(" '\(String(scalar))'".utf8)
        }
        return padded(text, withZeros: false)
    }
}

extension FormatDirective {
    private func text(_ text: Bytes) -> [UInt8]? {
        switch verb {
        case "v": isGoSyntax ? quoted(text) : string(Array(text))
        case "s": string(Array(text))
        case "q": quoted(text)
        case "x", "X": hex(text)
        default: nil
        }
    }

    /// Cut to the precision in scalars, and padded.
    private func string(_ text: [UInt8]) -> [UInt8] {
        guard let precision else { return padded(text) }
        var left = precision
        let kept = text.prefix { byte in
            if byte & 0xC0 != 0x80 { left -= 1 }
            return left >= 0
        }
        return padded(Array(kept))
    }

    private func quoted(_ text: Bytes) -> [UInt8] {
        let kept = precision.map { text[0..<text.offset(ofScalar: $0)] } ?? text
        // A raw string where it can be one.
        if isSharp && kept.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x60 || $0 == 9 }) {
            return padded([0x60] + Array(kept) + [0x60])
        }
        return padded(Quoting.quoted(kept, isASCIIOnly: isPlus))
    }

    private func hex(_ text: Bytes) -> [UInt8] {
        let count = min(precision ?? text.count, text.count)
        if count == 0 { return padded([]) }
        let prefix = isSharp ? Array((verb == "X" ? "0X" : "0x").utf8) : []
        var digits = prefix
        for (position, byte) in text[0..<count].enumerated() {
            if isSpace && position > 0 { digits += [0x20] + prefix }
            for nibble in [byte >> 4, byte & 15] {
                let letter: UInt8 = verb == "X" ? 0x37 : 0x57
                digits.append(nibble < 10 ? 0x30 + nibble : letter + nibble)
            }
        }
        return padded(digits)
    }
}

extension FormatDirective {
    private func text(_ number: Double) -> [UInt8]? {
        let isNegative = number.sign == .minus
        guard var text = unsigned(number) else { return nil }
        if isSharp && verb != "b" { text = withPoint(text) }
        let sign: [UInt8] =
            isNegative ? [0x2D] : isPlus || isPlusValue ? [0x2B] : isSpace ? [0x20] : []
        if !sign.isEmpty, isZero, !isMinus, let width {
            return sign + zeros(width - 1 - text.count) + text
        }
        return padded(sign + text)
    }

    private func unsigned(_ number: Double) -> [UInt8]? {
        switch verb {
        case "v", "g", "G":
            let text = general(number)
            return verb == "G" ? text.map { $0 == 0x65 ? 0x45 : $0 } : text
        case "f", "F":
            var digits = DecimalDigits(exactly: number)
            let places = precision ?? 6
            digits.round(to: digits.point + places)
            return digits.plain(places: places)
        case "e", "E":
            var digits = DecimalDigits(exactly: number)
            let places = precision ?? 6
            digits.round(to: places + 1)
            let text = digits.scientific(places: places)
            return verb == "E" ? text.map { $0 == 0x65 ? 0x45 : $0 } : text
        case "b":
            let mantissa = number.significandBitPattern | (number.isNormal ? 1 << 52 : 0)
            let exponent = max(Int(number.exponentBitPattern), 1) - 1075
            return Array("\(mantissa)p\(exponent < 0 ? "-" : "+")\(exponent.magnitude)".utf8)
        case "x", "X": return hexadecimal(number)
        default: return nil
        }
    }

    private func general(_ number: Double) -> [UInt8] {
        guard let precision else {
            return DecimalDigits(shortest: number).general(-4..<6)
        }
        let wanted = max(precision, 1)
        var digits = DecimalDigits(exactly: number)
        digits.round(to: wanted)
        let count = digits.digits.count
        let bound = wanted > count && count >= digits.point ? count : wanted
        return digits.general(-4..<max(bound, -3))
    }

    /// `0x1.8p+01`
    private func hexadecimal(_ number: Double) -> [UInt8] {
        var mantissa = number == 0 ? 0 : number.significand.significandBitPattern | 1 << 52
        var exponent = number == 0 ? 0 : Int(number.exponent)
        if let precision, precision < 13 {
            // To nearest, ties to even, of the digits that are dropped.
            let dropped = UInt64(4 * (13 - precision))
            let half = UInt64(1) << (dropped - 1)
            let rest = mantissa & (half << 1 - 1)
            mantissa >>= dropped
            if rest > half || rest == half && mantissa & 1 == 1 { mantissa += 1 }
            mantissa <<= dropped
            if mantissa >> 53 != 0 {
                mantissa >>= 1
                exponent += 1
            }
        }
        var fraction = Natural(mantissa & (1 << 52 - 1)).text(bitsPerDigit: 4)
        fraction = zeros(13 - fraction.count) + fraction
        if let precision {
            fraction = Array(fraction.prefix(precision)) + zeros(precision - fraction.count)
        } else {
            while fraction.last == 0x30 { fraction.removeLast() }
        }
        var text = Array("0x\(mantissa >> 52)".utf8)
        if !fraction.isEmpty { text += [0x2E] + fraction }
        let magnitude = exponent.magnitude
        text += Array("p\(exponent < 0 ? "-" : "+")\(magnitude < 10 ? "0" : "")\(magnitude)".utf8)
        return verb == "X" ? text.map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 } : text
    }

    /// `#`: always a point, and for `%g` the zeros that it would drop.
    private func withPoint(_ text: [UInt8]) -> [UInt8] {
        var missing = verb == "v" || verb == "g" || verb == "G" ? precision ?? 6 : 0
        let tail = text.firstIndex { $0 | 0x20 == 0x65 || $0 | 0x20 == 0x70 } ?? text.count
        var head = Array(text[..<tail])
        let digits = head.filter { $0 != 0x2E }
        missing -= digits.drop { $0 == 0x30 }.count
        if !head.contains(0x2E) {
            if head == [0x30] { missing -= 1 }
            head.append(0x2E)
        }
        return head + zeros(missing) + text[tail...]
    }
}
