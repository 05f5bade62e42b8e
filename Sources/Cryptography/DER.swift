/// Reads ASN.1's distinguished encoding, one value after the other.
/// - Source: ITU-T X.690.
public struct DER: Sendable {
    public private(set) var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    public struct Element: Sendable {
        public let tag: UInt8
        public let content: ArraySlice<UInt8>
        /// Tag and length included.
        public let whole: ArraySlice<UInt8>

        public var reader: DER { DER(content) }
    }

    public enum Tag {
        public static let boolean: UInt8 = 0x01
        public static let integer: UInt8 = 0x02
        public static let bitString: UInt8 = 0x03
        public static let octetString: UInt8 = 0x04
        public static let objectIdentifier: UInt8 = 0x06
        public static let utcTime: UInt8 = 0x17
        public static let generalizedTime: UInt8 = 0x18
        public static let sequence: UInt8 = 0x30
        public static let set: UInt8 = 0x31

        /// A tag whose meaning depends on where it stands.
        public static func context(_ number: UInt8, isConstructed: Bool) -> UInt8 {
            0x80 | (isConstructed ? 0x20 : 0) | number
        }
    }

    public var isAtEnd: Bool { rest.isEmpty }
    /// The tag of the next value; `nil` at the end.
    public var nextTag: UInt8? { rest.first }

    /// The next value, whatever it is. Tags above 30 and indefinite lengths are refused: no
    /// structure read here has them.
    public mutating func element() throws(CryptographyError) -> Element {
        let start = rest.startIndex
        guard rest.count >= 2, rest[start] & 0x1F != 0x1F else { throw DER.damaged }
        var position = start + 2
        var length = Int(rest[start + 1])
        if length >= 0x80 {
            let digits = length & 0x7F
            guard (1...4).contains(digits), rest.count >= 2 + digits else { throw DER.damaged }
            length = rest[position..<position + digits].reduce(0) { $0 << 8 | Int($1) }
            position += digits
        }
        guard length <= rest.endIndex - position else { throw DER.damaged }
        let end = position + length
        let found = Element(
            tag: rest[start], content: rest[position..<end], whole: rest[start..<end])
        rest = rest[end...]
        return found
    }

    public mutating func element(_ tag: UInt8) throws(CryptographyError) -> Element {
        guard nextTag == tag else { throw DER.damaged }
        return try element()
    }

    /// The next value where it has this tag; otherwise nothing is read.
    public mutating func optional(_ tag: UInt8) throws(CryptographyError) -> Element? {
        nextTag == tag ? try element() : nil
    }

    public mutating func sequence() throws(CryptographyError) -> DER {
        try element(Tag.sequence).reader
    }

    /// An integer's bytes, big endian, two's complement.
    public mutating func integer() throws(CryptographyError) -> ArraySlice<UInt8> {
        let content = try element(Tag.integer).content
        guard !content.isEmpty else { throw DER.damaged }
        return content
    }

    public mutating func objectIdentifier() throws(CryptographyError) -> [Int] {
        try DER.arcs(element(Tag.objectIdentifier).content)
    }

    /// The bits of a string whose last bits may be unused.
    public mutating func bitString() throws(CryptographyError) -> BitString {
        let content = try element(Tag.bitString).content
        guard let unused = content.first, unused < 8 else { throw DER.damaged }
        return BitString(bytes: content.dropFirst(), unusedBits: Int(unused))
    }

    public struct BitString: Sendable {
        public let bytes: ArraySlice<UInt8>
        public let unusedBits: Int

        /// Bit 0 is the first, the highest of the first byte.
        public func bit(_ number: Int) -> Bool {
            let index = bytes.startIndex + number / 8
            return index < bytes.endIndex && bytes[index] & (0x80 >> UInt8(number % 8)) != 0
        }
    }

    /// The numbers of an object identifier.
    public static func arcs(_ content: ArraySlice<UInt8>) throws(CryptographyError) -> [Int] {
        var arcs: [Int] = []
        var number = 0
        for byte in content {
            guard number < 1 << 48 else { throw damaged }
            number = number << 7 | Int(byte & 0x7F)
            guard byte & 0x80 == 0 else { continue }
            if arcs.isEmpty {
                let first = min(number / 40, 2)
                arcs = [first, number - 40 * first]
            } else {
                arcs.append(number)
            }
            number = 0
        }
        guard !arcs.isEmpty, content.last.map({ $0 & 0x80 == 0 }) ?? false else { throw damaged }
        return arcs
    }

    static let damaged = CryptographyError.malformed("the encoding is damaged")
}
