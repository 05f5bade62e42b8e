extension TimeLayout {
    /// Why a text is no time of a layout, in Go's words.
    struct Mismatch: Error {
        let message: String
    }

    /// The instant that a text names. Without a zone it is in UTC; an abbreviation other than
    /// `UTC` is accepted, and counts as UTC too.
    /// - Source: Go's `time.Parse`.
    func parse(_ text: Bytes) throws(Mismatch) -> Instant {
        var reading = Reading(layout: self, text: Array(text))
        return try reading.instant()
    }

    fileprivate struct Reading {
        let layout: TimeLayout
        let text: [UInt8]
        /// What is still to be read.
        var rest: ArraySlice<UInt8>

        var year: Int64 = 0
        var month: Int64?
        var day: Int64?
        var dayOfYear: Int64?
        var hour: Int64 = 0
        var minute: Int64 = 0
        var second: Int64 = 0
        var nanoseconds: Int64 = 0
        var isAfternoon: Bool?
        /// East of UTC, in seconds.
        var offset: Int64 = 0

        init(layout: TimeLayout, text: [UInt8]) {
            self.layout = layout
            self.text = text
            rest = text[...]
        }
    }
}

/// What one element of a layout finds.
private enum Finding: Error {
    case bad
    case outOfRange(String)
}

extension TimeLayout.Reading {
    mutating func instant() throws(TimeLayout.Mismatch) -> Instant {
        for (number, piece) in layout.pieces.enumerated() {
            guard skip(piece.literal) else { throw mismatch(piece.literal, rest) }
            guard let element = piece.element else { break }
            let before = rest
            do throws(Finding) {
                try read(element)
                if element == .second || element == .zeroSecond {
                    try readUnaskedFraction(before: layout.pieces[number + 1])
                }
            } catch {
                switch error {
                case .bad: throw mismatch(piece.text, before)
                case .outOfRange(let what): throw failure("\(what) out of range")
                }
            }
        }
        if !rest.isEmpty { throw failure("extra text: \(quoted(rest))") }
        return try assembled()
    }

    private func mismatch(
        _ element: ArraySlice<UInt8>, _ found: ArraySlice<UInt8>
    ) -> TimeLayout.Mismatch {
        TimeLayout.Mismatch(
            message: "parsing time \(quoted(text[...])) as \(quoted(layout.text[...])): "
                + "cannot parse \(quoted(found)) as \(quoted(element))")
    }

    private func failure(_ message: String) -> TimeLayout.Mismatch {
        TimeLayout.Mismatch(message: "parsing time \(quoted(text[...])): \(message)")
    }

    private func quoted(_ bytes: ArraySlice<UInt8>) -> String {
        var text = "\""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text += "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7E: text += String(UnicodeScalar(byte))
            default:
                let digits = [Hex.lower(byte >> 4), Hex.lower(byte & 15)]
                text += "\\x" + String(decoding: digits, as: UTF8.self)
            }
        }
        return text + "\""
    }

    /// A space of the layout stands for any number of them, also for none at the end.
    private mutating func skip(_ literal: ArraySlice<UInt8>) -> Bool {
        var literal = literal
        let space = UInt8(ascii: " ")
        while let byte = literal.first {
            if byte == space {
                if let found = rest.first, found != space { return false }
                literal = literal.drop { $0 == space }
                rest = rest.drop { $0 == space }
            } else {
                guard rest.first == byte else { return false }
                literal.removeFirst()
                rest.removeFirst()
            }
        }
        return true
    }

    private func assembled() throws(TimeLayout.Mismatch) -> Instant {
        var (month, day, hour) = (month, day, hour)
        if isAfternoon == true && hour < 12 { hour += 12 }
        if isAfternoon == false && hour == 12 { hour = 0 }
        if let dayOfYear {
            guard dayOfYear >= 1 && dayOfYear <= (CivilTime.isLeap(year) ? 366 : 365) else {
                throw failure("day-of-year out of range")
            }
            let newYear = CivilTime(year: year, month: 1, day: dayOfYear)
            let date = CivilTime(seconds: newYear.seconds)
            if let month, month != date.month {
                throw failure("day-of-year does not match month")
            }
            if let day, day != date.day { throw failure("day-of-year does not match day") }
            (month, day) = (date.month, date.day)
        }
        let civil = CivilTime(
            year: year, month: month ?? 1, day: day ?? 1, hour: hour, minute: minute,
            second: second)
        guard civil.day >= 1, civil.day <= CivilTime.days(inMonth: civil.month, of: year) else {
            throw failure("day out of range")
        }
        return Instant(seconds: civil.seconds - offset, nanoseconds: nanoseconds)
    }

    private mutating func read(_ element: TimeLayout.Element) throws(Finding) {
        switch element {
        case .year:
            year = try digits(exactly: 2)
            year += year >= 69 ? 1_900 : 2_000
        case .longYear: year = try digits(exactly: 4)
        case .month: month = try Int64(name(of: CivilTime.monthNames, length: 3)) + 1
        case .longMonth: month = try Int64(name(of: CivilTime.monthNames)) + 1
        case .numericMonth, .zeroMonth:
            month = try number(1...12, "month", twoDigits: element == .zeroMonth)
        case .weekday: _ = try name(of: CivilTime.weekdayNames, length: 3)
        case .longWeekday: _ = try name(of: CivilTime.weekdayNames)
        case .day, .spaceDay, .zeroDay:
            if element == .spaceDay { takeSpaces(1) }
            day = try number(twoDigits: element == .zeroDay)
        case .spaceYearDay, .zeroYearDay:
            if element == .spaceYearDay { takeSpaces(2) }
            let found = rest.prefix(3).prefix { (48...57).contains($0) }
            guard found.count == 3 || !found.isEmpty && element == .spaceYearDay else {
                throw .bad
            }
            dayOfYear = try digits(exactly: found.count)
        case .hour: hour = try number(0...23, "hour", twoDigits: false)
        case .hour12, .zeroHour12:
            hour = try number(0...12, "hour", twoDigits: element == .zeroHour12)
        case .minute, .zeroMinute:
            minute = try number(0...59, "minute", twoDigits: element == .zeroMinute)
        case .second, .zeroSecond:
            second = try number(0...59, "second", twoDigits: element == .zeroSecond)
        case .upperHalf: try readHalf("AM", "PM")
        case .lowerHalf: try readHalf("am", "pm")
        case .zoneName: try readZoneName()
        case .zoneOffset(let shape): try readOffset(shape)
        case .fraction(_, let digits, let trimmed):
            try readFraction(digits: trimmed ? nil : digits)
        }
    }

    private mutating func takeSpaces(_ most: Int) {
        for _ in 0..<most where rest.first == UInt8(ascii: " ") { rest.removeFirst() }
    }

    private mutating func digits(exactly count: Int) throws(Finding) -> Int64 {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (48...57).contains($0) }) else {
            throw .bad
        }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    /// One digit or two.
    private mutating func number(twoDigits: Bool) throws(Finding) -> Int64 {
        let found = rest.prefix(2).prefix { (48...57).contains($0) }
        guard found.count == 2 || found.count == 1 && !twoDigits else { throw .bad }
        return try digits(exactly: found.count)
    }

    private mutating func number(
        _ range: ClosedRange<Int64>, _ name: String, twoDigits: Bool
    ) throws(Finding) -> Int64 {
        let number = try number(twoDigits: twoDigits)
        guard range.contains(number) else { throw .outOfRange(name) }
        return number
    }

    /// Which of the names, or of their beginnings, stands here in letters of either case.
    private mutating func name(of names: [String], length: Int? = nil) throws(Finding) -> Int {
        for (index, name) in names.enumerated() {
            let name = name.utf8.prefix(length ?? name.utf8.count)
            guard rest.count >= name.count,
                zip(rest, name).allSatisfy({ $0 | 32 == $1 | 32 && $0 >= 65 })
            else { continue }
            rest = rest.dropFirst(name.count)
            return index
        }
        throw .bad
    }

    private mutating func readHalf(_ morning: String, _ afternoon: String) throws(Finding) {
        let found = rest.prefix(2)
        guard found.elementsEqual(morning.utf8) || found.elementsEqual(afternoon.utf8) else {
            throw .bad
        }
        isAfternoon = found.elementsEqual(afternoon.utf8)
        rest = rest.dropFirst(2)
    }
}

extension TimeLayout.Reading {
    private static func isSeparator(_ byte: UInt8?) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }

    private var fractionDigits: ArraySlice<UInt8> {
        guard TimeLayout.Reading.isSeparator(rest.first) else { return [] }
        return rest.dropFirst().prefix { (48...57).contains($0) }
    }

    /// Seconds may have a fraction that the layout does not mention.
    private mutating func readUnaskedFraction(
        before next: TimeLayout.Piece
    ) throws(Finding) {
        if case .fraction? = next.element { return }
        if !fractionDigits.isEmpty { try readFraction(digits: fractionDigits.count) }
    }

    /// - Parameter digits: So many, or any number or none at all.
    private mutating func readFraction(digits wanted: Int?) throws(Finding) {
        let found = fractionDigits
        guard let wanted = wanted ?? (found.isEmpty ? nil : found.count) else { return }
        guard found.count >= wanted else { throw .bad }
        var scale: Int64 = 100_000_000
        nanoseconds = 0
        for digit in found.prefix(min(wanted, 9)) {
            nanoseconds += Int64(digit - 48) * scale
            scale /= 10
        }
        rest = rest.dropFirst(wanted + 1)
    }

    private mutating func readOffset(_ shape: TimeLayout.ZoneOffset) throws(Finding) {
        if shape.zulu && rest.first == UInt8(ascii: "Z") {
            rest.removeFirst()
            return
        }
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
            throw .bad
        }
        rest.removeFirst()
        let hours = try digits(exactly: 2)
        let minutes = try shape.minutes ? part(after: shape.colons) : 0
        let seconds = try shape.seconds ? part(after: shape.colons) : 0
        if hours > 24 { throw .outOfRange("time zone offset hour") }
        if minutes > 60 { throw .outOfRange("time zone offset minute") }
        if seconds > 60 { throw .outOfRange("time zone offset second") }
        offset = (hours * 60 + minutes) * 60 + seconds
        if sign == UInt8(ascii: "-") { offset = -offset }
    }

    private mutating func part(after colon: Bool) throws(Finding) -> Int64 {
        if colon {
            guard rest.first == UInt8(ascii: ":") else { throw .bad }
            rest.removeFirst()
        }
        return try digits(exactly: 2)
    }

    private mutating func readZoneName() throws(Finding) {
        if rest.starts(with: "UTC".utf8) {
            rest = rest.dropFirst(3)
            return
        }
        guard let length = zoneNameLength else { throw .bad }
        rest = rest.dropFirst(length)
    }

    /// Three or four capitals, five if the last is T; a few known exceptions; a signed hour.
    private var zoneNameLength: Int? {
        guard rest.count >= 3 else { return nil }
        for name in ["ChST", "MeST", "WITA"] where rest.starts(with: name.utf8) { return 4 }
        if rest.starts(with: "GMT".utf8) { return 3 + signedHourLength(rest.dropFirst(3)) }
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
            let length = signedHourLength(rest)
            return length > 0 ? length : nil
        }
        let capitals = rest.prefix(6).prefix { (65...90).contains($0) }
        let isLastT = capitals.last == UInt8(ascii: "T")
        switch capitals.count {
        case 3: return 3
        case 4, 5: return isLastT ? capitals.count : nil
        default: return nil
        }
    }

    private func signedHourLength(_ text: ArraySlice<UInt8>) -> Int {
        guard text.first == UInt8(ascii: "+") || text.first == UInt8(ascii: "-") else { return 0 }
        let digits = text.dropFirst().prefix { (48...57).contains($0) }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        guard !digits.isEmpty, significant.count <= 2 else { return 0 }
        let hour = significant.reduce(0) { $0 * 10 + Int($1 - 48) }
        return hour > 23 ? 0 : digits.count + 1
    }
}
