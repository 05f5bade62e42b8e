import Cryptography
import RegoMachine

/// Builtins that show private keys.
extension X509 {
    static func parsePrivateKeys(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = operands[0].bytes
        if text.isEmpty { return .null }
        var values: [Value] = []
        for key in try keys(Array(text), context) {
            values.append(try KeyValues.privateKey(key, context))
        }
        return try .array(values, in: context.arena)
    }

    static func parseRSAPrivateKey(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var bytes = Array(operands[0].bytes)
        if bytes.isEmpty { throw .failed("input PEM data was empty") }
        if !bytes.starts(with: "-----BEGIN".utf8) { bytes = try decoded(bytes) }
        guard let key = try keys(bytes, context).first else { return .null }
        return try KeyValues.jsonWebKey(key, context)
    }

    /// The keys of all blocks that hold one; the text may be base 64 of such a text.
    private static func keys(
        _ text: [UInt8], _ context: BuiltinContext
    ) throws(BuiltinError) -> [Key] {
        try context.charge(1_000 + text.count)
        let bytes = (try? Base64.standard.decode(text, padded: true)) ?? text
        var rest = bytes[...]
        var found: [Key] = []
        while let (block, after) = PEMBlock.first(in: rest) {
            rest = after
            guard isPrivateKey(block.label) else { continue }
            try context.charge(1_000)
            found.append(try key(of: block))
        }
        return found
    }

    private static func isPrivateKey(_ label: String) -> Bool {
        ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY"].contains(label)
    }

    private static func key(of block: PEMBlock) throws(BuiltinError) -> Key {
        do {
            return try Key(privateKey: block.bytes.span)
        } catch {
            throw .failed("x509: failed to parse private key: \(error.text)")
        }
    }

    /// A certificate chain and the key of its first certificate, as Go's `tls.Certificate`.
    static func parseKeyPair(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[0].bytes.count + operands[1].bytes.count)
        let chain = try blocks(operands[0].bytes, "CERTIFICATE") { $0 == "CERTIFICATE" }
        let keys = try blocks(operands[1].bytes, "PRIVATE KEY") {
            $0 == "PRIVATE KEY" || $0.hasSuffix(" PRIVATE KEY")
        }
        guard let first = chain.first else {
            throw .failed("tls: failed to find any PEM data in certificate input")
        }
        guard let block = keys.first else {
            throw .failed("tls: failed to find any PEM data in key input")
        }
        let leaf: Certificate
        let publicKey: Key
        do {
            leaf = try Certificate(first.bytes)
            publicKey = try Key(publicKey: leaf.publicKey.span)
        } catch {
            throw .failed(error.text)
        }
        let privateKey = try key(of: block)
        guard privateKey.hasSamePublicKey(as: publicKey) else {
            throw .failed("tls: private key does not match public key")
        }
        let object = try GoObject(context)
        try object.set("Certificate", list: chain) { (block) throws(BuiltinError) in
            let text = Base64.standard.encode(block.bytes, padded: true)
            return try .string(text, in: context.arena)
        }
        try object.set("PrivateKey", KeyValues.privateKey(privateKey, context))
        try object.setNull(
            "SupportedSignatureAlgorithms", "OCSPStaple", "SignedCertificateTimestamps")
        try object.set("Leaf", X509Values.certificate(leaf, context).value)
        return object.value
    }

    /// Blocks of some labels in PEM, in base 64 of it, or the one of base 64 of DER.
    private static func blocks(
        _ text: Bytes, _ label: String, _ isWanted: (String) -> Bool
    ) throws(BuiltinError) -> [PEMBlock] {
        var bytes = Array(text)
        if !bytes.starts(with: "-----BEGIN ".utf8) { bytes = try decoded(bytes) }
        guard bytes.starts(with: "-----BEGIN ".utf8) else {
            return [PEMBlock(label: label, bytes: bytes)]
        }
        var rest = bytes[...]
        var found: [PEMBlock] = []
        while let (block, after) = PEMBlock.first(in: rest) {
            rest = after
            if isWanted(block.label) { found.append(block) }
        }
        return found
    }
}
