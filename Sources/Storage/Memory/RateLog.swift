/// One window's calls of one subject, as Redis has them in `RedisScripts.admit`.
enum RateLog {
    case exact(RecentCalls)
    case counted(CountedCalls)

    init(_ window: RateWindow) {
        self = window.parts.map { .counted(CountedCalls(parts: $0)) } ?? .exact(RecentCalls())
    }

    /// How many calls count, and how long those asked for would have to wait.
    mutating func look(
        _ calls: Int, _ window: RateWindow, now: Int64
    ) -> (used: Int, wait: Int64) {
        switch self {
        case .exact(let recent): return recent.look(calls, window, now: now)
        case .counted(var counted):
            defer { self = .counted(counted) }
            return counted.look(calls, window, now: now)
        }
    }

    func usage(_ window: RateWindow, now: Int64) -> RateUsage {
        switch self {
        case .exact(let recent): recent.usage(window, now: now)
        case .counted(let counted): counted.usage(window, now: now)
        }
    }

    mutating func add(_ calls: Int, _ window: RateWindow, now: Int64) {
        switch self {
        case .exact(var recent):
            // The case lets go of its list first: appending would copy it.
            self = .exact(RecentCalls())
            recent.add(calls, window, now: now)
            self = .exact(recent)
        case .counted(var counted):
            self = .counted(CountedCalls(parts: counted.parts))
            counted.add(calls, window, now: now)
            self = .counted(counted)
        }
    }
}

/// The times of the last calls, no more of them than the limit: a call is admitted if the one that
/// came `limit` calls before it is a window old.
struct RecentCalls {
    /// Oldest first.
    private var times: [Int64] = []

    func look(_ calls: Int, _ window: RateWindow, now: Int64) -> (used: Int, wait: Int64) {
        let now = max(now, times.last ?? now)
        let used = times.count - firstIndex(after: now - window.microseconds)
        guard calls <= window.limit else { return (used, window.microseconds) }
        let index = times.count - 1 - (window.limit - calls)
        guard times.indices.contains(index) else { return (used, 0) }
        return (used, max(0, times[index] + window.microseconds - now))
    }

    func usage(_ window: RateWindow, now: Int64) -> RateUsage {
        let now = max(now, times.last ?? now)
        let used = times.count - firstIndex(after: now - window.microseconds)
        let last = times.last ?? now
        return RateUsage(
            used: used, resetMicroseconds: used == 0 ? 0 : last + window.microseconds - now)
    }

    mutating func add(_ calls: Int, _ window: RateWindow, now: Int64) {
        // A clock that was set back does not make the last calls older.
        times += Array(repeating: max(now, times.last ?? now), count: calls)
        times.removeFirst(max(0, times.count - window.limit))
    }

    private func firstIndex(after time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] > time { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// How many calls each part of the window had.
struct CountedCalls {
    let parts: Int
    private var counts: [Int64: Int] = [:]

    init(parts: Int) { self.parts = parts }

    mutating func look(_ calls: Int, _ window: RateWindow, now: Int64) -> (used: Int, wait: Int64) {
        let length = window.microseconds / Int64(parts)
        // One part more than fit into the window: the first of them reaches into it.
        let oldest = now / length - Int64(parts)
        counts = counts.filter { $0.key >= oldest }
        let used = counts.values.reduce(0, +)
        guard calls <= window.limit else { return (used, window.microseconds) }
        var excess = used + calls - window.limit
        var wait: Int64 = 0
        for part in counts.keys.sorted() where excess > 0 {
            excess -= counts[part] ?? 0
            wait = (part + Int64(parts) + 1) * length - now
        }
        return (used, wait)
    }

    func usage(_ window: RateWindow, now: Int64) -> RateUsage {
        let length = window.microseconds / Int64(parts)
        let counting = counts.filter { $0.key >= now / length - Int64(parts) }
        let last = counting.keys.max()
        return RateUsage(
            used: counting.values.reduce(0, +),
            resetMicroseconds: last.map { ($0 + Int64(parts) + 1) * length - now } ?? 0)
    }

    mutating func add(_ calls: Int, _ window: RateWindow, now: Int64) {
        counts[now / (window.microseconds / Int64(parts)), default: 0] += calls
    }
}
