/// Making values in an arena. Everything made is good until the arena is reset or rewound.
extension Value {
    /// A string with a copy of `bytes`, which must be UTF-8.
    public static func string(
        _ bytes: some Collection<UInt8>, in arena: Arena
    ) throws(BuiltinError) -> Value {
        let count = bytes.count
        let start = unsafe try arena.allocate(UInt8.self, count)
        _ = unsafe UnsafeMutableBufferPointer(start: start, count: count).initialize(from: bytes)
        return unsafe .string(sharing: Bytes(start: start, count: count))
    }

    public static func string(_ text: String, in arena: Arena) throws(BuiltinError) -> Value {
        try string(text.utf8, in: arena)
    }

    /// A number that is no `Int64`, by its JSON text; the caller has checked the grammar.
    static func decimal(
        _ text: some Collection<UInt8>, in arena: Arena
    ) throws(BuiltinError) -> Value {
        let copied = try string(text, in: arena)
        return Value(.decimal, length: copied.length, word: copied.word)
    }

    public static func array(
        _ elements: some Collection<Value>, in arena: Arena
    ) throws(BuiltinError) -> Value {
        let count = elements.count
        let start = unsafe try arena.allocate(Value.self, count + 1) + 1
        _ = unsafe UnsafeMutableBufferPointer(start: start, count: count).initialize(from: elements)
        return unsafe try array(at: start, count: count)
    }

    /// An array of elements in memory that has room for one `Value` before them.
    static func array(
        at start: UnsafeMutablePointer<Value>, count: Int
    ) throws(BuiltinError) -> Value {
        var aux: UInt32 = 0
        var extent = Extent()
        for index in 0..<count where unsafe start[index].isCollection {
            aux = extentFlag
            unsafe try extent.take(start[index])
        }
        if aux != 0 { unsafe arrayExtent(start).initialize(to: extent) }
        return Value(.array, aux: aux, length: count, word: UInt64(UInt(bitPattern: start)))
    }

    /// A slice to look at: in a value that outlives the look its extent would be missing.
    static func array(viewing elements: Elements, _ bounds: Range<Int>) -> Value {
        precondition(
            bounds.lowerBound >= 0 && bounds.upperBound <= elements.count, "a slice outside")
        let start = unsafe elements.start + bounds.lowerBound
        return Value(.array, length: bounds.count, word: UInt64(UInt(bitPattern: start)))
    }

    /// A slice: it shares the elements' memory where no collection is among them.
    public static func array(
        slice elements: Elements, _ bounds: Range<Int>, in arena: Arena
    ) throws(BuiltinError) -> Value {
        let slice = elements[bounds]
        if slice.contains(where: { $0.isCollection }) { return try array(slice, in: arena) }
        return array(viewing: elements, bounds)
    }

    public static func set(
        _ members: some Collection<Value>, in arena: Arena
    ) throws(BuiltinError) -> Value {
        let set = try table(.set, capacity: members.count, in: arena)
        for member in members { try set.insert(member, in: arena) }
        return set
    }

    /// An empty set, with room for `capacity` members before it grows.
    public static func set(capacity: Int = 0, in arena: Arena) throws(BuiltinError) -> Value {
        try table(.set, capacity: capacity, in: arena)
    }

    /// An empty object, with room for `capacity` entries before it grows.
    public static func object(capacity: Int = 0, in arena: Arena) throws(BuiltinError) -> Value {
        try table(.object, capacity: capacity, in: arena)
    }

    /// An object of `count` keys and values in turn; of equal keys the last one counts.
    static func object(
        pairs: UnsafePointer<Value>, count: Int, in arena: Arena
    ) throws(BuiltinError) -> Value {
        let object = try table(.object, capacity: count, in: arena)
        let body = unsafe object.table
        let entries = unsafe body.pointee.entries
        for pair in 0..<count {
            let key = unsafe pairs[2 * pair]
            let value = unsafe pairs[2 * pair + 1]
            if let position = object.position(of: key, arena: arena) {
                unsafe try body.pointee.extent.take(value)
                unsafe entries[2 * position + 1] = value
            } else {
                unsafe try Table.append(body, key, value, arena)
            }
        }
        return object
    }

    /// An empty array to be filled by `append`.
    static func growingArray(in arena: Arena) throws(BuiltinError) -> Value {
        let start = unsafe try arena.allocate(Value.self, 5) + 1
        return Value(.array, aux: 3, length: 0, word: UInt64(UInt(bitPattern: start)))
    }

    /// Adds a member to a set that this evaluation made and nobody else has seen.
    public func insert(_ member: Value, in arena: Arena) throws(BuiltinError) {
        precondition(kind == .set, "a member for a value that is no set")
        if position(of: member, arena: arena) != nil { return }
        unsafe try Table.append(table, member, .undefined, arena)
    }

    /// Sets the value at a key of an object that this evaluation made and nobody else has seen.
    public func insert(_ key: Value, _ value: Value, in arena: Arena) throws(BuiltinError) {
        precondition(kind == .object, "an entry for a value that is no object")
        if let position = position(of: key, arena: arena) {
            let entry = unsafe table.pointee.entries + (2 * position + 1)
            if unsafe value.isCollection && entry.pointee.word == value.word {
                unsafe try table.pointee.extent.takeAgain(value)
            } else {
                unsafe try table.pointee.extent.take(value)
            }
            unsafe entry.pointee = value
        } else {
            unsafe try Table.append(table, key, value, arena)
        }
    }

    /// The array with one element more. Arrays that do not grow are copied first; the memory of a
    /// growing one is shared with what it was before, so that only its newest value may be used.
    func appending(_ element: Value, in arena: Arena) throws(BuiltinError) -> Value {
        let exponent = aux & Value.exponentMask
        let capacity = exponent == 0 ? length : 1 << Int(exponent - 1)
        let isDeep = element.isCollection || aux & Value.extentFlag != 0
        var extent = isDeep ? extent : Extent()
        try extent.take(element)
        var grown = exponent
        var start = unsafe mutableAddress(as: Value.self)
        if exponent == 0 || length == capacity {
            grown = max(grown, 3)
            while 1 << Int(grown - 1) <= length { grown += 1 }
            guard grown < 31 else { throw .limit(.memory) }
            let larger = unsafe try arena.allocate(Value.self, 1 + 1 << Int(grown - 1)) + 1
            unsafe larger.update(from: start, count: length)
            unsafe start = unsafe larger
        }
        unsafe start[length] = element
        if isDeep { unsafe Value.arrayExtent(start).initialize(to: extent) }
        return Value(
            .array, aux: isDeep ? grown | Value.extentFlag : grown, length: length + 1,
            word: UInt64(UInt(bitPattern: start)))
    }

    /// Of an array's `aux`: 1 + log2 of the capacity.
    private static let exponentMask: UInt32 = 0x1F

    /// An object or set of the same entries that may be written.
    func copied(in arena: Arena) throws(BuiltinError) -> Value {
        let body = unsafe table
        let count = unsafe Int(body.pointee.count)
        let copy = try Value.table(kind, capacity: count + 1, in: arena)
        let into = unsafe copy.table
        unsafe into.pointee.entries.update(
            from: body.pointee.entries, count: count * Int(body.pointee.stride))
        unsafe into.pointee.count = Int32(count)
        unsafe into.pointee.isSorted = body.pointee.isSorted
        unsafe into.pointee.extent = body.pointee.extent
        return copy
    }
}

/// Text under construction in an arena.
@safe public struct TextBuilder {
    let arena: Arena
    var start: UnsafeMutablePointer<UInt8>
    var capacity: Int
    public private(set) var count = 0

    public init(in arena: Arena, capacity: Int = 64) throws(BuiltinError) {
        self.arena = arena
        self.capacity = max(capacity, 16)
        unsafe start = try unsafe arena.allocate(UInt8.self, self.capacity)
    }

    public mutating func append(_ byte: UInt8) throws(BuiltinError) {
        if count == capacity { try reserve(1) }
        unsafe start[count] = byte
        count += 1
    }

    public mutating func append(_ bytes: Bytes) throws(BuiltinError) {
        try reserve(bytes.count)
        unsafe (start + count).update(from: bytes.start, count: bytes.count)
        count += bytes.count
    }

    public mutating func append(_ text: some Collection<UInt8>) throws(BuiltinError) {
        let added = text.count
        try reserve(added)
        _ = unsafe UnsafeMutableBufferPointer(start: start + count, count: added)
            .initialize(from: text)
        count += added
    }

    public mutating func append(_ text: String) throws(BuiltinError) { try append(text.utf8) }

    /// Appends what `fill` writes into room for `count` bytes; it gives how many it wrote.
    public mutating func append(
        upTo count: Int, filledBy fill: (UnsafeMutableBufferPointer<UInt8>) -> Int
    ) throws(BuiltinError) {
        try reserve(count)
        let room = unsafe UnsafeMutableBufferPointer(start: start + self.count, count: count)
        let filled = unsafe fill(room)
        precondition(filled >= 0 && filled <= count, "more bytes than there was room for")
        self.count += filled
    }

    mutating func reserve(_ added: Int) throws(BuiltinError) {
        guard count + added > capacity else { return }
        let grown = max(capacity * 2, count + added)
        let larger = unsafe try arena.allocate(UInt8.self, grown)
        unsafe larger.update(from: start, count: count)
        unsafe start = unsafe larger
        capacity = grown
    }

    public var bytes: Bytes { unsafe Bytes(start: start, count: count) }

    /// What was appended, as a string that shares the builder's memory: the builder's last use.
    public var value: Value { .string(sharing: bytes) }
}
