/// The body of an object or a set: entries in one stretch of memory, an index once there are many.
///
/// Invariants: no two entries have equal keys. `entries` holds `stride` values an entry: key and
/// value, or the member alone. An index slot holds a position + 1, or 0; the index is absent for
/// up to `indexFrom` entries and may be absent for more until somebody looks something up.
/// A `frozen` body belongs to a segment that many threads read: it is sorted, indexed, and never
/// written again.
@unsafe struct Table {
    var count: Int32
    var capacity: Int32
    var stride: Int32
    var indexMask: UInt32
    var isSorted: Bool
    var isFrozen: Bool
    var extent = Extent()
    /// The nodes it had when it was last put into a collection.
    var nodesNoted: UInt32 = 0
    var entries: UnsafeMutablePointer<Value>
    var index: UnsafeMutablePointer<UInt32>?

    static let indexFrom: Int32 = 8
}

extension Value {
    @inline(__always)
    var table: UnsafeMutablePointer<Table> {
        unsafe mutableAddress(as: Table.self)
    }

    /// An object or set with room for `capacity` entries, to be filled by `insert`.
    static func table(
        _ kind: Kind, capacity: Int, in arena: Arena
    ) throws(BuiltinError) -> Value {
        let stride = kind == .object ? 2 : 1
        let room = max(capacity, 4)
        guard room < 1 << 30 else { throw .limit(.memory) }
        let body = unsafe try arena.allocate(Table.self, 1)
        let entries = unsafe try arena.allocate(Value.self, room * stride)
        unsafe body.initialize(
            to: Table(
                count: 0, capacity: Int32(room), stride: Int32(stride), indexMask: 0,
                isSorted: true, isFrozen: false, entries: entries, index: nil))
        return Value(kind, word: UInt64(UInt(bitPattern: body)))
    }

    /// What stands at the position of an equal key, or `nil`.
    @inline(__always)
    func position(of key: Value, arena: Arena) -> Int? {
        let body = unsafe table
        if unsafe body.pointee.count <= Table.indexFrom {
            return unsafe Table.scan(body, key)
        }
        return unsafe Table.probe(body, key, arena)
    }
}

extension Table {
    @inline(__always)
    static func scan(_ body: UnsafeMutablePointer<Table>, _ key: Value) -> Int? {
        let stride = unsafe Int(body.pointee.stride)
        var entry = unsafe body.pointee.entries
        for position in 0..<(unsafe Int(body.pointee.count)) {
            if unsafe Value.areEqual(entry.pointee, key) { return position }
            unsafe entry += stride
        }
        return nil
    }

    static func probe(
        _ body: UnsafeMutablePointer<Table>, _ key: Value, _ arena: Arena
    ) -> Int? {
        if unsafe body.pointee.index == nil {
            // Memory for the index may be refused; the scan is slow and right.
            guard (try? unsafe buildIndex(body, arena)) != nil else {
                return unsafe scan(body, key)
            }
            arena.noteEscape()
        }
        guard let index = unsafe body.pointee.index else { return nil }
        let mask = unsafe body.pointee.indexMask
        let stride = unsafe Int(body.pointee.stride)
        var slot = key.hash32 & mask
        while true {
            let stored = unsafe index[Int(slot)]
            if stored == 0 { return nil }
            let position = Int(stored) - 1
            if unsafe Value.areEqual(body.pointee.entries[position * stride], key) {
                return position
            }
            slot = (slot &+ 1) & mask
        }
    }

    static func buildIndex(
        _ body: UnsafeMutablePointer<Table>, _ arena: Arena
    ) throws(BuiltinError) {
        var slots = 32
        let wanted = unsafe Int(body.pointee.capacity) * 2
        while slots < wanted { slots *= 2 }
        let index = unsafe try arena.allocate(UInt32.self, slots)
        unsafe index.initialize(repeating: 0, count: slots)
        unsafe body.pointee.index = index
        unsafe body.pointee.indexMask = UInt32(slots - 1)
        unsafe fillIndex(body)
    }

    static func fillIndex(_ body: UnsafeMutablePointer<Table>) {
        let stride = unsafe Int(body.pointee.stride)
        for position in 0..<(unsafe Int(body.pointee.count)) {
            unsafe enter(body, body.pointee.entries[position * stride], position)
        }
    }

    @inline(__always)
    static func enter(_ body: UnsafeMutablePointer<Table>, _ key: Value, _ position: Int) {
        guard let index = unsafe body.pointee.index else { return }
        let mask = unsafe body.pointee.indexMask
        var slot = key.hash32 & mask
        while unsafe index[Int(slot)] != 0 { slot = (slot &+ 1) & mask }
        unsafe index[Int(slot)] = UInt32(position + 1)
    }

    /// Appends an entry whose key is not there yet.
    @inline(__always)
    static func append(
        _ body: UnsafeMutablePointer<Table>, _ key: Value, _ value: Value, _ arena: Arena
    ) throws(BuiltinError) {
        precondition(unsafe !body.pointee.isFrozen, "a write to a published collection")
        unsafe try body.pointee.extent.take(key)
        unsafe try body.pointee.extent.take(value)
        if unsafe body.pointee.count == body.pointee.capacity { unsafe try grow(body, arena) }
        let position = unsafe Int(body.pointee.count)
        let entry = unsafe body.pointee.entries + position * Int(body.pointee.stride)
        unsafe entry.initialize(to: key)
        if unsafe body.pointee.stride == 2 { unsafe (entry + 1).initialize(to: value) }
        unsafe body.pointee.count += 1
        unsafe body.pointee.isSorted = false
        unsafe enter(body, key, position)
    }

    private static func grow(
        _ body: UnsafeMutablePointer<Table>, _ arena: Arena
    ) throws(BuiltinError) {
        let stride = unsafe Int(body.pointee.stride)
        let capacity = unsafe Int(body.pointee.capacity) * 2
        guard capacity < 1 << 30 else { throw .limit(.memory) }
        let entries = unsafe try arena.allocate(Value.self, capacity * stride)
        unsafe entries.update(from: body.pointee.entries, count: Int(body.pointee.count) * stride)
        unsafe body.pointee.entries = entries
        unsafe body.pointee.capacity = Int32(capacity)
        unsafe body.pointee.index = nil
        if unsafe body.pointee.count > indexFrom { unsafe try buildIndex(body, arena) }
    }

    /// Puts the entries into Rego's order of their keys. Evaluations see objects and sets in no
    /// other order, so that equal queries give equal texts.
    static func sort(_ body: UnsafeMutablePointer<Table>) {
        if unsafe body.pointee.isSorted { return }
        unsafe body.pointee.isSorted = true
        let count = unsafe Int(body.pointee.count)
        if count < 2 { return }
        if unsafe body.pointee.stride == 1 {
            unsafe sortMembers(
                UnsafeMutableBufferPointer(start: body.pointee.entries, count: count))
        } else {
            let pairs = unsafe UnsafeMutableRawPointer(body.pointee.entries)
                .assumingMemoryBound(to: (Value, Value).self)
            unsafe sortPairs(UnsafeMutableBufferPointer(start: pairs, count: count))
        }
        if let index = unsafe body.pointee.index {
            unsafe index.update(repeating: 0, count: Int(body.pointee.indexMask) + 1)
            unsafe fillIndex(body)
        }
    }

    private static func sortMembers(_ members: UnsafeMutableBufferPointer<Value>) {
        if members.count > 16 {
            var sorting = unsafe members
            unsafe sorting.sort { Value.compare($0, $1) < 0 }
            return
        }
        for next in 1..<members.count {
            let moving = unsafe members[next]
            var hole = next
            while unsafe hole > 0 && Value.compare(members[hole - 1], moving) > 0 {
                unsafe members[hole] = members[hole - 1]
                hole -= 1
            }
            unsafe members[hole] = moving
        }
    }

    private static func sortPairs(_ pairs: UnsafeMutableBufferPointer<(Value, Value)>) {
        if pairs.count > 16 {
            var sorting = unsafe pairs
            unsafe sorting.sort { Value.compare($0.0, $1.0) < 0 }
            return
        }
        for next in 1..<pairs.count {
            let moving = unsafe pairs[next]
            var hole = next
            while unsafe hole > 0 && Value.compare(pairs[hole - 1].0, moving.0) > 0 {
                unsafe pairs[hole] = pairs[hole - 1]
                hole -= 1
            }
            unsafe pairs[hole] = moving
        }
    }
}
