import Cryptography
import Glibc

/// What `opa` once made of a source, by the digest of all that it was made from.
///
/// A cache that cannot be read or written is none.
struct BuildCache {
    private let path: String?

    init(key: [UInt8]) {
        guard let folder = Self.folder else {
            path = nil
            return
        }
        path = folder + "/" + DigestAlgorithm.sha256.digest(key.span).hexadecimal + ".tar.gz"
    }

    private static var folder: String? {
        let cache =
            unsafe getenv("XDG_CACHE_HOME").map { unsafe String(cString: $0) }
            ?? getenv("HOME").map { unsafe String(cString: $0) + "/.cache" }
        guard let cache, cache.hasPrefix("/") else { return nil }
        for folder in [cache, cache + "/ostiary", cache + "/ostiary/wasm"] {
            unsafe mkdir(folder, 0o700)
        }
        return cache + "/ostiary/wasm"
    }

    func read() -> [UInt8]? {
        guard let path, unsafe access(path, R_OK) == 0 else { return nil }
        return try? Standard.read(path)
    }

    func write(_ bytes: [UInt8]) {
        if let path { try? Standard.write(bytes, to: path) }
    }
}
