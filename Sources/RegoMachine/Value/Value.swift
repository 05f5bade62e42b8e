/// A value of the machine: 16 trivially copyable bytes, so that no evaluation counts references.
///
/// `head` holds the kind (bits 0–7), 24 bits that depend on the kind (8–31), and a length (32–63);
/// `word` holds an integer or an address. The memory behind an address belongs to the `Segment` or
/// the `Arena` it was made in, never to the value: a value is good for as long as that memory is.
///
/// | kind | bits 8–31 | length | word |
/// |---|---|---|---|
/// | boolean | 0 | 0 | 0 or 1 |
/// | integer | 0 | 0 | the `Int64` |
/// | decimal | 0 | bytes | the literal's text |
/// | string | hash, 0 = not known | bytes | UTF-8, not terminated |
/// | array | 1 + log2(capacity) while it grows; bit 31: see `Extent` | elements | `Value`s |
/// | object, set | 0 | 0 | a `Table` |
@frozen @safe public struct Value: BitwiseCopyable, @unchecked Sendable {
    @usableFromInline var head: UInt64
    @usableFromInline var word: UInt64

    @inlinable @inline(__always)
    init(head: UInt64, word: UInt64) {
        self.head = head
        self.word = word
    }

    @inlinable @inline(__always)
    init(_ kind: Kind, aux: UInt32 = 0, length: Int = 0, word: UInt64) {
        head =
            UInt64(kind.rawValue) | UInt64(aux) << 8 | UInt64(UInt32(truncatingIfNeeded: length))
            << 32
        self.word = word
    }

    /// In Rego's total order, but for `undefined`, which is no value of Rego: it stands where an
    /// evaluation has none.
    @frozen public enum Kind: UInt8, Sendable {
        case undefined, null, boolean, integer, decimal, string, array, object, set
    }
}

extension Value {
    @inlinable @inline(__always)
    public var kind: Kind { unsafe unsafeBitCast(UInt8(truncatingIfNeeded: head), to: Kind.self) }

    public static let undefined = Value(head: 0, word: 0)
    public static let null = Value(.null, word: 0)
    public static let `true` = Value(.boolean, word: 1)
    public static let `false` = Value(.boolean, word: 0)

    @inlinable @inline(__always)
    public static func boolean(_ flag: Bool) -> Value { Value(.boolean, word: flag ? 1 : 0) }

    @inlinable @inline(__always)
    public static func integer(_ number: Int64) -> Value {
        Value(.integer, word: UInt64(bitPattern: number))
    }

    @inlinable @inline(__always)
    public var isUndefined: Bool { head == 0 }
    @inlinable @inline(__always)
    public var isTrue: Bool { kind == .boolean && word == 1 }
    @inlinable @inline(__always)
    public var isFalse: Bool { kind == .boolean && word == 0 }
    public var isNumber: Bool { kind == .integer || kind == .decimal }

    /// The integer of kind `integer`; `nil` for decimals, also for those that equal an integer.
    @inlinable @inline(__always)
    public var integer: Int64? { kind == .integer ? Int64(bitPattern: word) : nil }

    public var boolean: Bool? { kind == .boolean ? word == 1 : nil }

    /// Rego's name of the type, as `type_name` gives it.
    public var typeName: String {
        switch kind {
        case .undefined: "undefined"
        case .null: "null"
        case .boolean: "boolean"
        case .integer, .decimal: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        case .set: "set"
        }
    }

    @inlinable @inline(__always)
    var length: Int { Int(truncatingIfNeeded: head >> 32) }
    @inlinable @inline(__always)
    var aux: UInt32 { UInt32(truncatingIfNeeded: head >> 8) & 0xFF_FFFF }

    /// True where no memory stands behind the value, so that it outlives any arena.
    @inlinable @inline(__always)
    var isInline: Bool { kind.rawValue <= Kind.integer.rawValue }
}
