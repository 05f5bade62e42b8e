extension Builtin {
    package static let identifiers: [Builtin] = [
        Builtin("rand.intn", [.string, .number], .number, [.nondeterministic], run: Random.below),
        Builtin("uuid.parse", [.string], .object(.string, .any), run: UUIDs.parse),
        Builtin("uuid.rfc4122", [.string], .string, [.nondeterministic], run: UUIDs.random),
    ]
}

enum Random {
    /// From 0 up to the number's magnitude, exclusive; 0 for 0.
    static func below(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let bound = try operands.integer(1).magnitude
        if bound == 0 { return .integer(0) }
        return try context.once("rand.intn", operands) {
            // Values below this would make the low numbers likelier than the others.
            let skipped = (0 &- bound) % bound
            while true {
                let drawn = context.host.randomBytes(8).reduce(0 as UInt64) {
                    $0 << 8 | UInt64($1)
                }
                let product = drawn.multipliedFullWidth(by: bound)
                if product.low >= skipped {
                    return .integer(Int64(truncatingIfNeeded: product.high))
                }
            }
        }
    }
}

/// - Source: RFC 4122.
enum UUIDs {
    static func random(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.once("uuid.rfc4122", operands) { () throws(BuiltinError) -> Value in
            var bytes = context.host.randomBytes(16)
            precondition(bytes.count == 16, "a host that gives too few random bytes")
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            var text = try TextBuilder(in: context.arena, capacity: 36)
            for (position, byte) in bytes.enumerated() {
                if [4, 6, 8, 10].contains(position) { try text.append(UInt8(ascii: "-")) }
                try text.append(Hex.lower(byte >> 4))
                try text.append(Hex.lower(byte & 15))
            }
            return text.value
        }
    }

    /// Undefined for what is no UUID.
    static func parse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard let bytes = bytes(of: operands[0].bytes) else { return .undefined }
        let arena = context.arena
        let parsed = try Value.object(capacity: 8, in: arena)
        func set(_ name: String, _ value: Value) throws(BuiltinError) {
            try parsed.insert(.string(name, in: arena), value, in: arena)
        }
        let version = bytes[6] >> 4
        try set("version", .integer(Int64(version)))
        try set("variant", .string(variant(bytes[8]), in: arena))
        guard version == 1 || version == 2 else { return parsed }
        try set("time", .integer(nanoseconds(bytes)))
        let node = bytes[10...].map { (byte: UInt8) in
            String(decoding: [Hex.lower(byte >> 4), Hex.lower(byte & 15)], as: UTF8.self)
        }
        try set("nodeid", .string(node.joined(separator: "-"), in: arena))
        try set("macvariables", .string(addressKind(bytes[10]), in: arena))
        let sequence = Int64(bytes[8] & 0x3F) << 8 | Int64(bytes[9])
        try set("clocksequence", .integer(sequence))
        guard version == 2 else { return parsed }
        try set("id", .integer(bytes[0..<4].reduce(0) { $0 << 8 | Int64($1) }))
        try set("domain", .string(domain(bytes[9]), in: arena))
        return parsed
    }

    /// Accepts 32 digits, five groups, and these in any pair of brackets or after `urn:uuid:`.
    private static func bytes(of text: Bytes) -> [UInt8]? {
        var text = text
        switch text.count {
        case 45:
            let scheme = text[0..<9].map { (65...90).contains($0) ? $0 + 32 : $0 }
            guard scheme.elementsEqual("urn:uuid:".utf8) else { return nil }
            text = text[9..<45]
        case 38: text = text[1..<37]
        case 32, 36: break
        default: return nil
        }
        if text.count == 36 {
            for place in [8, 13, 18, 23] where text[place] != UInt8(ascii: "-") { return nil }
        }
        let isGrouped = text.count == 36
        var digits: [UInt8] = []
        for (place, byte) in text.enumerated()
        where !isGrouped || ![8, 13, 18, 23].contains(place) {
            guard let digit = Hex.value(byte) else { return nil }
            digits.append(digit)
        }
        return (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }

    private static func variant(_ byte: UInt8) -> String {
        switch byte {
        case 0x80...0xBF: "RFC4122"
        case 0xC0...0xDF: "Microsoft"
        case 0xE0...0xFF: "Future"
        default: "Reserved"
        }
    }

    private static func addressKind(_ byte: UInt8) -> String {
        (byte & 2 == 0 ? "global" : "local") + (byte & 1 == 0 ? ":unicast" : ":multicast")
    }

    private static func domain(_ byte: UInt8) -> String {
        switch byte {
        case 0: "Person"
        case 1: "Group"
        case 2: "Org"
        default: "Domain\(byte)"
        }
    }

    /// From the count of 100 nanoseconds since 1582-10-15, around at the end of `Int64`.
    private static func nanoseconds(_ bytes: [UInt8]) -> Int64 {
        let order = [6, 7, 4, 5, 0, 1, 2, 3]
        let count = order.reduce(0 as Int64) { $0 << 8 | Int64(bytes[$1]) } & 0x0FFF_FFFF_FFFF_FFFF
        return (count &- 122_192_928_000_000_000) &* 100
    }
}
