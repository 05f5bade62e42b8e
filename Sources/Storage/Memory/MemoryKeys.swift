import Dispatch
import Synchronization

/// Expiring keys of one process. Other nodes do not see them: several nodes need Redis.
public final class MemoryKeys: ExpiringKeys {
    /// Callers of different keys seldom wait for each other.
    private static let shardCount = 16
    private static let sweepSeconds = 10

    private let shards: [Shard]
    private let listeners = Listeners()
    private let now: @Sendable () -> Int64
    private let sweeper: Sweeper

    /// - Parameter keysMax: When so many are there, a new one is refused: to drop another would let
    ///   whoever fills the store end other people's sign-ins.
    /// - Parameter now: Microseconds, of any beginning.
    public init(keysMax: Int = 1_000_000, now: @escaping @Sendable () -> Int64) {
        let keysPerShard = (keysMax + Self.shardCount - 1) / Self.shardCount
        let shards = (0..<Self.shardCount).map { _ in Shard(keysMax: keysPerShard) }
        self.shards = shards
        self.now = now
        sweeper = Sweeper(everySeconds: Self.sweepSeconds) {
            for shard in shards { shard.sweep(now: now()) }
        }
    }

    /// Expired ones that have not been swept included.
    var keyCount: Int { shards.map(\.keyCount).reduce(0, +) }

    func sweep() { for shard in shards { shard.sweep(now: now()) } }

    @discardableResult
    public func set(
        _ key: String, _ value: [UInt8], seconds: Int, onlyIfAbsent: Bool
    ) async throws(StorageFailure) -> Bool {
        let now = now()
        let expiry = Self.expiry(now, seconds)
        return try shard(key).change(key, now: now) { entry in
            if onlyIfAbsent && entry != nil { return false }
            entry = Shard.Entry(value: .bytes(value), expiry: expiry)
            return true
        }
    }

    public func get(_ key: String) async throws(StorageFailure) -> [UInt8]? {
        try shard(key).change(key, now: now()) { $0?.bytes }
    }

    public func take(_ key: String) async throws(StorageFailure) -> [UInt8]? {
        try shard(key).change(key, now: now()) { entry in
            defer { entry = nil }
            return entry?.bytes
        }
    }

    @discardableResult
    public func delete(_ key: String) async throws(StorageFailure) -> Bool {
        try shard(key).change(key, now: now()) { entry in
            defer { entry = nil }
            return entry != nil
        }
    }

    public func increment(
        _ key: String, by amount: Int64, seconds: Int
    ) async throws(StorageFailure) -> Int64 {
        let now = now()
        let expiry = Self.expiry(now, seconds)
        let count = try shard(key).change(key, now: now) { entry -> Int64? in
            var counted = entry ?? Shard.Entry(value: .bytes(Array("0".utf8)), expiry: expiry)
            guard let before = counted.integer else { return nil }
            let (count, overflows) = before.addingReportingOverflow(amount)
            guard !overflows else { return nil }
            counted.value = .bytes(Array(String(count).utf8))
            entry = counted
            return count
        }
        guard let count else { throw .invalid("the value is no integer or grows too large") }
        return count
    }

    public func admit(
        _ calls: Int, of subject: String, _ windows: [RateWindow]
    ) async throws(StorageFailure) -> Admission {
        precondition(calls > 0 && !windows.isEmpty, "nothing to admit")
        let now = now()
        let key = Self.rateKey(subject)
        let longest = windows.map(\.seconds).max() ?? 0
        return try shard(key).change(key, now: now) { entry in
            var logs = entry?.logs ?? [:]
            entry = nil
            let looks = windows.map { window in
                logs[window.seconds, default: RateLog(window)].look(calls, window, now: now)
            }
            let wait = looks.map(\.wait).max() ?? 0
            let lefts = zip(windows, looks).map { $0.limit - $1.used }
            var remaining = lefts.min() ?? 0
            let tightest = wait == 0 ? lefts.firstIndex(of: remaining) : nil
            let window = tightest ?? looks.firstIndex { $0.wait == wait } ?? 0
            if wait == 0 {
                for window in windows { logs[window.seconds]?.add(calls, window, now: now) }
                remaining -= calls
            }
            entry = Shard.Entry(value: .logs(logs), expiry: Self.expiry(now, 2 * longest))
            return Admission(
                isAdmitted: wait == 0, remaining: remaining, window: window,
                waitMicroseconds: wait)
        }
    }

    public func usage(
        of subject: String, _ windows: [RateWindow]
    ) async throws(StorageFailure) -> [RateUsage] {
        let (key, now) = (Self.rateKey(subject), now())
        return try shard(key).change(key, now: now) { entry in
            let logs = entry?.logs ?? [:]
            return windows.map { window in
                logs[window.seconds]?.usage(window, now: now)
                    ?? RateUsage(used: 0, resetMicroseconds: 0)
            }
        }
    }

    public func publish(
        _ message: [UInt8], on channel: String
    ) async throws(StorageFailure) { listeners.tell(message, on: channel) }

    public func messages(
        on channel: String
    ) async throws(StorageFailure) -> AsyncStream<[UInt8]> { listeners.add(channel) }

    public func close() async {
        sweeper.end()
        listeners.endAll()
    }

    /// Apart from the keys of others, which hold no null character of ours.
    private static func rateKey(_ subject: String) -> String { "\u{0}rate:\(subject)" }

    private func shard(_ key: String) -> Shard {
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))]
    }

    private static func expiry(_ now: Int64, _ seconds: Int) -> Int64 {
        precondition(seconds > 0, "a key that is gone at once")
        return now + Int64(seconds) * 1_000_000
    }
}

/// Some of the keys, one caller at a time.
private final class Shard: Sendable {
    enum Value {
        case bytes([UInt8])
        /// By the windows' seconds.
        case logs([Int: RateLog])
    }

    struct Entry {
        var value: Value
        var expiry: Int64

        var bytes: [UInt8]? { if case .bytes(let bytes) = value { bytes } else { nil } }
        var logs: [Int: RateLog]? { if case .logs(let logs) = value { logs } else { nil } }
        var integer: Int64? { bytes.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } }
    }

    /// Looking through a full shard takes milliseconds, which not every refused caller may cost.
    private static let microsecondsBetweenSweeps: Int64 = 1_000_000

    private let state = Mutex<(entries: [String: Entry], swept: Int64)>(([:], .min))
    private let keysMax: Int

    init(keysMax: Int) { self.keysMax = keysMax }

    var keyCount: Int { state.withLock { $0.entries.count } }

    /// Shows the body an entry that has not expired, and keeps what it makes of it.
    /// - Throws: `unavailable` where there is no room for a new one.
    func change<Result: Sendable>(
        _ key: String, now: Int64, _ body: (inout sending Entry?) -> sending Result
    ) throws(StorageFailure) -> Result {
        try state.withLock { state throws(StorageFailure) in
            var entry = state.entries.removeValue(forKey: key)
            if let expiry = entry?.expiry, expiry <= now { entry = nil }
            let wasThere = entry != nil
            let result = body(&entry)
            guard let entry else { return result }
            if !wasThere && state.entries.count >= keysMax {
                Self.sweep(&state, now)
                guard state.entries.count < keysMax else {
                    throw .unavailable(retryAfterSeconds: 1)
                }
            }
            state.entries[key] = entry
            return result
        }
    }

    func sweep(now: Int64) { state.withLock { Self.sweep(&$0, now) } }

    private static func sweep(_ state: inout (entries: [String: Entry], swept: Int64), _ now: Int64)
    {
        guard state.swept == .min || now >= state.swept + microsecondsBetweenSweeps else { return }
        state.swept = now
        state.entries = state.entries.filter { $0.value.expiry > now }
    }
}

/// Repeats a body until it is let go.
private final class Sweeper: @unchecked Sendable {
    // Invariant: set once, and its own calls may come from any thread.
    private let timer: any DispatchSourceTimer

    init(everySeconds seconds: Int, _ body: @escaping @Sendable () -> Void) {
        timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + .seconds(seconds), repeating: .seconds(seconds))
        timer.setEventHandler(handler: body)
        timer.resume()
    }

    deinit { timer.cancel() }

    func end() { timer.cancel() }
}
