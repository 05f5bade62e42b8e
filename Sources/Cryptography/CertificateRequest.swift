/// A request for a certificate (PKCS #10).
/// - Source: RFC 2986, section 4.
public struct CertificateRequest: Sendable {
    public let bytes: [UInt8]
    public let signedPart: ArraySlice<UInt8>
    public let version: Int
    public let subject: DistinguishedName
    public let publicKey: [UInt8]
    public let extensions: [Certificate.Extension]
    public let signatureAlgorithm: AlgorithmIdentifier
    public let signature: ArraySlice<UInt8>

    /// - Throws: `CryptographyError.malformed`, in Go's words.
    public init(_ der: [UInt8]) throws(CryptographyError) {
        do {
            var reader = DER(der[...])
            var outer = try reader.sequence()
            guard reader.isAtEnd else { throw DER.damaged }
            let signed = try outer.element(DER.Tag.sequence)
            var inner = signed.reader
            bytes = der
            signedPart = signed.whole
            version = Int(try inner.integer().last ?? 0)
            subject = try DistinguishedName(&inner)
            publicKey = Array(try inner.element(DER.Tag.sequence).whole)
            extensions = try CertificateRequest.extensions(&inner)
            signatureAlgorithm = try AlgorithmIdentifier(&outer)
            signature = try outer.bitString().bytes
        } catch {
            throw .malformed("asn1: structure error: no certificate request")
        }
    }

    /// The extensions that are asked for, in the attribute of that name (PKCS #9).
    private static func extensions(
        _ reader: inout DER
    ) throws(CryptographyError) -> [Certificate.Extension] {
        guard let attributes = try reader.optional(DER.Tag.context(0, isConstructed: true)) else {
            return []
        }
        var list = attributes.reader
        var found: [Certificate.Extension] = []
        while !list.isAtEnd {
            var attribute = try list.sequence()
            let type = try attribute.objectIdentifier()
            var values = try attribute.element(DER.Tag.set).reader
            guard type == [1, 2, 840, 113549, 1, 9, 14], !values.isAtEnd else { continue }
            found += try Certificate.Extension.all(values.sequence())
        }
        return found
    }
}
