import Glibc

/// The folder of one node's files, held by one process at a time.
@safe final class DataFolder: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the folder where it is missing, for its owner alone.
    /// - Throws: `StorageFailure.invalid` where it cannot be had, or another process has it.
    init(_ path: String) throws(StorageFailure) {
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            throw DataFolder.failure("make the data folder `\(path)`")
        }
        // One that was there before may be open to others.
        guard unsafe chmod(path, 0o700) == 0 else {
            throw DataFolder.failure("close the data folder `\(path)` to others")
        }
        let lock = unsafe open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw DataFolder.failure("lock the data folder `\(path)`") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .invalid("another process uses the data folder `\(path)`")
        }
        self.path = path
        self.lock = lock
    }

    /// The lock ends with its descriptor.
    deinit { close(lock) }

    private static func failure(_ act: String) -> StorageFailure {
        .invalid("cannot \(act): \(unsafe String(cString: strerror(errno)).lowercased())")
    }
}
