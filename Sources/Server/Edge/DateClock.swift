import Glibc
import Synchronization

/// The value of `Date` fields (RFC 9110 section 5.6.7), made once a second.
final class DateClock: Sendable {
    private let now: @Sendable () -> Int64
    private let cached = Mutex<(second: Int64, text: String)>((-1, ""))

    /// - Parameter now: Nanoseconds since 1970.
    init(now: @escaping @Sendable () -> Int64) {
        self.now = now
    }

    var text: String {
        let second = now() / 1_000_000_000
        return cached.withLock { cached in
            if cached.second != second { cached = (second, DateClock.text(of: second)) }
            return cached.text
        }
    }

    /// - Parameter second: Since 1970.
    static func text(of second: Int64) -> String {
        var time = time_t(second)
        var parts = unsafe tm()
        unsafe gmtime_r(&time, &parts)
        let (day, month) = unsafe (days[Int(parts.tm_wday)], months[Int(parts.tm_mon)])
        let date = unsafe "\(day), \(padded(parts.tm_mday)) \(month)"
        let times = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec]
        let clock = times.map(padded).joined(separator: ":")
        return unsafe "\(date) \(parts.tm_year + 1900) \(clock) GMT"
    }

    static func padded(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
