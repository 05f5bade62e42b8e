import Foundation
import Glibc

/// Times as the API has them: RFC 3339 in UTC outside, microseconds since 1970 inside.
public enum Instant {
    /// Such as `2026-01-31T08:00:00.250000Z`.
    public static func text(_ microseconds: Int64) -> String {
        let second = microseconds.quotientRoundedDown(by: 1_000_000)
        var time = time_t(second)
        var parts = unsafe tm()
        unsafe gmtime_r(&time, &parts)
        let date = unsafe [
            padded(Int64(parts.tm_year) + 1_900, 4), padded(Int64(parts.tm_mon) + 1, 2),
            padded(Int64(parts.tm_mday), 2),
        ].joined(separator: "-")
        let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int64($0), 2) }
            .joined(separator: ":")
        return "\(date)T\(clock).\(padded(microseconds - second * 1_000_000, 6))Z"
    }

    /// `nil`: it is no such time, or one before 1970 or after 9999.
    public static func microseconds(_ text: String) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        guard let date = try? style.parse(text) else { return nil }
        let seconds = date.timeIntervalSince1970
        guard (0..<253_402_300_800).contains(seconds) else { return nil }
        return Int64((seconds * 1_000_000).rounded())
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

extension Int64 {
    fileprivate func quotientRoundedDown(by divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}
