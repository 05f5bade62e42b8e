/// A date and a time of day in the proleptic Gregorian calendar, at some offset from UTC.
package struct CivilTime: Equatable {
    /// May be negative; there is a year 0.
    package var year: Int64
    /// 1–12.
    package var month: Int64
    /// 1–31.
    package var day: Int64
    package var hour: Int64 = 0
    package var minute: Int64 = 0
    package var second: Int64 = 0

    static let daySeconds: Int64 = 86_400

    init(
        year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0,
        second: Int64 = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// - Parameter seconds: Since 1970-01-01T00:00:00 at the same offset.
    package init(seconds: Int64) {
        let days = seconds.flooredQuotient(CivilTime.daySeconds)
        let rest = seconds - days * CivilTime.daySeconds
        // Years begin in March here, so that the leap day is the last of its year; 400 of them
        // are an era of 146,097 days.
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * march + 2) / 5 + 1, hour: rest / 3_600,
            minute: rest % 3_600 / 60, second: rest % 60)
    }

    /// Since 1970-01-01T00:00:00 at the same offset. Days and smaller parts may be beyond their
    /// range and are carried over; years must be within some hundreds of thousands.
    var seconds: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * CivilTime.daySeconds + hour * 3_600 + minute * 60 + second
    }

    static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// From 0 for Sunday.
    package var weekday: Int {
        let days = seconds.flooredQuotient(CivilTime.daySeconds)
        // 1970-01-01 was a Thursday.
        return Int(days + 4 - (days + 4).flooredQuotient(7) * 7)
    }

    /// From 1.
    var dayOfYear: Int64 {
        let newYear = CivilTime(year: year, month: 1, day: 1)
        return CivilTime(year: year, month: month, day: day).seconds / CivilTime.daySeconds
            - newYear.seconds / CivilTime.daySeconds + 1
    }

    package static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    package static let weekdayNames = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
}

extension Int64 {
    /// Rounds down, also for negative numbers; the divisor is positive.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
