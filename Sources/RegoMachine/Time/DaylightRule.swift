/// When clocks change, for all years: the text at the end of a TZif file, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
/// - Source: POSIX, base definitions, 8.3 (`TZ`); RFC 8536, section 3.3.
struct DaylightRule: Sendable {
    private let standard: TimeZone.Offset
    private let daylight: Daylight?

    private struct Daylight: Sendable {
        let offset: TimeZone.Offset
        let start: Change
        let end: Change
    }

    private enum Day: Sendable {
        /// 1–365, without leap days.
        case julian(Int64)
        /// 0–365.
        case ofYear(Int64)
        /// The nth such weekday of a month; the fifth is the last.
        case weekday(Int64, week: Int64, month: Int64)
    }

    private struct Change: Sendable {
        let day: Day
        /// Of the local clock.
        let seconds: Int64
    }

    init?(_ text: ArraySlice<UInt8>) {
        var rest = text
        guard let name = DaylightRule.takeName(&rest),
            let west = DaylightRule.takeTime(&rest, hoursMax: 24)
        else { return nil }
        standard = TimeZone.Offset(name: name, seconds: -west, isDaylight: false)
        if rest.isEmpty {
            daylight = nil
            return
        }
        guard let name = DaylightRule.takeName(&rest) else { return nil }
        var seconds = standard.seconds + 3_600
        if let first = rest.first, first != UInt8(ascii: ",") {
            guard let west = DaylightRule.takeTime(&rest, hoursMax: 24) else { return nil }
            seconds = -west
        }
        // What the United States have, where the text says nothing.
        if rest.isEmpty { rest = Array(",M3.2.0,M11.1.0".utf8)[...] }
        guard let start = DaylightRule.takeChange(&rest),
            let end = DaylightRule.takeChange(&rest), rest.isEmpty
        else { return nil }
        daylight = Daylight(
            offset: TimeZone.Offset(name: name, seconds: seconds, isDaylight: true), start: start,
            end: end)
    }

    /// Ends are exact where clocks change, and those of the year otherwise.
    func period(at seconds: Int64) -> TimeZone.Period {
        guard let daylight else {
            return TimeZone.Period(offset: standard, start: .min, end: .max)
        }
        let year = CivilTime(seconds: seconds).year
        let newYear = CivilTime(year: year, month: 1, day: 1).seconds
        let nextYear = CivilTime(year: year + 1, month: 1, day: 1).seconds
        let begins =
            newYear + DaylightRule.seconds(daylight.start, year) - standard.seconds
        let ends = newYear + DaylightRule.seconds(daylight.end, year) - daylight.offset.seconds
        // South of the equator the year begins and ends in summer.
        let (outer, inner) =
            begins <= ends ? (standard, daylight.offset) : (daylight.offset, standard)
        let (first, last) = (min(begins, ends), max(begins, ends))
        if seconds < first { return TimeZone.Period(offset: outer, start: newYear, end: first) }
        if seconds < last { return TimeZone.Period(offset: inner, start: first, end: last) }
        return TimeZone.Period(offset: outer, start: last, end: nextYear)
    }

    /// Since the beginning of the year, by the local clock.
    private static func seconds(_ change: Change, _ year: Int64) -> Int64 {
        let newYear = CivilTime(year: year, month: 1, day: 1).seconds
        switch change.day {
        case .julian(let day):
            let skipsLeapDay = day >= 60 && CivilTime.isLeap(year)
            return (day - 1 + (skipsLeapDay ? 1 : 0)) * CivilTime.daySeconds + change.seconds
        case .ofYear(let day): return day * CivilTime.daySeconds + change.seconds
        case .weekday(let weekday, let week, let month):
            let first = CivilTime(year: year, month: month, day: 1)
            var day = (weekday - Int64(first.weekday) + 7) % 7 + 7 * (week - 1)
            if day >= CivilTime.days(inMonth: month, of: year) { day -= 7 }
            return first.seconds - newYear + day * CivilTime.daySeconds + change.seconds
        }
    }
}

extension DaylightRule {
    /// At least three letters, or anything in angle brackets.
    private static func takeName(_ rest: inout ArraySlice<UInt8>) -> String? {
        let name: ArraySlice<UInt8>
        if rest.first == UInt8(ascii: "<") {
            name = rest.dropFirst().prefix { $0 != UInt8(ascii: ">") }
            guard name.endIndex < rest.endIndex else { return nil }
            rest = rest[(name.endIndex + 1)...]
        } else {
            name = rest.prefix { !(48...57).contains($0) && !",-+".utf8.contains($0) }
            guard name.count >= 3 else { return nil }
            rest = rest[name.endIndex...]
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func take(_ byte: String, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.starts(with: byte.utf8) else { return false }
        rest.removeFirst()
        return true
    }

    private static func takeNumber(
        _ rest: inout ArraySlice<UInt8>, _ range: ClosedRange<Int64>
    ) -> Int64? {
        let digits = rest.prefix { (48...57).contains($0) }
        guard (1...4).contains(digits.count) else { return nil }
        rest = rest[digits.endIndex...]
        let number = digits.reduce(0 as Int64) { $0 * 10 + Int64($1 - 48) }
        return range.contains(number) ? number : nil
    }

    /// Hours, and perhaps minutes and seconds.
    private static func takeTime(_ rest: inout ArraySlice<UInt8>, hoursMax: Int64) -> Int64? {
        let isNegative = take("-", &rest)
        if !isNegative { _ = take("+", &rest) }
        guard let hours = takeNumber(&rest, 0...hoursMax) else { return nil }
        var seconds = hours * 3_600
        for unit in [60, 1] as [Int64] {
            guard take(":", &rest) else { break }
            guard let number = takeNumber(&rest, 0...59) else { return nil }
            seconds += number * unit
        }
        return isNegative ? -seconds : seconds
    }

    private static func takeChange(_ rest: inout ArraySlice<UInt8>) -> Change? {
        guard take(",", &rest), let day = takeDay(&rest) else { return nil }
        guard take("/", &rest) else { return Change(day: day, seconds: 2 * 3_600) }
        guard let seconds = takeTime(&rest, hoursMax: 24 * 7) else { return nil }
        return Change(day: day, seconds: seconds)
    }

    private static func takeDay(_ rest: inout ArraySlice<UInt8>) -> Day? {
        if take("J", &rest) { return takeNumber(&rest, 1...365).map(Day.julian) }
        guard take("M", &rest) else { return takeNumber(&rest, 0...365).map(Day.ofYear) }
        guard let month = takeNumber(&rest, 1...12), take(".", &rest),
            let week = takeNumber(&rest, 1...5), take(".", &rest),
            let weekday = takeNumber(&rest, 0...6)
        else { return nil }
        return .weekday(weekday, week: week, month: month)
    }
}
