/// Base 64 as Go's `encoding/base64` has it: line breaks are skipped, the bits after the last
/// byte may be anything.
/// - Source: RFC 4648, sections 4 and 5.
package enum Base64: Sendable {
    case standard, url

    /// Where decoding stopped.
    package struct Corrupt: Error {
        /// The offset of the byte that should not be there.
        package let offset: Int
    }

    private var plus: UInt8 { self == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-") }
    private var slash: UInt8 { self == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_") }

    package func encode(_ bytes: some RandomAccessCollection<UInt8>, padded: Bool) -> [UInt8] {
        encode(array: Array(bytes), padded: padded)
    }

    /// Of bytes that lie together: a general loop asks for each of them what it goes over.
    private func encode(array bytes: [UInt8], padded: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                for shift in [18, 12, 6, 0] as [UInt32] { text.append(digit(group >> shift & 63)) }
                group = 0
                held = 0
            }
        }
        if held == 0 { return text }
        group <<= UInt32(8 * (3 - held))
        for place in 0...held { text.append(digit(group >> UInt32(18 - 6 * place) & 63)) }
        if padded { for _ in held..<3 { text.append(UInt8(ascii: "=")) } }
        return text
    }

    private func digit(_ value: UInt32) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + UInt8(value)
        case 26..<52: UInt8(ascii: "a") + UInt8(value - 26)
        case 52..<62: UInt8(ascii: "0") + UInt8(value - 52)
        case 62: plus
        default: slash
        }
    }

    private func value(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case plus: 62
        case slash: 63
        default: nil
        }
    }

    package func decode(
        _ text: some RandomAccessCollection<UInt8>, padded: Bool
    ) throws(Corrupt) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var held = 0
        var padding = 0
        for (offset, byte) in text.enumerated() where byte != 10 && byte != 13 {
            if padded && byte == UInt8(ascii: "=") && held >= 2 && held + padding < 4 {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(byte) else { throw Corrupt(offset: offset) }
            group = group << 6 | value
            held += 1
            if held == 4 {
                for shift in [16, 8, 0] as [UInt32] {
                    bytes.append(UInt8(truncatingIfNeeded: group >> shift))
                }
                group = 0
                held = 0
            }
        }
        if held == 0 { return bytes }
        guard held > 1, !padded || held + padding == 4 else {
            throw Corrupt(offset: padding > 0 ? text.count : text.count - held)
        }
        group <<= UInt32(6 * (4 - held))
        for place in 0..<(held - 1) {
            bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * place)))
        }
        return bytes
    }
}
