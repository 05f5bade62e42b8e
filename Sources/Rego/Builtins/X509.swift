import Cryptography
package import RegoMachine

extension Builtin {
    package static let x509: [Builtin] = [
        Builtin(
            "crypto.parse_private_keys", [.string], .array(of: .object(.string, .any)),
            run: X509.parsePrivateKeys),
        Builtin(
            "crypto.x509.parse_and_verify_certificates", [.string],
            .array([.boolean, .array(of: .object(.string, .any))], rest: nil),
            run: X509.parseAndVerify),
        Builtin(
            "crypto.x509.parse_and_verify_certificates_with_options",
            [.string, .object(.string, .any)],
            .array([.boolean, .array(of: .object(.string, .any))], rest: nil),
            run: X509.parseAndVerifyWithOptions),
        Builtin(
            "crypto.x509.parse_certificate_request", [.string], .object(.string, .any),
            run: X509.parseRequest),
        Builtin(
            "crypto.x509.parse_certificates", [.string], .array(of: .object(.string, .any)),
            run: X509.parseCertificates),
        Builtin(
            "crypto.x509.parse_keypair", [.string, .string], .object(.string, .any),
            run: X509.parseKeyPair),
        Builtin(
            "crypto.x509.parse_rsa_private_key", [.string], .object(.string, .any),
            run: X509.parseRSAPrivateKey),
    ]
}

/// Certificates and keys as texts: PEM, or base 64 of PEM or DER.
enum X509 {
    static func parseCertificates(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try values(of: certificates(operands[0].bytes, context), context)
    }

    static func parseAndVerify(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let found = try? certificates(operands[0].bytes, context)
        let seconds = Int(context.timeOfQuery() / 1_000_000_000)
        return try verified(found, ChainDemands(time: seconds), context)
    }

    static func parseAndVerifyWithOptions(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let found = try? certificates(operands[0].bytes, context)
        guard let found else { return try verified(nil, ChainDemands(time: 0), context) }
        return try verified(found, demands(operands[1], context), context)
    }

    /// The first certificate is the root, the last the leaf.
    private static func verified(
        _ certificates: [Certificate]?, _ demands: ChainDemands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var chain: [Certificate]?
        if let certificates, certificates.count > 1, let leaf = certificates.last {
            try context.charge(10_000 * certificates.count)
            let between = Array(certificates.dropFirst().dropLast())
            chain = try? leaf.chain(to: certificates[0], through: between, demands)
        }
        return try .array(
            [.boolean(chain != nil), values(of: chain ?? [], context)], in: context.arena)
    }

    private static func values(
        of certificates: [Certificate], _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var values: [Value] = []
        for certificate in certificates {
            values.append(try X509Values.certificate(certificate, context).value)
        }
        return try .array(values, in: context.arena)
    }

    private static let begin = Array("-----BEGIN".utf8)

    private static func certificates(
        _ text: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> [Certificate] {
        try context.charge(text.count)
        var bytes = Array(text)
        if !bytes.starts(with: begin) { bytes = try decoded(bytes) }
        if bytes.starts(with: begin) { bytes = try blocks(bytes) }
        do {
            return try Certificate.all(in: bytes)
        } catch {
            throw .failed(error.text)
        }
    }

    /// The bytes of all blocks, which must be certificates.
    private static func blocks(_ text: [UInt8]) throws(BuiltinError) -> [UInt8] {
        var rest = text[...]
        var bytes: [UInt8] = []
        while let (block, after) = PEMBlock.first(in: rest) {
            guard block.label == "CERTIFICATE" else {
                throw .failed("PEM block type is '\(block.label)', expected CERTIFICATE")
            }
            bytes += block.bytes
            rest = after
        }
        return bytes
    }

    static func decoded(_ text: [UInt8]) throws(BuiltinError) -> [UInt8] {
        do {
            return try Base64.standard.decode(text, padded: true)
        } catch {
            throw .failed("illegal base64 data at input byte \(error.offset)")
        }
    }

    static func parseRequest(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].bytes.count)
        var bytes = Array(operands[0].bytes)
        if !bytes.starts(with: "-----BEGIN CERTIFICATE REQUEST-----".utf8) {
            bytes = try decoded(bytes)
        }
        if let (block, _) = PEMBlock.first(in: bytes[...]) {
            guard block.label == "CERTIFICATE REQUEST" else {
                throw .failed("invalid PEM-encoded certificate signing request")
            }
            bytes = block.bytes
        }
        let request: CertificateRequest
        do {
            request = try CertificateRequest(bytes)
        } catch {
            throw .failed(error.text)
        }
        return try X509Values.request(request, context)
    }
}

extension X509 {
    /// - Source: OPA, `crypto.x509.parse_and_verify_certificates_with_options`.
    private static func demands(
        _ options: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> ChainDemands {
        var demands = ChainDemands(time: Int(context.timeOfQuery() / 1_000_000_000))
        for (key, value) in options.entries where key.kind == .string {
            switch key.bytes.string {
            case "DNSName":
                guard let host = value.string else {
                    throw .failed("'DNSName' should be a string")
                }
                demands.host = host
            case "CurrentTime":
                guard value.isNumber else { throw .failed("'CurrentTime' should be a number") }
                guard let nanoseconds = value.index else {
                    throw .failed("'CurrentTime' should be a valid int64 number")
                }
                demands.time = Int(nanoseconds / 1_000_000_000)
            case "MaxConstraintComparisons":
                guard value.isNumber else {
                    throw .failed("'MaxConstraintComparisons' should be a number")
                }
            case "KeyUsages": demands.usages = try usages(value)
            default: throw .failed("invalid key option")
            }
        }
        return demands
    }

    private static func usages(_ value: Value) throws(BuiltinError) -> [ExtendedKeyUsage] {
        guard value.kind == .array || value.kind == .set else {
            throw .failed("'KeyUsages' should be an Array or Set")
        }
        var found: [ExtendedKeyUsage] = []
        var unknown: [String] = []
        for member in value.kind == .set ? value.members : value.elements {
            guard let name = member.string else { continue }
            if let position = usageNames.firstIndex(of: name),
                let usage = ExtendedKeyUsage(rawValue: position)
            {
                found.append(usage)
            } else {
                unknown.append(name)
            }
        }
        guard unknown.isEmpty else {
            let names = unknown.joined(separator: " ")
            throw .failed("invalid entries for 'KeyUsages' found: [\(names)]")
        }
        // None named: a server's, as where there is no option.
        return found.isEmpty ? [.serverAuth] : found
    }

    /// In the order of `ExtendedKeyUsage`.
    private static let usageNames = [
        "KeyUsageAny", "KeyUsageServerAuth", "KeyUsageClientAuth", "KeyUsageCodeSigning",
        "KeyUsageEmailProtection", "KeyUsageIPSECEndSystem", "KeyUsageIPSECTunnel",
        "KeyUsageIPSECUser", "KeyUsageTimeStamping", "KeyUsageOCSPSigning",
        "KeyUsageMicrosoftServerGatedCrypto", "KeyUsageNetscapeServerGatedCrypto",
        "KeyUsageMicrosoftCommercialCodeSigning", "KeyUsageMicrosoftKernelCodeSigning",
    ]
}
