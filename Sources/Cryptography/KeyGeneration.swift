import COpenSSL

extension Key {
    /// What a new key pair is for.
    public enum Generation: Sendable, Hashable {
        case ec(Curve)
        case ed25519
        /// Of so many bits, at least 2,048.
        case rsa(bits: Int)
    }

    /// A new key pair. One of RSA takes a good part of a second.
    /// - Throws: `unfitKey` for an RSA modulus that is too short or longer than any in use.
    public convenience init(generating wanted: Generation) throws(CryptographyError) {
        let name =
            switch wanted {
            case .ec: "EC"
            case .ed25519: "ED25519"
            case .rsa: "RSA"
            }
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
            throw .failed
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_keygen_init(context) == 1 else { throw .failed }
        switch wanted {
        case .ec(let curve):
            guard unsafe EVP_PKEY_CTX_set_group_name(context, curve.group) == 1 else {
                throw .failed
            }
        case .ed25519: break
        case .rsa(let bits):
            guard (2_048...16_384).contains(bits) else { throw .unfitKey }
            guard unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1 else {
                throw .failed
            }
        }
        var made: OpaquePointer?
        guard unsafe EVP_PKEY_generate(context, &made) == 1, let made = unsafe made else {
            throw .failed
        }
        unsafe self.init(owning: made, isPrivate: true)
    }

    /// The public key as a `SubjectPublicKeyInfo` (RFC 5280), DER.
    public func publicKeyDER() throws(CryptographyError) -> [UInt8] {
        try unsafe der { unsafe i2d_PUBKEY(handle, $0) }
    }

    /// The key pair, DER, not encrypted: what `init(privateKey:)` reads.
    /// - Throws: `unfitKey` for a public key.
    public func privateKeyDER() throws(CryptographyError) -> [UInt8] {
        guard isPrivate else { throw .unfitKey }
        return try unsafe der { unsafe i2d_PrivateKey(handle, $0) }
    }

    /// - Parameter write: Gives the length, and writes where there is an address.
    private func der(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) throws(CryptographyError) -> [UInt8] {
        defer { ERR_clear_error() }
        let count = write(nil)
        guard count > 0 else { throw .failed }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            var next = buffer.baseAddress
            return unsafe write(&next)
        }
        guard written == count else { throw .failed }
        return bytes
    }
}
