import CZlib

/// gzip, bounded: a small body may not become a large one unnoticed.
enum Compression {
    enum Failure: Error {
        case malformed
        /// More than `bytesMax` when expanded.
        case tooLarge
    }

    /// Answers shorter than this are sent as they are: OPA's `server.encoding.gzip.min_length`.
    static let answerBytesMin = 1_024

    /// 15 bits of window, and 16 for the gzip format instead of zlib's own.
    private static let gzipWindowBits: Int32 = 15 + 16
    private static let chunkBytes = 64 << 10

    /// The content of one or more gzip members.
    static func expanded(_ bytes: [UInt8], bytesMax: Int) throws(Failure) -> [UInt8] {
        var stream = unsafe z_stream()
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(&stream, gzipWindowBits, ZLIB_VERSION, size) == Z_OK else {
            throw .malformed
        }
        defer { _ = unsafe inflateEnd(&stream) }
        let result = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.avail_in = UInt32(input.count)
            return unsafe expand(&stream, bytesMax)
        }
        return try result.get()
    }

    private static func expand(
        _ stream: inout z_stream, _ bytesMax: Int
    ) -> Result<[UInt8], Failure> {
        var output: [UInt8] = []
        while true {
            var status = Z_OK
            let chunk = unsafe run(&stream) { stream in
                unsafe status = inflate(&stream, Z_NO_FLUSH)
            }
            output += chunk
            if output.count > bytesMax { return .failure(.tooLarge) }
            switch status {
            case Z_OK: continue
            case Z_STREAM_END:
                if unsafe stream.avail_in == 0 { return .success(output) }
                guard unsafe inflateReset(&stream) == Z_OK else { return .failure(.malformed) }
            default: return .failure(.malformed)
            }
        }
    }

    /// The bytes as one gzip member, or `nil` where zlib has no memory.
    static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let status = unsafe deflateInit2_(
            &stream, Z_BEST_SPEED, Z_DEFLATED, gzipWindowBits, 8, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, size)
        guard status == Z_OK else { return nil }
        defer { _ = unsafe deflateEnd(&stream) }
        return unsafe bytes.withUnsafeBufferPointer { input -> [UInt8]? in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.avail_in = UInt32(input.count)
            var output: [UInt8] = []
            while true {
                var status = Z_OK
                output += unsafe run(&stream) { stream in
                    unsafe status = deflate(&stream, Z_FINISH)
                }
                if status == Z_STREAM_END { return output }
                guard status == Z_OK || status == Z_BUF_ERROR else { return nil }
            }
        }
    }

    /// One step of zlib, and what it wrote.
    private static func run(
        _ stream: inout z_stream, _ step: (inout z_stream) -> Void
    ) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: chunkBytes) { into, count in
            unsafe stream.next_out = into.baseAddress
            unsafe stream.avail_out = UInt32(chunkBytes)
            unsafe step(&stream)
            count = unsafe chunkBytes - Int(stream.avail_out)
        }
    }
}
