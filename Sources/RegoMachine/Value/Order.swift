/// Equality, Rego's total order, and hashes that agree with equality.
extension Value: Hashable {
    public static func == (left: Value, right: Value) -> Bool { areEqual(left, right) }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash32) }

    @inline(__always)
    static func areEqual(_ left: Value, _ right: Value) -> Bool {
        if left.head == right.head && left.word == right.word { return true }
        if left.kind == .string && right.kind == .string {
            if left.length != right.length { return false }
            if left.aux != right.aux && left.aux != 0 && right.aux != 0 { return false }
            return unsafe areEqual(
                left.address(as: UInt8.self), right.address(as: UInt8.self), left.length)
        }
        if left.isInline && right.isInline { return false }
        return areEqualSlowly(left, right)
    }

    @inline(__always)
    private static func areEqual(
        _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
    ) -> Bool {
        var offset = 0
        while offset &+ 8 <= count {
            let a = unsafe UnsafeRawPointer(left + offset).loadUnaligned(as: UInt64.self)
            let b = unsafe UnsafeRawPointer(right + offset).loadUnaligned(as: UInt64.self)
            if a != b { return false }
            offset &+= 8
        }
        while offset < count {
            if unsafe left[offset] != right[offset] { return false }
            offset &+= 1
        }
        return true
    }

    private static func areEqualSlowly(_ left: Value, _ right: Value) -> Bool {
        if left.isNumber && right.isNumber { return Numbers.compare(left, right) == 0 }
        guard left.kind == right.kind else { return false }
        switch left.kind {
        case .array:
            guard left.length == right.length else { return false }
            let a = unsafe left.address(as: Value.self)
            let b = unsafe right.address(as: Value.self)
            for index in 0..<left.length where unsafe !areEqual(a[index], b[index]) { return false }
            return true
        case .object, .set:
            guard unsafe left.table.pointee.count == right.table.pointee.count else {
                return false
            }
            return compare(left, right) == 0
        default: return false
        }
    }

    /// Rego's total order: null < false < true < numbers < strings < arrays < objects < sets.
    /// - Returns: A negative number, 0, or a positive one.
    /// - Source: OPA documentation, "Policy Language", Comparison and Equality.
    public static func compare(_ left: Value, _ right: Value) -> Int {
        let a = left.rank
        let b = right.rank
        if a != b { return a < b ? -1 : 1 }
        switch left.kind {
        case .undefined, .null: return 0
        case .boolean: return Int(left.word) - Int(right.word)
        case .integer, .decimal: return Numbers.compare(left, right)
        case .string: return compareBytes(left, right)
        case .array: return compareElements(left.elements, right.elements)
        case .set: return compareElements(left.members, right.members)
        case .object: return compareEntries(left.entries, right.entries)
        }
    }

    private var rank: UInt8 {
        kind == .decimal ? Kind.integer.rawValue : kind.rawValue
    }

    private static func compareBytes(_ left: Value, _ right: Value) -> Int {
        let a = unsafe left.address(as: UInt8.self)
        let b = unsafe right.address(as: UInt8.self)
        let shared = min(left.length, right.length)
        var offset = 0
        while offset &+ 8 <= shared {
            let x = unsafe UnsafeRawPointer(a + offset).loadUnaligned(as: UInt64.self).bigEndian
            let y = unsafe UnsafeRawPointer(b + offset).loadUnaligned(as: UInt64.self).bigEndian
            if x != y { return x < y ? -1 : 1 }
            offset &+= 8
        }
        while offset < shared {
            let x = unsafe a[offset]
            let y = unsafe b[offset]
            if x != y { return x < y ? -1 : 1 }
            offset &+= 1
        }
        return left.length - right.length
    }

    private static func compareElements(_ left: Elements, _ right: Elements) -> Int {
        for index in 0..<min(left.count, right.count) {
            let order = unsafe compare(left.start[index], right.start[index])
            if order != 0 { return order }
        }
        return left.count - right.count
    }

    private static func compareEntries(_ left: Entries, _ right: Entries) -> Int {
        for index in 0..<2 * min(left.count, right.count) {
            let order = unsafe compare(left.start[index], right.start[index])
            if order != 0 { return order }
        }
        return left.count - right.count
    }
}

extension Value {
    /// A hash that is equal for equal values, whatever their memory. Of a collection, the first
    /// `hashedNodesMax` nodes in Rego's order count: parts may be shared, and more than anybody
    /// would wait for.
    var hash32: UInt32 {
        if !isCollection { return scalarHash }
        var left = Value.hashedNodesMax
        return collectionHash(&left)
    }

    private static let hashedNodesMax = 4_096

    private var scalarHash: UInt32 {
        switch kind {
        case .string: aux != 0 ? aux : Value.hash24(of: bytes)
        case .integer: Value.mix(word)
        case .decimal: Numbers.hash(self)
        default: UInt32(kind.rawValue) &+ UInt32(word)
        }
    }

    private func hash(_ left: inout Int) -> UInt32 {
        left -= 1
        return isCollection ? collectionHash(&left) : scalarHash
    }

    private func collectionHash(_ left: inout Int) -> UInt32 {
        switch kind {
        case .object:
            var sum = UInt32(23)
            for (key, value) in entries {
                if left <= 0 { break }
                let first = key.hash(&left)
                sum = (sum &* 31) &+ Value.mix(UInt64(first) << 32 | UInt64(value.hash(&left)))
            }
            return sum
        default:
            var sum = UInt32(kind == .set ? 19 : 17)
            for element in kind == .set ? members : elements {
                if left <= 0 { break }
                sum = (sum &* 31) &+ element.hash(&left)
            }
            return sum
        }
    }

    static func mix(_ bits: UInt64) -> UInt32 {
        let product = bits.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return UInt32(truncatingIfNeeded: product.high ^ product.low ^ (product.low >> 32))
    }

    /// 24 bits, never 0. Keyed by `hashSeed`.
    static func hash24(of bytes: Bytes) -> UInt32 {
        var hash = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15 ^ hashSeed
        var offset = 0
        let start = unsafe UnsafeRawPointer(bytes.start)
        while offset &+ 8 <= bytes.count {
            let word = unsafe (start + offset).loadUnaligned(as: UInt64.self)
            hash = fold(hash ^ word)
            offset &+= 8
        }
        var tail: UInt64 = 0
        while offset < bytes.count {
            tail = unsafe tail << 8 | UInt64(bytes.start[offset])
            offset &+= 1
        }
        hash = fold(hash ^ tail)
        let folded = UInt32(truncatingIfNeeded: hash >> 20) & 0xFF_FFFF
        return folded == 0 ? 1 : folded
    }

    private static func fold(_ word: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }

    /// Differs from process to process, so that nobody can prepare keys that collide: the machine
    /// has no source of randomness but where the loader and the allocator put its memory.
    static let hashSeed: UInt64 = {
        let somewhere = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
        let seed = fold(UInt64(UInt(bitPattern: somewhere)) ^ 0xE703_7ED1_A0B4_28DB)
        unsafe somewhere.deallocate()
        return seed
    }()

    /// The string with its hash written into its head, for keys that many look-ups compare.
    func withHash() -> Value {
        kind == .string && aux == 0
            ? Value(.string, aux: Value.hash24(of: bytes), length: length, word: word) : self
    }
}
