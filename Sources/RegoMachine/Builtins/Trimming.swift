/// The `trim…` builtins: what is left shares the operand's memory.
enum Trimming {
    static func both(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let cutset = Cutset(operands[1].bytes)
        let start = leading(operands[0].bytes, cutset.contains)
        return .string(sharing: trailing(start, cutset.contains))
    }

    static func left(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        .string(sharing: leading(operands[0].bytes, Cutset(operands[1].bytes).contains))
    }

    static func right(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        .string(sharing: trailing(operands[0].bytes, Cutset(operands[1].bytes).contains))
    }

    static func prefix(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let (text, prefix) = (operands[0].bytes, operands[1].bytes)
        guard text.hasPrefix(prefix) else { return operands[0] }
        return .string(sharing: text[prefix.count..<text.count])
    }

    static func suffix(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let (text, suffix) = (operands[0].bytes, operands[1].bytes)
        guard text.hasSuffix(suffix) else { return operands[0] }
        return .string(sharing: text[0..<text.count - suffix.count])
    }

    static func space(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let start = leading(operands[0].bytes, { $0.properties.isWhitespace })
        return .string(sharing: trailing(start, { $0.properties.isWhitespace }))
    }

    private static func leading(_ text: Bytes, _ isCut: (Unicode.Scalar) -> Bool) -> Bytes {
        var start = 0
        while start < text.count {
            let (scalar, width) = text.scalar(at: start)
            if !isCut(scalar) { break }
            start += width
        }
        return text[start..<text.count]
    }

    private static func trailing(_ text: Bytes, _ isCut: (Unicode.Scalar) -> Bool) -> Bytes {
        var end = text.count
        while end > 0 {
            let (scalar, width) = text.scalar(before: end)
            if !isCut(scalar) { break }
            end -= width
        }
        return text[0..<end]
    }

    private struct Cutset {
        private let ascii: (low: UInt64, high: UInt64)
        private let others: Set<Unicode.Scalar>

        init(_ text: Bytes) {
            var ascii: (low: UInt64, high: UInt64) = (0, 0)
            var others: Set<Unicode.Scalar> = []
            var position = 0
            while position < text.count {
                let (scalar, width) = text.scalar(at: position)
                switch scalar.value {
                case 0..<64: ascii.low |= 1 << UInt64(scalar.value)
                case 64..<128: ascii.high |= 1 << UInt64(scalar.value - 64)
                default: others.insert(scalar)
                }
                position += width
            }
            self.ascii = ascii
            self.others = others
        }

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0..<64: ascii.low >> UInt64(scalar.value) & 1 == 1
            case 64..<128: ascii.high >> UInt64(scalar.value - 64) & 1 == 1
            default: others.contains(scalar)
            }
        }
    }
}
