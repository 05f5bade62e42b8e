import Glibc

/// An address of IPv4 or IPv6. One of IPv4 inside of IPv6 (`::ffff:…`) is that of IPv4.
struct IPAddress: Sendable, Hashable {
    /// 4 or 16.
    let bytes: [UInt8]

    /// - Returns: `nil`: the text is no address. Zones and brackets are no part of one.
    init?(_ text: String) {
        var four = [UInt8](repeating: 0, count: 4)
        var sixteen = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            bytes = four
        } else if unsafe inet_pton(AF_INET6, text, &sixteen) == 1 {
            let isMapped =
                sixteen[..<10].allSatisfy { $0 == 0 } && sixteen[10...11] == [0xFF, 0xFF]
            bytes = isMapped ? Array(sixteen[12...]) : sixteen
        } else {
            return nil
        }
    }

    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else {
            return ""
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }

    /// What one household or server has of its own: IPv4's whole address, IPv6's first 64 bits.
    var network: String {
        bytes.count == 4
            ? text : "\(bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: "."))/64"
    }

    /// Counted from the highest.
    fileprivate func bit(_ index: Int) -> Bool {
        let mask: UInt8 = 0x80 >> UInt8(index % 8)
        return bytes[index / 8] & mask != 0
    }

    var isLoopback: Bool {
        bytes.count == 4
            ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }
}

/// Addresses with the same first bits: `10.0.0.0/8`, `2001:db8::/32`, or one address.
public struct AddressRange: Sendable, Hashable {
    private let start: IPAddress
    private let bits: Int

    /// - Returns: `nil`: the text is no range. Bits behind the prefix must be zero: a range that is
    ///   written otherwise is more often a mistake than meant.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let start = IPAddress(String(parts[0])) else {
            return nil
        }
        self.start = start
        let whole = start.bytes.count * 8
        guard parts.count == 2 else {
            bits = whole
            return
        }
        guard let bits = Int(parts[1]), (0...whole).contains(bits) else { return nil }
        self.bits = bits
        guard (bits..<whole).allSatisfy({ !start.bit($0) }) else { return nil }
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == start.bytes.count else { return false }
        return (0..<bits).allSatisfy { address.bit($0) == start.bit($0) }
    }
}
