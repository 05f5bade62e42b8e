import Glibc

/// Why a file of the data folder is of no use.
public struct DataFileFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    static func system(_ act: String) -> DataFileFailure {
        DataFileFailure("cannot \(act): \(unsafe String(cString: strerror(errno)).lowercased())")
    }
}

/// A file of the data folder, which nobody else may read. What is written is on the disk when the
/// call returns.
struct DataFile {
    let path: String

    init(_ path: String) { self.path = path }

    /// - Returns: `nil` where there is no file.
    func bytes() throws(DataFileFailure) -> [UInt8]? {
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

    /// The same of a file that must be closed to others.
    func secretBytes() throws(DataFileFailure) -> [UInt8]? {
        guard let bytes = try bytes() else { return nil }
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw DataFileFailure("\(path) is open to others: chmod 600 it")
        }
        return bytes
    }

    /// Makes the file, unless it is there: another process may make one at the same time, and the
    /// first is the one that counts. Whoever finds it finds all of it.
    func make(_ bytes: [UInt8]) throws(DataFileFailure) {
        if unsafe access(path, F_OK) == 0 { return }
        let draft = DataFile("\(path).\(UInt64.random(in: 0...UInt64.max))")
        defer { unsafe unlink(draft.path) }
        try draft.write(bytes, O_CREAT | O_EXCL)
        guard unsafe link(draft.path, path) == 0 || errno == EEXIST else {
            throw .system("write \(path)")
        }
    }

    func append(_ bytes: [UInt8]) throws(DataFileFailure) {
        try write(bytes, O_CREAT | O_APPEND)
    }

    private func write(_ bytes: [UInt8], _ flags: Int32) throws(DataFileFailure) {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
        guard descriptor >= 0 else { throw .system("write \(path)") }
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
