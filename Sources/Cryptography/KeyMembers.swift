import COpenSSL

/// The numbers of an RSA key, big endian, as a JWK names them (RFC 7518, section 6.3).
public struct RSAMembers: Sendable, Hashable {
    public var n: [UInt8]
    public var e: [UInt8]
    public var secret: Secret?

    public struct Secret: Sendable, Hashable {
        public var d: [UInt8]
        /// `nil` where only the exponent is known.
        public var factors: Factors?
        public init(d: [UInt8], factors: Factors?) {
            self.d = d
            self.factors = factors
        }
    }

    public struct Factors: Sendable, Hashable {
        public var p, q, dp, dq, qi: [UInt8]
        public init(p: [UInt8], q: [UInt8], dp: [UInt8], dq: [UInt8], qi: [UInt8]) {
            self.p = p
            self.q = q
            self.dp = dp
            self.dq = dq
            self.qi = qi
        }
    }

    public init(n: [UInt8], e: [UInt8], secret: Secret?) {
        self.n = n
        self.e = e
        self.secret = secret
    }
}

/// The numbers of a key on a curve, big endian (RFC 7518, section 6.2).
public struct ECMembers: Sendable, Hashable {
    public var curve: Key.Curve
    public var x: [UInt8]
    public var y: [UInt8]
    public var d: [UInt8]?

    public init(curve: Key.Curve, x: [UInt8], y: [UInt8], d: [UInt8]?) {
        self.curve = curve
        self.x = x
        self.y = y
        self.d = d
    }
}

extension Key {
    /// - Throws: `CryptographyError.malformed` where the numbers make no key.
    public convenience init(_ members: RSAMembers) throws(CryptographyError) {
        let builder = try KeyBuilder("RSA")
        try builder.push("n", members.n)
        try builder.push("e", members.e)
        if let secret = members.secret {
            try builder.push("d", secret.d)
            if let factors = secret.factors {
                try builder.push("rsa-factor1", factors.p)
                try builder.push("rsa-factor2", factors.q)
                try builder.push("rsa-exponent1", factors.dp)
                try builder.push("rsa-exponent2", factors.dq)
                try builder.push("rsa-coefficient1", factors.qi)
            }
        }
        let isPrivate = members.secret != nil
        unsafe self.init(owning: try builder.key(isPrivate: isPrivate), isPrivate: isPrivate)
    }

    /// - Throws: `CryptographyError.malformed` where the numbers make no point on the curve.
    public convenience init(_ members: ECMembers) throws(CryptographyError) {
        let width = members.curve.byteCount
        guard members.x.count <= width, members.y.count <= width else {
            throw .malformed("a coordinate is too long for \(members.curve.rawValue)")
        }
        let builder = try KeyBuilder("EC")
        try builder.push("group", text: members.curve.group)
        // An uncompressed point: SEC 1, section 2.3.3.
        try builder.push(
            "pub", octets: [4] + members.x.padded(to: width) + members.y.padded(to: width))
        if let d = members.d { try builder.push("priv", d) }
        let isPrivate = members.d != nil
        unsafe self.init(owning: try builder.key(isPrivate: isPrivate), isPrivate: isPrivate)
    }

    /// The numbers of an RSA key; `nil` for other kinds.
    public var rsaMembers: RSAMembers? {
        guard kind == .rsa, let n = number("n"), let e = number("e") else { return nil }
        guard isPrivate, let d = number("d") else { return RSAMembers(n: n, e: e, secret: nil) }
        var factors: RSAMembers.Factors?
        if let p = number("rsa-factor1"), let q = number("rsa-factor2"),
            let dp = number("rsa-exponent1"), let dq = number("rsa-exponent2"),
            let qi = number("rsa-coefficient1")
        {
            factors = RSAMembers.Factors(p: p, q: q, dp: dp, dq: dq, qi: qi)
        }
        return RSAMembers(n: n, e: e, secret: .init(d: d, factors: factors))
    }

    /// The numbers of a key on a curve, coordinates in full width; `nil` for other kinds.
    public var ecMembers: ECMembers? {
        guard case .ec(let curve) = kind, let x = number("qx"), let y = number("qy") else {
            return nil
        }
        let width = curve.byteCount
        let d = isPrivate ? number("priv") : nil
        return ECMembers(
            curve: curve, x: x.padded(to: width), y: y.padded(to: width),
            d: d.map { $0.padded(to: width) })
    }

    /// The bytes of an Ed25519 key, the seed where it is private; `nil` for other kinds.
    public var ed25519Members: (publicKey: [UInt8], seed: [UInt8]?)? {
        guard kind == .ed25519 else { return nil }
        var key = [UInt8](repeating: 0, count: 32)
        var length = key.count
        guard unsafe EVP_PKEY_get_raw_public_key(handle, &key, &length) == 1 else { return nil }
        guard isPrivate else { return (key, nil) }
        var seed = [UInt8](repeating: 0, count: 32)
        length = seed.count
        guard unsafe EVP_PKEY_get_raw_private_key(handle, &seed, &length) == 1 else { return nil }
        return (key, seed)
    }

    private func number(_ name: String) -> [UInt8]? {
        var found: OpaquePointer?
        defer {
            unsafe BN_clear_free(found)
            ERR_clear_error()
        }
        guard unsafe EVP_PKEY_get_bn_param(handle, name, &found) == 1 else { return nil }
        let count = unsafe (Int(BN_num_bits(found)) + 7) / 8
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { output, filled in
            filled = unsafe Int(BN_bn2bin(found, output.baseAddress))
        }
    }
}

extension [UInt8] {
    fileprivate func padded(to width: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: Swift.max(0, width - count)) + self
    }
}

/// Named numbers on their way into a key. The library keeps the addresses of names and texts until
/// the key is made, so that names are literals and texts are copied.
@safe private final class KeyBuilder {
    private let type: String
    private let parameters: OpaquePointer
    private var numbers: [OpaquePointer] = unsafe []
    private var copies: [UnsafeMutableRawPointer] = unsafe []

    /// No RSA modulus in use is longer than 16,384 bits.
    static let numberBytesMax = 2_048

    init(_ type: String) throws(CryptographyError) {
        self.type = type
        guard let made = unsafe OSSL_PARAM_BLD_new() else { throw .failed }
        unsafe parameters = unsafe made
    }

    deinit {
        for index in unsafe numbers.indices { unsafe BN_clear_free(numbers[index]) }
        for index in unsafe copies.indices { unsafe copies[index].deallocate() }
        unsafe OSSL_PARAM_BLD_free(parameters)
    }

    func push(_ name: StaticString, _ bytes: [UInt8]) throws(CryptographyError) {
        guard !bytes.isEmpty, bytes.count <= KeyBuilder.numberBytesMax else {
            throw .malformed("a number of \(bytes.count) bytes in a key")
        }
        guard let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil) else { throw .failed }
        unsafe numbers.append(number)
        let status = unsafe OSSL_PARAM_BLD_push_BN(parameters, KeyBuilder.address(name), number)
        guard status == 1 else { throw .failed }
    }

    func push(_ name: StaticString, text: String) throws(CryptographyError) {
        let copy = unsafe copied(Array(text.utf8) + [0])
        let status = unsafe OSSL_PARAM_BLD_push_utf8_string(
            parameters, KeyBuilder.address(name), copy.assumingMemoryBound(to: CChar.self), 0)
        guard status == 1 else { throw .failed }
    }

    func push(_ name: StaticString, octets: [UInt8]) throws(CryptographyError) {
        let status = unsafe OSSL_PARAM_BLD_push_octet_string(
            parameters, KeyBuilder.address(name), copied(octets), octets.count)
        guard status == 1 else { throw .failed }
    }

    /// - Returns: A key that the caller owns.
    @unsafe func key(isPrivate: Bool) throws(CryptographyError) -> OpaquePointer {
        defer { ERR_clear_error() }
        guard let built = unsafe OSSL_PARAM_BLD_to_param(parameters) else { throw .failed }
        defer { unsafe OSSL_PARAM_free(built) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw .failed
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        let selection = isPrivate ? KeyBuilder.keyPair : KeyBuilder.publicKey
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &made, selection, built) == 1,
            let made = unsafe made
        else { throw .malformed("the numbers make no \(type) key") }
        return unsafe made
    }

    // The values of the macros `EVP_PKEY_PUBLIC_KEY` and `EVP_PKEY_KEYPAIR`.
    private static let publicKey =
        OSSL_KEYMGMT_SELECT_ALL_PARAMETERS
        | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
    private static let keyPair = publicKey | OSSL_KEYMGMT_SELECT_PRIVATE_KEY

    @unsafe private func copied(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        unsafe copy.copyMemory(from: bytes, byteCount: bytes.count)
        unsafe copies.append(copy)
        return unsafe copy
    }

    @unsafe private static func address(_ name: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
