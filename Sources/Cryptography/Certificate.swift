/// An X.509 certificate, taken apart but not verified. Parts that are shown as they are encoded
/// stay encoded.
/// - Source: RFC 5280, section 4.1.
public struct Certificate: Sendable, Hashable {
    /// The whole, DER.
    public let bytes: [UInt8]
    /// What is signed.
    public let signedPart: ArraySlice<UInt8>
    /// From 1.
    public let version: Int
    /// Big endian, two's complement.
    public let serialNumber: ArraySlice<UInt8>
    public let signatureAlgorithm: AlgorithmIdentifier
    public let issuer: DistinguishedName
    public let subject: DistinguishedName
    public let notBefore: Moment
    public let notAfter: Moment
    /// `SubjectPublicKeyInfo`, DER.
    public let publicKey: [UInt8]
    public let extensions: [Extension]
    public let signature: ArraySlice<UInt8>

    public struct Extension: Sendable, Hashable {
        public let identifier: [Int]
        public let isCritical: Bool
        public let value: ArraySlice<UInt8>
    }

    /// - Throws: `CryptographyError.malformed`, in Go's words.
    public init(_ der: [UInt8]) throws(CryptographyError) {
        var reader = DER(der[...])
        try self.init(&reader)
        guard reader.isAtEnd else { throw .malformed("x509: trailing data") }
    }

    /// Certificates one after the other, without anything between.
    public static func all(in der: [UInt8]) throws(CryptographyError) -> [Certificate] {
        var reader = DER(der[...])
        var found: [Certificate] = []
        while !reader.isAtEnd { found.append(try Certificate(&reader)) }
        return found
    }

    private init(_ reader: inout DER) throws(CryptographyError) {
        do {
            let whole = try reader.element(DER.Tag.sequence)
            var outer = whole.reader
            let signed = try outer.element(DER.Tag.sequence)
            var inner = signed.reader
            bytes = Array(whole.whole)
            signedPart = signed.whole
            version = try Certificate.version(&inner)
            serialNumber = try inner.integer()
            _ = try AlgorithmIdentifier(&inner)
            issuer = try DistinguishedName(&inner)
            var validity = try inner.sequence()
            notBefore = try Moment(&validity)
            notAfter = try Moment(&validity)
            subject = try DistinguishedName(&inner)
            publicKey = Array(try inner.element(DER.Tag.sequence).whole)
            extensions = try Certificate.extensions(&inner)
            signatureAlgorithm = try AlgorithmIdentifier(&outer)
            signature = try outer.bitString().bytes
        } catch {
            throw .malformed("x509: malformed certificate")
        }
    }

    private static func version(_ reader: inout DER) throws(CryptographyError) -> Int {
        guard let element = try reader.optional(DER.Tag.context(0, isConstructed: true)) else {
            return 1
        }
        var inner = element.reader
        guard let number = try inner.integer().last, number < 3 else { throw DER.damaged }
        return Int(number) + 1
    }

    private static func extensions(_ reader: inout DER) throws(CryptographyError) -> [Extension] {
        while let tag = reader.nextTag, tag != DER.Tag.context(3, isConstructed: true) {
            // Unique identifiers, which nobody uses.
            _ = try reader.element()
        }
        guard !reader.isAtEnd else { return [] }
        var outer = try reader.element().reader
        return try Extension.all(outer.sequence())
    }
}

extension Certificate.Extension {
    /// The extensions in a sequence's content.
    public static func all(_ sequence: DER) throws(CryptographyError) -> [Self] {
        var reader = sequence
        var found: [Self] = []
        while !reader.isAtEnd {
            var parts = try reader.sequence()
            let identifier = try parts.objectIdentifier()
            let critical = try parts.optional(DER.Tag.boolean)
            found.append(
                Self(
                    identifier: identifier, isCritical: critical?.content.first ?? 0 != 0,
                    value: try parts.element(DER.Tag.octetString).content))
        }
        return found
    }
}

/// An algorithm and what it is parametrized with.
public struct AlgorithmIdentifier: Sendable, Hashable {
    public let identifier: [Int]
    /// DER; empty where there are none.
    public let parameters: ArraySlice<UInt8>

    public init(_ reader: inout DER) throws(CryptographyError) {
        var parts = try reader.sequence()
        identifier = try parts.objectIdentifier()
        parameters = parts.rest
    }
}

/// The name of a subject or an issuer: attributes in their order.
public struct DistinguishedName: Sendable, Hashable {
    /// The whole, DER.
    public let bytes: ArraySlice<UInt8>
    public let attributes: [Attribute]

    public struct Attribute: Sendable, Hashable {
        public let type: [Int]
        public let value: String
    }

    public init(_ reader: inout DER) throws(CryptographyError) {
        let whole = try reader.element(DER.Tag.sequence)
        bytes = whole.whole
        var sets = whole.reader
        var found: [Attribute] = []
        while !sets.isAtEnd {
            var pairs = try sets.element(DER.Tag.set).reader
            while !pairs.isAtEnd {
                var pair = try pairs.sequence()
                let type = try pair.objectIdentifier()
                found.append(Attribute(type: type, value: try Self.text(pair.element())))
            }
        }
        attributes = found
    }

    /// The text of any of the string types.
    private static func text(_ element: DER.Element) throws(CryptographyError) -> String {
        switch element.tag {
        // Latin 1 and its like: T61String as everybody reads it.
        case 0x14:
            return String(String.UnicodeScalarView(element.content.map { Unicode.Scalar($0) }))
        // BMPString: UTF-16, big endian.
        case 0x1E:
            let content = Array(element.content)
            guard content.count % 2 == 0 else { throw DER.damaged }
            let units = stride(from: 0, to: content.count, by: 2).map { index in
                UInt16(content[index]) << 8 | UInt16(content[index + 1])
            }
            return String(decoding: units, as: UTF16.self)
        default: return String(decoding: element.content, as: UTF8.self)
        }
    }
}

/// A point in time as certificates have it, in UTC.
public struct Moment: Sendable, Hashable {
    public let year, month, day, hour, minute, second: Int

    public init(_ reader: inout DER) throws(CryptographyError) {
        let element = try reader.element()
        let text = element.content
        let yearDigits = element.tag == DER.Tag.utcTime ? 2 : 4
        guard element.tag == DER.Tag.utcTime || element.tag == DER.Tag.generalizedTime,
            text.count == yearDigits + 11, text.last == UInt8(ascii: "Z"),
            text.dropLast().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { throw DER.damaged }
        let digits = text.dropLast().map { Int($0 & 15) }
        func number(_ start: Int, _ count: Int) -> Int {
            digits[start..<start + count].reduce(0) { $0 * 10 + $1 }
        }
        let short = number(0, yearDigits)
        // RFC 5280, section 4.1.2.5.1: two digits mean 1950 to 2049.
        year = yearDigits == 4 ? short : short < 50 ? 2000 + short : 1900 + short
        month = number(yearDigits, 2)
        day = number(yearDigits + 2, 2)
        hour = number(yearDigits + 4, 2)
        minute = number(yearDigits + 6, 2)
        second = number(yearDigits + 8, 2)
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second < 60
        else { throw DER.damaged }
    }

    /// RFC 3339, such as `2021-07-01T17:41:53Z`.
    public var text: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            + "T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))Z"
    }
}
