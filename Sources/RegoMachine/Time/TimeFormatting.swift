extension TimeLayout {
    /// An instant as the clocks of a zone show it.
    /// - Source: Go's `Time.Format`.
    func format(_ instant: Instant, in zone: TimeZone) -> [UInt8] {
        let offset = zone.period(at: instant.seconds).offset
        let civil = CivilTime(seconds: instant.seconds + offset.seconds)
        var text: [UInt8] = []
        for piece in pieces {
            text += piece.literal
            guard let element = piece.element else { continue }
            switch element {
            case .zoneName:
                let shown = ZoneOffset(
                    zulu: false, minutes: offset.seconds % 3_600 != 0, seconds: false,
                    colons: false)
                text +=
                    offset.name.isEmpty
                    ? TimeLayout.text(of: shown, offset.seconds) : Array(offset.name.utf8)
            case .zoneOffset(let shown): text += TimeLayout.text(of: shown, offset.seconds)
            case .fraction(let separator, let digits, let trimmed):
                text += TimeLayout.fraction(
                    instant.nanoseconds, separator, digits: digits, trimmed: trimmed)
            default: text += TimeLayout.text(of: element, civil)
            }
        }
        return text
    }

    private static func text(of element: Element, _ civil: CivilTime) -> [UInt8] {
        let halfHour = (civil.hour + 11) % 12 + 1
        switch element {
        case .year: return padded(max(civil.year, 0) % 100, 2)
        case .longYear: return padded(civil.year, 4)
        case .month: return Array(CivilTime.monthNames[Int(civil.month) - 1].utf8.prefix(3))
        case .longMonth: return Array(CivilTime.monthNames[Int(civil.month) - 1].utf8)
        case .numericMonth: return padded(civil.month, 1)
        case .zeroMonth: return padded(civil.month, 2)
        case .weekday: return Array(CivilTime.weekdayNames[civil.weekday].utf8.prefix(3))
        case .longWeekday: return Array(CivilTime.weekdayNames[civil.weekday].utf8)
        case .day: return padded(civil.day, 1)
        case .spaceDay: return padded(civil.day, 2, with: UInt8(ascii: " "))
        case .zeroDay: return padded(civil.day, 2)
        case .spaceYearDay: return padded(civil.dayOfYear, 3, with: UInt8(ascii: " "))
        case .zeroYearDay: return padded(civil.dayOfYear, 3)
        case .hour: return padded(civil.hour, 2)
        case .hour12: return padded(halfHour, 1)
        case .zeroHour12: return padded(halfHour, 2)
        case .minute: return padded(civil.minute, 1)
        case .zeroMinute: return padded(civil.minute, 2)
        case .second: return padded(civil.second, 1)
        case .zeroSecond: return padded(civil.second, 2)
        case .upperHalf: return Array((civil.hour >= 12 ? "PM" : "AM").utf8)
        case .lowerHalf: return Array((civil.hour >= 12 ? "pm" : "am").utf8)
        case .zoneName, .zoneOffset, .fraction: return []
        }
    }

    private static func padded(
        _ number: Int64, _ width: Int, with filler: UInt8 = UInt8(ascii: "0")
    ) -> [UInt8] {
        let digits = Array(String(number.magnitude).utf8)
        let filling = [UInt8](repeating: filler, count: max(0, width - digits.count))
        return (number < 0 ? [UInt8(ascii: "-")] : []) + filling + digits
    }

    private static func text(of shown: ZoneOffset, _ seconds: Int64) -> [UInt8] {
        if shown.zulu && seconds == 0 { return [UInt8(ascii: "Z")] }
        let separator = shown.colons ? [UInt8(ascii: ":")] : []
        var text = [seconds < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")]
        let magnitude = Int64(seconds.magnitude)
        text += padded(magnitude / 3_600, 2)
        if shown.minutes { text += separator + padded(magnitude % 3_600 / 60, 2) }
        if shown.seconds { text += separator + padded(magnitude % 60, 2) }
        return text
    }

    private static func fraction(
        _ nanoseconds: Int64, _ separator: UInt8, digits: Int, trimmed: Bool
    ) -> [UInt8] {
        var shown = Array(padded(nanoseconds, 9).prefix(digits))
        if trimmed {
            while shown.last == UInt8(ascii: "0") { shown.removeLast() }
            if shown.isEmpty { return [] }
        }
        return [separator] + shown
    }
}
