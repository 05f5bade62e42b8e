import Glibc
public import RegoMachine

/// The door to the world: the `Host` that a command or a server gives to the engine. Tests give
/// one of their own. Nothing here opens a connection but the name look-up and `http.send`.
extension Host {
    /// This machine's clocks, randomness, time zones, name look-up and standard error.
    public static let system = {
        var host = withoutText
        host.lookUpText = TextLookUp().records
        return host
    }()

    private static let withoutText = Host(
        now: {
            let time = Clock.read(CLOCK_REALTIME)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        },
        monotonic: {
            let time = Clock.read(CLOCK_MONOTONIC)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        },
        randomBytes: Randomness.bytes,
        timeZone: TimeZoneFiles.contents,
        lookUp: NameLookUp.addresses,
        print: StandardError.write, http: .system())
}

private enum Clock {
    static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        let status = unsafe clock_gettime(clock, &time)
        precondition(status == 0, "the system has no such clock")
        return time
    }
}

private enum Randomness {
    static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                // `getentropy` gives at most 256 bytes a call.
                let wanted = min(count - filled, 256)
                guard let start = buffer.baseAddress else { return }
                let status = unsafe getentropy(start + filled, wanted)
                // Weak keys would be worse than no process.
                precondition(status == 0, "the system gives no random bytes")
                filled += wanted
            }
        }
    }
}

private enum StandardError {
    static func write(_ line: String) {
        let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    2, buffer.baseAddress.map { unsafe $0 + written }, bytes.count - written)
            }
            // Nobody is left to tell where standard error is gone.
            if count < 0 && errno != EINTR { return }
            written += max(count, 0)
        }
    }
}
