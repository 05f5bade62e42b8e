import Cryptography
import RegoMachine

/// Certificates and requests as Go's encoder writes them, which is what OPA shows.
/// - Source: Go, `crypto/x509`, `Certificate` and `CertificateRequest`; RFC 5280.
enum X509Values {
    static func certificate(
        _ certificate: Certificate, _ context: BuiltinContext
    ) throws(BuiltinError) -> GoObject {
        let object = try GoObject(context)
        try object.set("Raw", bytes: certificate.bytes)
        try object.set("RawTBSCertificate", bytes: certificate.signedPart)
        try object.set("RawIssuer", bytes: certificate.issuer.bytes)
        try object.set("Version", certificate.version)
        try object.set(
            "SerialNumber", digits: decimalText(certificate.serialNumber, isSigned: true))
        try object.set("Issuer", name(certificate.issuer, context))
        try object.set("NotBefore", certificate.notBefore.text)
        try object.set("NotAfter", certificate.notAfter.text)
        try setShared(
            object, subject: certificate.subject, publicKey: certificate.publicKey,
            algorithm: certificate.signatureAlgorithm, signature: certificate.signature,
            extensions: certificate.extensions, context)
        try CertificateExtensions(certificate.extensions).set(on: object, context)
        return object
    }

    static func request(
        _ request: CertificateRequest, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let object = try GoObject(context)
        try object.set("Raw", bytes: request.bytes)
        try object.set("RawTBSCertificateRequest", bytes: request.signedPart)
        try object.set("Version", request.version)
        try setShared(
            object, subject: request.subject, publicKey: request.publicKey,
            algorithm: request.signatureAlgorithm, signature: request.signature,
            extensions: request.extensions, context)
        let names = CertificateExtensions(request.extensions)
        try object.set("Attributes", .null)
        try names.setNames(on: object, context)
        return object.value
    }

    private static func setShared(
        _ object: GoObject, subject: DistinguishedName, publicKey: [UInt8],
        algorithm: AlgorithmIdentifier, signature: ArraySlice<UInt8>,
        extensions: [Certificate.Extension], _ context: BuiltinContext
    ) throws(BuiltinError) {
        try object.set("RawSubject", bytes: subject.bytes)
        try object.set("RawSubjectPublicKeyInfo", bytes: publicKey)
        try object.set("Subject", name(subject, context))
        try object.set("Signature", bytes: signature)
        try object.set("SignatureAlgorithm", SignatureNumbers.number(of: algorithm))
        let key = try? Key(publicKey: publicKey.span)
        try object.set("PublicKeyAlgorithm", key.map(KeyValues.algorithmNumber) ?? 0)
        var shown = Value.null
        if let key { shown = try KeyValues.publicKey(key, context) }
        try object.set("PublicKey", shown)
        try object.set("Extensions", list: extensions) { (found) throws(BuiltinError) in
            let field = try GoObject(context)
            try field.set("Id", GoObject.identifier(found.identifier, context))
            try field.set("Critical", found.isCritical)
            try field.set("Value", bytes: found.value)
            return field.value
        }
        try object.set("ExtraExtensions", .null)
    }

    /// Attributes that Go has a field for, by the last number of their identifier in X.520.
    private static let lists = [
        (6, "Country"), (10, "Organization"), (11, "OrganizationalUnit"), (7, "Locality"),
        (8, "Province"), (9, "StreetAddress"), (17, "PostalCode"),
    ]

    private static func name(
        _ name: DistinguishedName, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        func values(_ last: Int) -> [String] {
            name.attributes.filter { $0.type == [2, 5, 4, last] }.map(\.value)
        }
        let object = try GoObject(context)
        for (last, field) in lists { try object.set(field, texts: values(last)) }
        try object.set("SerialNumber", values(5).last ?? "")
        try object.set("CommonName", values(3).last ?? "")
        try object.set("Names", list: name.attributes) { (attribute) throws(BuiltinError) in
            let field = try GoObject(context)
            try field.set("Type", GoObject.identifier(attribute.type, context))
            try field.set("Value", attribute.value)
            return field.value
        }
        try object.set("ExtraNames", .null)
        return object.value
    }
}

/// Go's numbers of signature algorithms.
/// - Source: Go, `crypto/x509`, `SignatureAlgorithm`.
private enum SignatureNumbers {
    static func number(of algorithm: AlgorithmIdentifier) -> Int {
        if algorithm.identifier == [1, 2, 840, 113549, 1, 1, 10] { return pss(algorithm) }
        return numbers.first { $0.identifier == algorithm.identifier }?.number ?? 0
    }

    private static let numbers: [(identifier: [Int], number: Int)] = [
        ([1, 2, 840, 113549, 1, 1, 2], 1), ([1, 2, 840, 113549, 1, 1, 4], 2),
        ([1, 2, 840, 113549, 1, 1, 5], 3), ([1, 3, 14, 3, 2, 29], 3),
        ([1, 2, 840, 113549, 1, 1, 11], 4), ([1, 2, 840, 113549, 1, 1, 12], 5),
        ([1, 2, 840, 113549, 1, 1, 13], 6), ([1, 2, 840, 10040, 4, 3], 7),
        ([2, 16, 840, 1, 101, 3, 4, 3, 2], 8), ([1, 2, 840, 10045, 4, 1], 9),
        ([1, 2, 840, 10045, 4, 3, 2], 10), ([1, 2, 840, 10045, 4, 3, 3], 11),
        ([1, 2, 840, 10045, 4, 3, 4], 12), ([1, 3, 101, 112], 16),
    ]

    /// RSA-PSS names its digest in the parameters (RFC 4055, section 3.1).
    private static func pss(_ algorithm: AlgorithmIdentifier) -> Int {
        var reader = DER(algorithm.parameters)
        guard var parameters = try? reader.sequence(),
            var digest = try? parameters.optional(DER.Tag.context(0, isConstructed: true))?.reader,
            let identifier = try? AlgorithmIdentifier(&digest).identifier
        else { return 0 }
        switch identifier {
        case [2, 16, 840, 1, 101, 3, 4, 2, 1]: return 13
        case [2, 16, 840, 1, 101, 3, 4, 2, 2]: return 14
        case [2, 16, 840, 1, 101, 3, 4, 2, 3]: return 15
        default: return 0
        }
    }
}
