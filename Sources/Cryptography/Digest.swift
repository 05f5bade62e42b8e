import COpenSSL

/// A digest of FIPS 180-4, or one of its elders.
public enum DigestAlgorithm: Sendable, Hashable {
    /// Broken; for checksums and old protocols.
    case md5
    /// Broken; for checksums and old protocols.
    case sha1
    case sha224, sha256, sha384, sha512
    /// SHA-512 from other initial values, cut to so many bits.
    case sha512_224, sha512_256

    public static let byteCountMax = 64

    public var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha224, .sha512_224: 28
        case .sha256, .sha512_256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of a message: `byteCount` bytes.
    public func digest(_ message: Span<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, filled in
            unsafe write(message, to: output)
            filled = byteCount
        }
    }

    /// Writes the digest of a message into a buffer of at least `byteCount` bytes.
    @unsafe func write(_ message: Span<UInt8>, to output: UnsafeMutableBufferPointer<UInt8>) {
        precondition(output.count >= byteCount, "too little room for a digest")
        let status = unsafe message.withUnsafeBufferPointer { message in
            unsafe EVP_Digest(
                message.baseAddress, message.count, output.baseAddress, nil, fetched, nil)
        }
        precondition(status == 1, "a digest failed")
    }

    var name: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha224: "SHA224"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        case .sha512_224: "SHA512-224"
        case .sha512_256: "SHA512-256"
        }
    }

    /// The library's implementation, looked up once a process: the look-up costs as much as the
    /// digest of a short message.
    var fetched: OpaquePointer {
        let found =
            switch self {
            case .md5: Fetched.md5
            case .sha1: Fetched.sha1
            case .sha224: Fetched.sha224
            case .sha256: Fetched.sha256
            case .sha384: Fetched.sha384
            case .sha512: Fetched.sha512
            case .sha512_224: Fetched.sha512_224
            case .sha512_256: Fetched.sha512_256
            }
        return unsafe found.pointer
    }
}

/// Objects of the library that live as long as the process and never change.
@safe private struct Fetched: @unchecked Sendable {
    let pointer: OpaquePointer

    static let md5 = Fetched(.md5)
    static let sha1 = Fetched(.sha1)
    static let sha224 = Fetched(.sha224)
    static let sha256 = Fetched(.sha256)
    static let sha384 = Fetched(.sha384)
    static let sha512 = Fetched(.sha512)
    static let sha512_224 = Fetched(.sha512_224)
    static let sha512_256 = Fetched(.sha512_256)

    private init(_ algorithm: DigestAlgorithm) {
        guard let found = unsafe EVP_MD_fetch(nil, algorithm.name, nil) else {
            preconditionFailure("the library lacks the digest \(algorithm.name)")
        }
        unsafe pointer = unsafe found
    }
}
