import COpenSSL

/// HMAC (RFC 2104) with one key. Keeps the key's state between messages, so that a short message
/// costs little more than its digests. One thread at a time.
@safe public final class Authenticator {
    private let context: OpaquePointer
    public let algorithm: DigestAlgorithm

    /// - Parameter key: Any length, empty included.
    public init(key: Span<UInt8>, _ algorithm: DigestAlgorithm) throws(CryptographyError) {
        guard let context = unsafe EVP_MAC_CTX_new(FetchedHMAC.only.pointer) else { throw .failed }
        unsafe self.context = unsafe context
        self.algorithm = algorithm
        guard unsafe Authenticator.start(context, key, algorithm) else { throw .failed }
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    @unsafe private static func start(
        _ context: OpaquePointer, _ key: Span<UInt8>, _ algorithm: DigestAlgorithm
    ) -> Bool {
        var name = Array(algorithm.name.utf8CString)
        // The parameter keeps the address of its key, which a `String` would only lend.
        let parameter: StaticString = "digest"
        let digestKey = unsafe UnsafeRawPointer(parameter.utf8Start)
            .assumingMemoryBound(to: CChar.self)
        return unsafe name.withUnsafeMutableBufferPointer { name in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(digestKey, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe key.withUnsafeBufferPointer { key in
                // A null key means the key of before, so an empty one needs an address.
                var nothing: UInt8 = 0
                return unsafe withUnsafePointer(to: &nothing) { nothing in
                    unsafe EVP_MAC_init(
                        context, key.baseAddress ?? nothing, key.count, parameters) == 1
                }
            }
        }
    }

    /// The code of a message: as many bytes as the digest has.
    public func code(_ message: Span<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { output, filled in
            unsafe write(message, to: output)
            filled = algorithm.byteCount
        }
    }

    /// Whether `candidate` is the message's code, in constant time and without allocating.
    public func isCode(_ candidate: Span<UInt8>, of message: Span<UInt8>) -> Bool {
        guard candidate.count == algorithm.byteCount else { return false }
        return unsafe withUnsafeTemporaryAllocation(
            of: UInt8.self, capacity: DigestAlgorithm.byteCountMax
        ) { output in
            unsafe write(message, to: output)
            let code = unsafe Span(_unsafeElements: output).extracting(first: algorithm.byteCount)
            return areEqualInConstantTime(code, candidate)
        }
    }

    @unsafe private func write(
        _ message: Span<UInt8>, to output: UnsafeMutableBufferPointer<UInt8>
    ) {
        var written = 0
        let isDone = unsafe message.withUnsafeBufferPointer { message in
            unsafe EVP_MAC_init(context, nil, 0, nil) == 1
                && EVP_MAC_update(context, message.baseAddress, message.count) == 1
                && EVP_MAC_final(context, output.baseAddress, &written, output.count) == 1
        }
        precondition(isDone && written == algorithm.byteCount, "an authentication code failed")
    }
}

/// The library's implementation, which lives as long as the process and never changes: looking it
/// up costs as much as the code of a short message.
@safe private struct FetchedHMAC: @unchecked Sendable {
    let pointer: OpaquePointer

    static let only = FetchedHMAC()

    private init() {
        guard let found = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else {
            preconditionFailure("the library lacks HMAC")
        }
        unsafe pointer = unsafe found
    }
}
