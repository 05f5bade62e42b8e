/// An address of either family. IPv4 addresses inside IPv6 (`::ffff:a.b.c.d`) are IPv4 ones.
struct IPAddress: Equatable {
    /// The 32 or 128 bits, IPv4 in the lowest.
    var bits: UInt128
    var isV4: Bool

    var width: Int { isV4 ? 32 : 128 }

    /// The place in one order of both families: IPv4 lies where IPv6 maps it.
    var rank: UInt128 { isV4 ? IPAddress.mapped | bits : bits }

    static let mapped: UInt128 = 0xFFFF_0000_0000

    init(bits: UInt128, isV4: Bool) {
        self.bits = bits
        self.isV4 = isV4
    }

    init(rank: UInt128) {
        isV4 = rank >> 32 == 0xFFFF
        bits = isV4 ? rank & 0xFFFF_FFFF : rank
    }

    /// - Returns: `nil` where the text is no address; zones such as `%eth0` are refused.
    init?(_ text: some Collection<UInt8>) {
        let text = Array(text)
        if let bits = IPAddress.v4(text[...]) {
            self.init(bits: UInt128(bits), isV4: true)
        } else if let bits = IPAddress.v6(text[...]) {
            self.init(rank: bits)
        } else {
            return nil
        }
    }

    /// Four decimal numbers without leading zeros.
    private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 48 else {
                return nil
            }
            var number: UInt32 = 0
            for digit in part {
                guard (48...57).contains(digit) else { return nil }
                number = number * 10 + UInt32(digit - 48)
            }
            guard number < 256 else { return nil }
            bits = bits << 8 | number
        }
        return bits
    }

    /// Eight groups, `::` for one run of zeros, the last two perhaps as IPv4.
    /// - Source: RFC 4291, section 2.2.
    private static func v6(_ text: ArraySlice<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        guard let gap = text.indices.first(where: { text[$0...].starts(with: [colon, colon]) })
        else {
            guard let all = groups(text), all.count == 8 else { return nil }
            return all.reduce(0) { $0 << 16 | UInt128($1) }
        }
        let after = text[(gap + 2)...]
        guard after.first != colon, let head = gap == text.startIndex ? [] : groups(text[..<gap]),
            let tail = after.isEmpty ? [] : groups(after), head.count + tail.count < 8,
            // IPv4 ends the address.
            !text[..<gap].contains(UInt8(ascii: "."))
        else { return nil }
        let high = head.reduce(0 as UInt128) { $0 << 16 | UInt128($1) }
        let low = tail.reduce(0 as UInt128) { $0 << 16 | UInt128($1) }
        return head.isEmpty ? low : high << UInt128(16 * (8 - head.count)) | low
    }

    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        var groups: [UInt16] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        for (position, part) in parts.enumerated() {
            if position == parts.count - 1, let bits = v4(part) {
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
                break
            }
            guard (1...4).contains(part.count) else { return nil }
            var group: UInt16 = 0
            for digit in part {
                guard let value = Hex.value(digit) else { return nil }
                group = group << 4 | UInt16(value)
            }
            groups.append(group)
        }
        return groups
    }

    /// The longest run of zero groups as `::`, hexadecimal without leading zeros.
    /// - Source: RFC 5952.
    var text: String {
        if isV4 {
            return [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: bits >> UInt128($0))) }
                .joined(separator: ".")
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
        var gap = 0..<0
        for start in 0..<8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(gap.count, 1) { gap = start..<end }
        }
        let texts = groups.map { String($0, radix: 16) }
        if gap.isEmpty { return texts.joined(separator: ":") }
        return texts[..<gap.lowerBound].joined(separator: ":") + "::"
            + texts[gap.upperBound...].joined(separator: ":")
    }
}

/// A block of addresses: `10.0.0.0/8`.
struct IPNetwork: Equatable {
    /// May have bits beyond the prefix where the block was made from one address.
    let address: IPAddress
    let prefix: Int

    init(address: IPAddress, prefix: Int) {
        self.address = address
        self.prefix = prefix
    }

    /// - Returns: `nil` where the text is no address with a prefix; the bits beyond it are cleared.
    init?(_ text: Bytes) {
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")),
            var address = IPAddress(text[0..<slash]),
            var prefix = IPNetwork.prefix(text[slash + 1..<text.count])
        else { return nil }
        if address.isV4 && text[0..<slash].contains(UInt8(ascii: ":")) {
            // Written as IPv6, so that the prefix counts 128 bits; short ones leave IPv4.
            guard prefix <= 128 else { return nil }
            if prefix < 96 {
                address = IPAddress(bits: address.rank, isV4: false)
            } else {
                prefix -= 96
            }
        }
        guard prefix <= address.width else { return nil }
        address.bits &= ~IPNetwork.hostMask(address.width - prefix)
        self.init(address: address, prefix: prefix)
    }

    private static func prefix(_ digits: Bytes) -> Int? {
        guard (1...3).contains(digits.count) else { return nil }
        var prefix = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            prefix = prefix * 10 + Int(digit - 48)
        }
        return prefix
    }

    private static func hostMask(_ bits: Int) -> UInt128 {
        bits == 128 ? .max : (1 << UInt128(bits)) - 1
    }

    var hostBits: Int { address.width - prefix }

    var first: IPAddress {
        IPAddress(bits: address.bits & ~IPNetwork.hostMask(hostBits), isV4: address.isV4)
    }

    var last: IPAddress {
        IPAddress(bits: address.bits | IPNetwork.hostMask(hostBits), isV4: address.isV4)
    }

    func contains(_ other: IPAddress) -> Bool {
        other.isV4 == address.isV4 && first.bits <= other.bits && other.bits <= last.bits
    }

    var text: String { "\(address.text)/\(prefix)" }
}
