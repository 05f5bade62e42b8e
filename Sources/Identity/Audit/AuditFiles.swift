import Cryptography
import Glibc
public import RegoMachine

/// What the record has outside of the database, in the data folder: its key, and the heads.
public struct AuditFiles: Sendable {
    private let keyPath: String
    private let headsPath: String

    /// Why a file is of no use.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String

        init(_ description: String) { self.description = description }

        static func system(_ act: String) -> Failure {
            Failure("cannot \(act): \(unsafe String(cString: strerror(errno)).lowercased())")
        }
    }

    /// - Parameter folder: It must be there.
    public init(folder: String) {
        keyPath = "\(folder)/audit.key"
        headsPath = "\(folder)/audit.heads"
    }

    /// - Throws: `Failure`, also where there is none yet.
    public func key() throws(Failure) -> AuditKey {
        guard let bytes = try AuditFiles.bytes(keyPath) else {
            throw Failure("there is no key at \(keyPath): `ostiary migrate` makes one")
        }
        var status = stat()
        guard unsafe stat(keyPath, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw Failure("\(keyPath) is open to others: chmod 600 it")
        }
        let text = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
        guard let secret = [UInt8](hexadecimal: text), let key = AuditKey(secret: secret) else {
            throw Failure("\(keyPath) holds no key: 64 hexadecimal digits are wanted")
        }
        return key
    }

    /// The key, made where there is none.
    /// - Throws: `Failure`.
    public func key(making host: Host) throws(Failure) -> AuditKey {
        if unsafe access(keyPath, F_OK) != 0 {
            let secret = host.randomBytes(AuditKey.secretBytes)
            // Another process may make one at the same time: the first is the one that counts.
            try AuditFiles.write(
                Array((secret.hexadecimal + "\n").utf8), to: keyPath, O_CREAT | O_EXCL,
                allowing: EEXIST)
        }
        return try key()
    }

    /// The lines of heads, oldest first; none where there is no file.
    /// - Throws: `Failure`.
    public func heads() throws(Failure) -> [String] {
        let bytes = try AuditFiles.bytes(headsPath) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Adds heads, and returns once they are on the disk.
    /// - Throws: `Failure`.
    public func append(_ heads: [AuditHead], signedWith key: AuditKey) throws(Failure) {
        guard !heads.isEmpty else { return }
        let text = heads.map { $0.line(signedWith: key) + "\n" }.joined()
        try AuditFiles.write(Array(text.utf8), to: headsPath, O_CREAT | O_APPEND)
    }

    // MARK: Files

    /// - Returns: `nil` where there is no file.
    private static func bytes(_ path: String) throws(Failure) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system("read \(path)")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            guard count >= 0 else { throw .system("read \(path)") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    private static func write(
        _ bytes: [UInt8], to path: String, _ flags: Int32, allowing allowed: Int32? = nil
    ) throws(Failure) {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
        guard descriptor >= 0 else {
            if errno == allowed { return }
            throw .system("write \(path)")
        }
        defer { close(descriptor) }
        var start = 0
        while start < bytes.count {
            let rest = bytes[start...]
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw .system("write \(path)") }
            start += count
        }
        guard fsync(descriptor) == 0 else { throw .system("write \(path)") }
    }
}
