/// What is kept for a while and may be lost: what permits, never what refuses. A lost challenge
/// means to sign in again; a lost revocation would let somebody in, so revocations stand in SQL and
/// are only told faster here.
///
/// A key of one purpose never meets another's: the caller names the purpose in the key. Everything
/// throws `StorageFailure`: `unavailable`, or `invalid` where a value is not what is asked for.
public protocol ExpiringKeys: Sendable {
    /// - Parameter seconds: At least 1; the key is gone afterwards.
    /// - Returns: False where `onlyIfAbsent` and the key is there: nothing was changed.
    @discardableResult
    func set(
        _ key: String, _ value: [UInt8], seconds: Int, onlyIfAbsent: Bool
    ) async throws(StorageFailure) -> Bool

    /// `nil` where there is none, or not any more.
    func get(_ key: String) async throws(StorageFailure) -> [UInt8]?

    /// The value, which nobody else gets: of any number of callers at once, one.
    func take(_ key: String) async throws(StorageFailure) -> [UInt8]?

    /// - Returns: Whether it was there.
    @discardableResult
    func delete(_ key: String) async throws(StorageFailure) -> Bool

    /// Counts; a key that is not there counts from 0, and its time begins then and stays.
    /// - Returns: The count afterwards.
    func increment(_ key: String, by: Int64, seconds: Int) async throws(StorageFailure) -> Int64

    /// Admits all of `calls` or none of them; what is refused is not counted.
    /// - Parameter subject: Whose calls they are: a tenant, an address.
    /// - Parameter windows: All of them must admit; at least one, and the same ones each time.
    func admit(
        _ calls: Int, of subject: String, _ windows: [RateWindow]
    ) async throws(StorageFailure) -> Admission

    /// What `admit` has counted and still counts; nothing is counted by it.
    /// - Parameter windows: As for `admit`.
    /// - Returns: One for each window.
    func usage(
        of subject: String, _ windows: [RateWindow]
    ) async throws(StorageFailure) -> [RateUsage]

    /// Tells everyone who listens now, on any node; nobody else.
    func publish(_ message: [UInt8], on channel: String) async throws(StorageFailure)

    /// What is published from now on. After a connection was lost, and for a listener who falls
    /// far behind, messages are missing.
    func messages(
        on channel: String
    ) async throws(StorageFailure) -> AsyncStream<[UInt8]>

    func close() async
}

/// How many calls a time admits.
///
/// Within any minute the limit is exact: the times of the last calls are kept. Hours and days are
/// counted in 60 and 96 parts, and a part that reaches into the time counts whole, so that never
/// more are admitted but, near the limit, up to a part's calls fewer.
public struct RateWindow: Sendable, Hashable {
    /// Calls; none are ever admitted by 0.
    public let limit: Int
    public let seconds: Int
    /// Parts to count in; `nil` where each call's time is kept.
    let parts: Int?

    init(limit: Int, seconds: Int, parts: Int?) {
        precondition(limit >= 0 && seconds > 0, "a window of nothing")
        self.limit = limit
        self.seconds = seconds
        self.parts = parts
    }

    public static func minute(_ limit: Int) -> RateWindow {
        RateWindow(limit: limit, seconds: 60, parts: nil)
    }

    public static func hour(_ limit: Int) -> RateWindow {
        RateWindow(limit: limit, seconds: 3_600, parts: 60)
    }

    public static func day(_ limit: Int) -> RateWindow {
        RateWindow(limit: limit, seconds: 86_400, parts: 96)
    }

    /// What one of so many counters admits, each by itself: at least one call.
    public func share(of counters: Int) -> RateWindow {
        let least = min(limit, 1)
        return RateWindow(
            limit: max(least, limit / max(1, counters)), seconds: seconds, parts: parts)
    }

    var microseconds: Int64 { Int64(seconds) * 1_000_000 }
}

/// What of a window was used.
public struct RateUsage: Sendable, Hashable {
    /// Calls that count.
    public let used: Int
    /// After so many microseconds nothing counts any more, if no others come.
    public let resetMicroseconds: Int64

    init(used: Int, resetMicroseconds: Int64) {
        self.used = used
        self.resetMicroseconds = max(0, resetMicroseconds)
    }
}

/// Whether calls may happen.
public struct Admission: Sendable, Hashable {
    public let isAdmitted: Bool
    /// How many more the tightest window admits now.
    public let remaining: Int
    /// Which one that is: the place in the list of windows; of a call that is refused, the window
    /// that has to be waited for.
    public let window: Int
    /// After how long the same calls would be admitted if no others came; 0 where they are now.
    public let retryAfterSeconds: Int

    init(isAdmitted: Bool, remaining: Int, window: Int, waitMicroseconds: Int64) {
        self.isAdmitted = isAdmitted
        self.remaining = max(0, remaining)
        self.window = window
        retryAfterSeconds = isAdmitted ? 0 : max(1, Int((waitMicroseconds + 999_999) / 1_000_000))
    }
}
