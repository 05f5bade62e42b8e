extension Value {
    /// Makes a value fit for publication: everything sorted and indexed, strings hashed, so that
    /// readers on many threads never write. `arena` is the segment's own.
    mutating func freeze(_ arena: Arena) {
        switch kind {
        case .string: self = withHash()
        case .array:
            let elements = unsafe mutableAddress(as: Value.self)
            for index in 0..<length { unsafe elements[index].freeze(arena) }
            // It grows no more: of the bits only whether there is an extent counts.
            head &= ~(0x7F_FFFF << 8)
        case .object, .set: unsafe Table.freeze(table, arena)
        default: break
        }
    }
}

extension Table {
    static func freeze(_ body: UnsafeMutablePointer<Table>, _ arena: Arena) {
        if unsafe body.pointee.isFrozen { return }
        let count = unsafe Int(body.pointee.count) * Int(body.pointee.stride)
        for position in 0..<count { unsafe body.pointee.entries[position].freeze(arena) }
        unsafe body.pointee.index = nil
        unsafe sort(body)
        if unsafe body.pointee.count > indexFrom {
            // Without memory for the index look-ups scan: `probe` builds none for a frozen body.
            try? unsafe buildIndex(body, arena)
        }
        unsafe body.pointee.isFrozen = true
    }
}
