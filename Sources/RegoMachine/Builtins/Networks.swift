extension Builtin {
    package static let networks: [Builtin] = [
        Builtin("net.cidr_contains", [.string, .string], .boolean, run: Networks.contains),
        Builtin(
            "net.cidr_contains_matches", [blocks, blocks], .set(.array([.any, .any], rest: nil)),
            run: Networks.containsMatches),
        Builtin("net.cidr_expand", [.string], .set(.string), run: Networks.expand),
        Builtin("net.cidr_intersects", [.string, .string], .boolean, run: Networks.intersects),
        Builtin(
            "net.cidr_is_valid", [.string], .boolean, [.checksOperands], run: Networks.isValid),
        Builtin(
            "net.cidr_merge", [.anyOf([.array(of: .anyOf([.string])), .set(.string)])],
            .set(.string), run: Networks.merge),
        Builtin(
            "net.cidr_overlap", [.string, .string], .boolean, [.deprecated],
            run: Networks.contains),
        Builtin(
            "net.lookup_ip_addr", [.string], .set(.string), [.nondeterministic, .blocking],
            run: Networks.lookUp),
    ]

    private static let block = TypeDeclaration.anyOf([.string, .array(of: .any)])
    private static let blocks = TypeDeclaration.anyOf([
        .string, .array(of: block), .object(.string, block), .set(block),
    ])
}

enum Networks {
    static func contains(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let outer = try network(operands[0].bytes)
        let inner = try addresses(operands[1].bytes)
        return .boolean(outer.contains(inner.first) && outer.contains(inner.last))
    }

    static func intersects(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let left = try network(operands[0].bytes)
        let right = try network(operands[1].bytes)
        return .boolean(left.contains(right.first) || right.contains(left.first))
    }

    static func isValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        .boolean(operands[0].kind == .string && IPNetwork(operands[0].bytes) != nil)
    }

    static func expand(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let block = try network(operands[0].bytes)
        // An address costs its member of the set, its text and its part of the index.
        let addressBytes = 64
        guard block.hostBits < 48, addressBytes << block.hostBits <= context.limits.memoryBytes
        else { throw .limit(.memory) }
        let count = 1 << block.hostBits
        try context.charge(count)
        let addresses = try Value.set(capacity: count, in: context.arena)
        var address = block.first
        for _ in 0..<count {
            let text = try Value.string(address.text, in: context.arena)
            try addresses.insert(text, in: context.arena)
            address.bits &+= 1
        }
        return addresses
    }

    /// Asked once a query for a name.
    static func lookUp(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.once("net.lookup_ip_addr", operands) { () throws(BuiltinError) -> Value in
            switch context.host.lookUp(operands[0].bytes.string) {
            case .failure(let message): throw .failed(message)
            case .addresses(let texts):
                let addresses = try Value.set(capacity: texts.count, in: context.arena)
                for text in texts {
                    try addresses.insert(.string(text, in: context.arena), in: context.arena)
                }
                return addresses
            }
        }
    }

    private static func network(_ text: Bytes) throws(BuiltinError) -> IPNetwork {
        if let network = IPNetwork(text) { return network }
        throw .failed("invalid CIDR address: \(text.string)")
    }

    /// The first and the last of one address or of a block.
    private static func addresses(
        _ text: Bytes
    ) throws(BuiltinError) -> (first: IPAddress, last: IPAddress) {
        if let address = IPAddress(text) { return (address, address) }
        if let network = IPNetwork(text) { return (network.first, network.last) }
        throw .failed(
            "not a valid textual representation of an IP address or CIDR: \(text.string)")
    }
}

extension Networks {
    /// Pairs of an index of the first operand and one of the second whose block it contains. The
    /// index of an element is its position, its key, or in a set the member itself.
    static func containsMatches(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let matches = try Value.set(in: context.arena)
        let outers = try candidates(operands[0], position: 1, context)
        let inners = try candidates(operands[1], position: 2, context)
        if outers.isEmpty || inners.isEmpty { return matches }
        var ranges: [(first: IPAddress, last: IPAddress)] = []
        for inner in inners { ranges.append(try addresses(inner.text)) }
        for outer in outers {
            let block = try network(outer.text)
            try context.charge(inners.count)
            for (inner, range) in zip(inners, ranges)
            where block.contains(range.first) && block.contains(range.last) {
                let pair = try Value.array([outer.index, inner.index], in: context.arena)
                try matches.insert(pair, in: context.arena)
            }
        }
        return matches
    }

    private static func candidates(
        _ operand: Value, position: Int, _ context: BuiltinContext
    ) throws(BuiltinError) -> [(text: Bytes, index: Value)] {
        var candidates: [(text: Bytes, index: Value)] = []
        func add(_ element: Value, _ index: Value) throws(BuiltinError) {
            try context.charge(1)
            let block = element.kind == .array ? element.elements.first : element
            guard let block, element.kind == .array || element.kind == .string else {
                throw .failed("operand \(position): element must be string or non-empty array")
            }
            guard block.kind == .string else {
                throw .operand(position: 1, expected: ["string"], got: block.typeName)
            }
            candidates.append((block.bytes, index))
        }
        switch operand.kind {
        case .array:
            for (index, element) in operand.elements.enumerated() {
                try add(element, .integer(Int64(index)))
            }
        case .set: for member in operand.members { try add(member, member) }
        case .object: for entry in operand.entries { try add(entry.value, entry.key) }
        default: try add(operand, operand)
        }
        return candidates
    }
}

extension Networks {
    /// The fewest blocks of the same addresses; blocks that touch no other stay as they are.
    static func merge(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var ranges: [(first: UInt128, last: UInt128, block: IPNetwork?)] = []
        for element in operands[0].items {
            try context.charge(1)
            let block = try mergeable(element)
            ranges.append((block.first.rank, block.last.rank, block))
        }
        ranges.sort { ($0.last, $0.first) < ($1.last, $1.first) }
        for position in ranges.indices.dropFirst().reversed() {
            let (range, before) = (ranges[position], ranges[position - 1])
            let isLowest = range.first == 0 || range.first == IPAddress.mapped
            if range.first - (isLowest ? 0 : 1) <= before.last {
                ranges[position - 1] = (min(before.first, range.first), range.last, nil)
                ranges.remove(at: position)
            }
        }
        let merged = try Value.set(capacity: ranges.count, in: context.arena)
        for range in ranges {
            let blocks = range.block.map { [$0] } ?? blocks(from: range.first, to: range.last)
            for block in blocks {
                try merged.insert(.string(block.text, in: context.arena), in: context.arena)
            }
        }
        return merged
    }

    /// A single IPv4 address stands for the network of its class, as in OPA.
    private static func mergeable(_ element: Value) throws(BuiltinError) -> IPNetwork {
        guard element.kind == .string else { throw .failed("element must be string") }
        guard let address = IPAddress(element.bytes) else { return try network(element.bytes) }
        guard address.isV4 else { throw .failed("IPv6 invalid: needs prefix length") }
        let prefix = address.bits < 0x8000_0000 ? 8 : address.bits < 0xC000_0000 ? 16 : 24
        return IPNetwork(address: address, prefix: prefix)
    }

    /// The largest block that begins at the lowest address and ends in the range, then the next.
    private static func blocks(from first: UInt128, to last: UInt128) -> [IPNetwork] {
        let low = IPAddress(rank: first)
        let isV4 = low.isV4 && IPAddress(rank: last).isV4
        var next = isV4 ? low.bits : first
        let end = isV4 ? last & 0xFFFF_FFFF : last
        let width = isV4 ? 32 : 128
        var blocks: [IPNetwork] = []
        while true {
            var hostBits = min(next == 0 ? width : next.trailingZeroBitCount, width)
            while hostBits > 0 && (UInt128.max >> UInt128(128 - hostBits)) > end - next {
                hostBits -= 1
            }
            let address = IPAddress(bits: next, isV4: isV4)
            let block = IPNetwork(address: address, prefix: width - hostBits)
            blocks.append(block)
            if block.last.bits >= end { return blocks }
            next = block.last.bits + 1
        }
    }
}
