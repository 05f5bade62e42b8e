/// The elements of an array, or the members of a set in Rego's order.
@frozen @safe public struct Elements: RandomAccessCollection, BitwiseCopyable, @unchecked Sendable {
    @usableFromInline let start: UnsafePointer<Value>
    public let count: Int

    @inlinable init(start: UnsafePointer<Value>, count: Int) {
        unsafe self.start = unsafe start
        self.count = count
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { count }
    @inlinable public subscript(position: Int) -> Value {
        precondition(position >= 0 && position < count, "an element outside of its array")
        return unsafe start[position]
    }
}

/// The entries of an object in Rego's order of their keys.
@frozen @safe public struct Entries: RandomAccessCollection, BitwiseCopyable, @unchecked Sendable {
    @usableFromInline let start: UnsafePointer<Value>
    public let count: Int

    @inlinable init(start: UnsafePointer<Value>, count: Int) {
        unsafe self.start = unsafe start
        self.count = count
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { count }
    @inlinable public subscript(position: Int) -> (key: Value, value: Value) {
        precondition(position >= 0 && position < count, "an entry outside of its object")
        return unsafe (start[2 * position], start[2 * position + 1])
    }
}

extension Value {
    /// The elements of an array.
    public var elements: Elements {
        precondition(kind == .array, "elements of a value that is no array")
        return unsafe Elements(start: address(as: Value.self), count: length)
    }

    /// The members of a set, sorted.
    public var members: Elements {
        precondition(kind == .set, "members of a value that is no set")
        let body = unsafe table
        unsafe Table.sort(body)
        return unsafe Elements(start: body.pointee.entries, count: Int(body.pointee.count))
    }

    /// The entries of an object, sorted by key.
    public var entries: Entries {
        precondition(kind == .object, "entries of a value that is no object")
        let body = unsafe table
        unsafe Table.sort(body)
        return unsafe Entries(start: body.pointee.entries, count: Int(body.pointee.count))
    }

    /// How many elements an array, members a set, or entries an object has; `nil` for others.
    public var count: Int? {
        switch kind {
        case .array: length
        case .object, .set: unsafe Int(table.pointee.count)
        default: nil
        }
    }

    /// The value at `key` of an object or `index` of an array, the member itself for a set, or
    /// `undefined`: what the reference `self[key]` gives.
    public func element(_ key: Value, arena: Arena) -> Value {
        switch kind {
        case .object:
            guard let position = position(of: key, arena: arena) else { return .undefined }
            return unsafe table.pointee.entries[2 * position + 1]
        case .set:
            guard let position = position(of: key, arena: arena) else { return .undefined }
            return unsafe table.pointee.entries[position]
        case .array:
            guard let index = key.index, index >= 0, index < Int64(length) else {
                return .undefined
            }
            return unsafe address(as: Value.self)[Int(index)]
        default: return .undefined
        }
    }

    /// The integer that a number equals, decimals such as `1.0` included.
    public var index: Int64? {
        kind == .integer ? Int64(bitPattern: word) : kind == .decimal ? Numbers.integer(self) : nil
    }
}
