import COpenSSL

/// Checks signatures of one algorithm with one key. Keeps the library's set-up between messages.
/// One thread at a time.
@safe public final class Verifier {
    public let algorithm: SignatureAlgorithm
    private let key: Key
    /// `nil` for Ed25519, which has no step between digest and signature.
    private let context: OpaquePointer?

    /// - Throws: `CryptographyError.unfitKey` where the algorithm demands another kind of key.
    public init(key: Key, algorithm: SignatureAlgorithm) throws(CryptographyError) {
        guard algorithm.fits(key.kind) else { throw .unfitKey }
        self.algorithm = algorithm
        self.key = key
        guard let digest = algorithm.digest else {
            unsafe context = nil
            return
        }
        guard let context = unsafe EVP_PKEY_CTX_new(key.handle, nil) else { throw .failed }
        unsafe self.context = unsafe context
        guard unsafe EVP_PKEY_verify_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_signature_md(context, digest.fetched) == 1,
            unsafe setPadding(context, algorithm, saltLength: RSA_PSS_SALTLEN_AUTO)
        else { throw .failed }
    }

    deinit { unsafe EVP_PKEY_CTX_free(context) }

    /// Whether `signature`, in the form of JWS (RFC 7518), is one of the message.
    public func isSignature(_ signature: Span<UInt8>, of message: Span<UInt8>) -> Bool {
        defer { ERR_clear_error() }
        guard case .ec(let curve) = key.kind else { return isPlainSignature(signature, message) }
        guard let der = ECSignature.der(signature, curve) else { return false }
        return isPlainSignature(der.span, message)
    }

    private func isPlainSignature(_ signature: Span<UInt8>, _ message: Span<UInt8>) -> Bool {
        guard let digest = algorithm.digest, let context = unsafe context else {
            return isEdwardsSignature(signature, message)
        }
        return unsafe withUnsafeTemporaryAllocation(
            of: UInt8.self, capacity: DigestAlgorithm.byteCountMax
        ) { hashed in
            unsafe digest.write(message, to: hashed)
            return unsafe signature.withUnsafeBufferPointer { signature in
                unsafe EVP_PKEY_verify(
                    context, signature.baseAddress, signature.count, hashed.baseAddress,
                    digest.byteCount) == 1
            }
        }
    }

    private func isEdwardsSignature(_ signature: Span<UInt8>, _ message: Span<UInt8>) -> Bool {
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key.handle) == 1 else {
            return false
        }
        return unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    context, signature.baseAddress, signature.count, message.baseAddress,
                    message.count) == 1
            }
        }
    }
}

/// RSA's padding; nothing to do for other families.
@unsafe private func setPadding(
    _ context: OpaquePointer, _ algorithm: SignatureAlgorithm, saltLength: Int32
) -> Bool {
    switch algorithm.family {
    case .rsaPKCS1:
        return unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
    case .rsaPSS:
        guard unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 else {
            return false
        }
        return unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(context, saltLength) == 1
    case .ecdsa, .eddsa, .hmac: return true
    }
}

extension Key {
    /// The signature of a message in the form of JWS (RFC 7518).
    /// - Throws: `CryptographyError.unfitKey` for a key of another kind, or a public one.
    public func signature(
        of message: Span<UInt8>, _ algorithm: SignatureAlgorithm
    ) throws(CryptographyError) -> [UInt8] {
        guard isPrivate, algorithm.fits(kind) else { throw .unfitKey }
        defer { ERR_clear_error() }
        guard let digest = algorithm.digest else { return try edwardsSignature(of: message) }
        guard let context = unsafe EVP_PKEY_CTX_new(handle, nil) else { throw .failed }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_sign_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_signature_md(context, digest.fetched) == 1,
            unsafe setPadding(context, algorithm, saltLength: RSA_PSS_SALTLEN_DIGEST)
        else { throw .failed }
        let hashed = digest.digest(message)
        var length = unsafe Int(EVP_PKEY_get_size(handle))
        var signature = [UInt8](repeating: 0, count: length)
        guard unsafe EVP_PKEY_sign(context, &signature, &length, hashed, hashed.count) == 1 else {
            throw .failed
        }
        signature.removeSubrange(length...)
        guard case .ec(let curve) = kind else { return signature }
        guard let plain = ECSignature.plain(signature, curve) else { throw .failed }
        return plain
    }

    private func edwardsSignature(
        of message: Span<UInt8>
    ) throws(CryptographyError) -> [UInt8] {
        guard let context = unsafe EVP_MD_CTX_new() else { throw .failed }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, handle) == 1 else {
            throw .failed
        }
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        let status = unsafe message.withUnsafeBufferPointer { message in
            unsafe EVP_DigestSign(
                context, &signature, &length, message.baseAddress, message.count)
        }
        guard status == 1, length == 64 else { throw .failed }
        return signature
    }
}

/// An ECDSA signature: two integers in DER for the library, two numbers of fixed width in JWS.
/// - Source: RFC 7518, section 3.4.
private enum ECSignature {
    static func der(_ plain: Span<UInt8>, _ curve: Key.Curve) -> [UInt8]? {
        let width = curve.byteCount
        guard plain.count == 2 * width else { return nil }
        var body: [UInt8] = []
        body.reserveCapacity(2 * width + 8)
        appendInteger(plain.extracting(0..<width), to: &body)
        appendInteger(plain.extracting(width..<2 * width), to: &body)
        return [0x30] + (body.count < 128 ? [] : [0x81]) + [UInt8(body.count)] + body
    }

    private static func appendInteger(_ number: Span<UInt8>, to body: inout [UInt8]) {
        var start = 0
        while start < number.count - 1 && number[start] == 0 { start += 1 }
        let isHigh = number[start] & 0x80 != 0
        body.append(2)
        body.append(UInt8(number.count - start + (isHigh ? 1 : 0)))
        if isHigh { body.append(0) }
        for index in start..<number.count { body.append(number[index]) }
    }

    static func plain(_ der: [UInt8], _ curve: Key.Curve) -> [UInt8]? {
        var reader = DER(der[...])
        guard var pair = try? reader.sequence(), let r = try? pair.integer(),
            let s = try? pair.integer()
        else { return nil }
        let width = curve.byteCount
        guard let left = fixed(r, width), let right = fixed(s, width) else { return nil }
        return left + right
    }

    private static func fixed(_ number: ArraySlice<UInt8>, _ width: Int) -> [UInt8]? {
        let digits = number.drop { $0 == 0 }
        guard digits.count <= width else { return nil }
        return [UInt8](repeating: 0, count: width - digits.count) + digits
    }
}
