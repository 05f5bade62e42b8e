extension Builtin {
    package static let encodings: [Builtin] = [
        Builtin("base64.decode", [.string], .string, run: Encodings.base64Decode),
        Builtin("base64.encode", [.string], .string, run: Encodings.base64Encode),
        Builtin(
            "base64.is_valid", [.string], .boolean, [.checksOperands],
            run: Encodings.base64IsValid),
        Builtin("base64url.decode", [.string], .string, run: Encodings.base64URLDecode),
        Builtin("base64url.encode", [.string], .string, run: Encodings.base64URLEncode),
        Builtin(
            "base64url.encode_no_pad", [.string], .string, run: Encodings.base64URLEncodeUnpadded),
        Builtin("hex.decode", [.string], .string, run: Encodings.hexDecode),
        Builtin("hex.encode", [.string], .string, run: Encodings.hexEncode),
        Builtin("urlquery.decode", [.string], .string, run: URLQueries.decode),
        Builtin(
            "urlquery.decode_object", [.string], .object(.string, .array(of: .string)),
            run: URLQueries.decodeObject),
        Builtin("urlquery.encode", [.string], .string, run: URLQueries.encode),
        Builtin(
            "urlquery.encode_object",
            [.object(.string, .anyOf([.string, .array(of: .string), .set(.string)]))], .string,
            run: URLQueries.encodeObject),
    ]
}

/// Decoders give the bytes as they are, also where these are no UTF-8: policies chain them, as in
/// `base64.encode(hex.decode(digest))`. Writers of JSON replace such bytes.
enum Encodings {
    static func base64Encode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try encode(operands[0], .standard, padded: true, context)
    }

    static func base64URLEncode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try encode(operands[0], .url, padded: true, context)
    }

    static func base64URLEncodeUnpadded(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try encode(operands[0], .url, padded: false, context)
    }

    static func base64Decode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try decode(operands[0].bytes, .standard, padded: true, context)
    }

    static func base64IsValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .string else { return .false }
        try context.charge(operands[0].bytes.count / 16)
        let bytes = try? Base64.standard.decode(operands[0].bytes, padded: true)
        return .boolean(bytes != nil)
    }

    /// Padding may be missing.
    static func base64URLDecode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = operands[0].bytes
        let padded = text.last == UInt8(ascii: "=")
        if !padded && text.count % 4 == 1 {
            throw .failed("illegal base64url string: \(text.string)")
        }
        return try decode(text, .url, padded: padded, context)
    }

    private static func encode(
        _ text: Value, _ alphabet: Base64, padded: Bool, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(text.bytes.count / 16)
        return try .string(alphabet.encode(text.bytes, padded: padded), in: context.arena)
    }

    private static func decode(
        _ text: Bytes, _ alphabet: Base64, padded: Bool, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(text.count / 16)
        let bytes: [UInt8]
        do {
            bytes = try alphabet.decode(text, padded: padded)
        } catch {
            throw .failed("illegal base64 data at input byte \(error.offset)")
        }
        return try .string(bytes, in: context.arena)
    }
}

extension Encodings {
    static func hexEncode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let bytes = operands[0].bytes
        try context.charge(bytes.count / 16)
        var text = try TextBuilder(in: context.arena, capacity: 2 * bytes.count)
        for byte in bytes {
            try text.append(Hex.lower(byte >> 4))
            try text.append(Hex.lower(byte & 15))
        }
        return text.value
    }

    static func hexDecode(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let digits = operands[0].bytes
        try context.charge(digits.count / 16)
        var bytes = try TextBuilder(in: context.arena, capacity: digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let value = Hex.value(digit) else {
                throw .failed("encoding/hex: invalid byte: \(Hex.named(digit))")
            }
            guard let first = high else {
                high = value
                continue
            }
            try bytes.append(first << 4 | value)
            high = nil
        }
        if high != nil { throw .failed("encoding/hex: odd length hex string") }
        return bytes.value
    }
}

/// Hexadecimal digits.
package enum Hex {
    package static func lower(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    package static func upper(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// What the digit stands for, or `nil`.
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// A byte as Go's messages name it: `U+0067 'g'`.
    static func named(_ byte: UInt8) -> String {
        let number = "U+00" + String(decoding: [upper(byte >> 4), upper(byte & 15)], as: UTF8.self)
        let isPrintable = (0x20...0x7E).contains(byte) || byte > 0xA0 && byte != 0xAD
        return isPrintable ? "\(number) '\(Character(UnicodeScalar(byte)))'" : number
    }
}
