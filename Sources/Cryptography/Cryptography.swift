/// Digests, message authentication codes, signatures and certificates, by OpenSSL.
///
/// The only room that imports OpenSSL, and it shows none of it: bytes go in as spans, bytes and
/// small structs come out. Keys are parsed once and shared by any number of threads; what holds a
/// running computation (`Authenticator`, `Verifier`) belongs to one thread at a time. Nothing here
/// reads a file, a clock or the environment. JSON is not read here: whoever has a JWK hands over
/// its decoded members.
public enum CryptographyError: Error, Sendable, Hashable {
    /// What was read is no certificate, key and so on; the message says what is wrong with it.
    case malformed(String)
    /// It is well formed and of a kind that is not supported.
    case unsupported(String)
    /// A key does not fit what is asked of it.
    case unfitKey
    /// The library refused.
    case failed
}

/// Whether two texts are equal, in a time that tells nothing but their lengths.
public func areEqualInConstantTime(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
}
