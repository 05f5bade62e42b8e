import COpenSSL

/// A public key, or a key pair. Immutable; parse it once and share it.
@safe public final class Key: @unchecked Sendable {
    /// Invariant: nothing changes the object after `init`; the library counts its users itself.
    let handle: OpaquePointer
    public let kind: Kind
    public let isPrivate: Bool

    public enum Kind: Sendable, Hashable {
        case rsa
        case ec(Curve)
        case ed25519
        /// Of no use for signatures here.
        case other
    }

    /// A curve of FIPS 186.
    public enum Curve: String, Sendable, Hashable, CaseIterable {
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"

        /// Bytes of a coordinate, and of each half of a signature.
        public var byteCount: Int {
            switch self {
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        }

        /// The library's name.
        var group: String {
            switch self {
            case .p256: "prime256v1"
            case .p384: "secp384r1"
            case .p521: "secp521r1"
            }
        }
    }

    /// Takes over the handle.
    init(owning handle: OpaquePointer, isPrivate: Bool) {
        unsafe self.handle = unsafe handle
        self.isPrivate = isPrivate
        kind = unsafe Key.kind(of: handle)
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    @unsafe private static func kind(of handle: OpaquePointer) -> Kind {
        switch unsafe EVP_PKEY_get_base_id(handle) {
        case EVP_PKEY_RSA: return .rsa
        case EVP_PKEY_ED25519: return .ed25519
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            let status = unsafe EVP_PKEY_get_group_name(handle, &name, name.count, &length)
            guard status == 1 else { return .other }
            let text = String(decoding: name[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
            return Curve.allCases.first { $0.group == text }.map(Kind.ec) ?? .other
        default: return .other
        }
    }

    /// A key from a `SubjectPublicKeyInfo` (RFC 5280), DER.
    public convenience init(publicKey der: Span<UInt8>) throws(CryptographyError) {
        let parsed = unsafe der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var next = buffer.baseAddress
            guard let key = unsafe d2i_PUBKEY(nil, &next, buffer.count) else { return nil }
            if unsafe next == buffer.baseAddress.map({ unsafe $0 + buffer.count }) {
                return unsafe key
            }
            unsafe EVP_PKEY_free(key)
            return nil
        }
        ERR_clear_error()
        guard let parsed = unsafe parsed else { throw .malformed("no public key") }
        unsafe self.init(owning: parsed, isPrivate: false)
    }

    /// A key pair from PKCS #8, PKCS #1 or SEC 1, DER, not encrypted.
    public convenience init(privateKey der: Span<UInt8>) throws(CryptographyError) {
        let parsed = unsafe der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var next = buffer.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &next, buffer.count)
        }
        ERR_clear_error()
        guard let parsed = unsafe parsed else { throw .malformed("no private key") }
        unsafe self.init(owning: parsed, isPrivate: true)
    }

    /// An Ed25519 key pair from its 32 bytes of seed, or a public key from its 32 bytes.
    public convenience init(
        ed25519 bytes: Span<UInt8>, isPrivate: Bool
    ) throws(CryptographyError) {
        let made = unsafe bytes.withUnsafeBufferPointer { buffer in
            isPrivate
                ? unsafe EVP_PKEY_new_raw_private_key(
                    EVP_PKEY_ED25519, nil, buffer.baseAddress, buffer.count)
                : unsafe EVP_PKEY_new_raw_public_key(
                    EVP_PKEY_ED25519, nil, buffer.baseAddress, buffer.count)
        }
        ERR_clear_error()
        guard let made = unsafe made else { throw .malformed("no Ed25519 key") }
        unsafe self.init(owning: made, isPrivate: isPrivate)
    }

    /// Whether both hold the same public key.
    public func hasSamePublicKey(as other: Key) -> Bool {
        defer { ERR_clear_error() }
        return unsafe EVP_PKEY_eq(handle, other.handle) == 1
    }
}
