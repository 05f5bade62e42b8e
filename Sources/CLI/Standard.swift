import Glibc

/// Standard input, output and error, and whole files, through the C library: Foundation costs more
/// at start than most evaluations take.
enum Standard {
    /// The contents of a file, or of standard input for `-`.
    static func read(_ path: String) throws(Problems) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var room = max(expectedBytes(descriptor) + 1, 64 << 10)
        while true {
            bytes.reserveCapacity(bytes.count + room)
            var got = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: room) { into, count in
                repeat {
                    unsafe got = Glibc.read(descriptor, into.baseAddress, room)
                } while got < 0 && errno == EINTR
                count = max(got, 0)
            }
            if got < 0 { throw failure("read", path) }
            if got == 0 { return bytes }
            bytes = bytes.isEmpty ? chunk : bytes + chunk
            room = 1 << 20
        }
    }

    private static func expectedBytes(_ descriptor: Int32) -> Int {
        var found = stat()
        guard unsafe fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            return 0
        }
        return Int(found.st_size)
    }

    private static func failure(_ call: String, _ path: String) -> Problems {
        let reason = unsafe String(cString: strerror(errno))
        return Problems(
            clause: "\(call) \(path): \(reason.prefix(1).lowercased())\(reason.dropFirst())")
    }

    /// Writes a file whole, or leaves what was there.
    static func write(_ bytes: [UInt8], to path: String) throws(Problems) {
        let draft = path + ".partial-\(getpid())"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let descriptor = unsafe open(draft, flags, 0o644)
        guard descriptor >= 0 else { throw failure("create", path) }
        var isWritten = true
        unsafe bytes.withUnsafeBytes { buffer in
            var rest = unsafe buffer[...]
            while unsafe !rest.isEmpty, isWritten {
                let written = unsafe Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                isWritten = written > 0
                if isWritten { unsafe rest = unsafe rest.dropFirst(written) }
            }
        }
        isWritten = fsync(descriptor) == 0 && isWritten
        isWritten = close(descriptor) == 0 && isWritten
        guard isWritten, unsafe rename(draft, path) == 0 else {
            let problem = failure("write", path)
            unsafe unlink(draft)
            throw problem
        }
    }

    static func output(_ bytes: [UInt8]) {
        write(bytes, to: STDOUT_FILENO)
    }

    static func error(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// A reader that went away ends the command quietly, as a pipe into `head` should.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        unsafe bytes.withUnsafeBytes { buffer in
            var rest = unsafe buffer[...]
            while unsafe !rest.isEmpty {
                let written = unsafe Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { return }
                unsafe rest = unsafe rest.dropFirst(written)
            }
        }
    }
}

/// Nanoseconds of a clock that never goes back.
func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}
