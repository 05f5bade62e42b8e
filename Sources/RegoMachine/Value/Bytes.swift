/// A stretch of bytes that lives in an arena or a segment; slices share its memory.
@frozen @safe public struct Bytes: RandomAccessCollection, BitwiseCopyable, @unchecked Sendable {
    @usableFromInline let start: UnsafePointer<UInt8>
    public let count: Int

    @inlinable @inline(__always)
    init(start: UnsafePointer<UInt8>, count: Int) {
        unsafe self.start = unsafe start
        self.count = count
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { count }

    @inlinable @inline(__always)
    public subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < count, "a byte outside of its text")
        return unsafe start[position]
    }

    /// Unlike a slice of an array, this one counts from 0 again.
    @inlinable public subscript(bounds: Range<Int>) -> Bytes {
        precondition(
            bounds.lowerBound >= 0 && bounds.upperBound <= count, "bytes outside of their text")
        return unsafe Bytes(start: start + bounds.lowerBound, count: bounds.count)
    }

    /// The memory itself, for C libraries and bulk work.
    @inlinable public var buffer: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: start, count: count)
    }

    #if !hasFeature(Embedded)
        public func withContiguousStorageIfAvailable<R>(
            _ body: (UnsafeBufferPointer<UInt8>) throws -> R
        ) rethrows -> R? {
            try unsafe body(buffer)
        }
    #endif

    /// The text as a `String`; bytes that are no UTF-8 become U+FFFD.
    public var string: String { String(decoding: self, as: UTF8.self) }
}

extension Value {
    /// The bytes of a string or of a decimal's literal.
    @inlinable @inline(__always)
    public var bytes: Bytes {
        precondition(kind == .string || kind == .decimal, "bytes of a value that is no text")
        return unsafe Bytes(start: address(as: UInt8.self), count: length)
    }

    /// A string over memory that outlives the value: a part of another string of this evaluation.
    @inlinable public static func string(sharing bytes: Bytes) -> Value {
        unsafe Value(.string, length: bytes.count, word: UInt64(UInt(bitPattern: bytes.start)))
    }

    /// The string copied out, or `nil` for another kind.
    public var string: String? { kind == .string ? bytes.string : nil }

    @inlinable @inline(__always)
    func address<T>(as type: T.Type) -> UnsafePointer<T> {
        unsafe UnsafePointer(bitPattern: UInt(truncatingIfNeeded: word)).unsafelyUnwrapped
    }

    @inlinable @inline(__always)
    func mutableAddress<T>(as type: T.Type) -> UnsafeMutablePointer<T> {
        unsafe UnsafeMutablePointer(bitPattern: UInt(truncatingIfNeeded: word)).unsafelyUnwrapped
    }
}

extension Bytes {
    /// Bytes of the caller's, which must outlive what is made of them.
    @unsafe public init(_ buffer: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nobody reads from this one.
        let none = unsafe UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
        unsafe self.init(
            start: (buffer.baseAddress ?? none).assumingMemoryBound(to: UInt8.self),
            count: buffer.count)
    }
}

extension Value {
    /// A string constant of the program.
    public static func literal(_ text: StaticString) -> Value {
        unsafe string(sharing: Bytes(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
