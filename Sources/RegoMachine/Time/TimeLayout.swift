/// A layout of Go's: how 2006-01-02T15:04:05 would be written.
/// - Source: Go's package `time`, `nextStdChunk`.
struct TimeLayout {
    /// Text to be found as it stands, and the element after it.
    struct Piece {
        let literal: ArraySlice<UInt8>
        let element: Element?
        /// The element as the layout writes it.
        let text: ArraySlice<UInt8>
    }

    enum Element: Equatable {
        case year, longYear
        case month, longMonth, numericMonth, zeroMonth
        case weekday, longWeekday
        case day, spaceDay, zeroDay, spaceYearDay, zeroYearDay
        case hour, hour12, zeroHour12, minute, zeroMinute, second, zeroSecond
        case upperHalf, lowerHalf
        case zoneName
        case zoneOffset(ZoneOffset)
        /// `.000`: so many digits; `.999`: as many as are needed.
        case fraction(separator: UInt8, digits: Int, trimmed: Bool)
    }

    struct ZoneOffset: Equatable {
        /// `Z` where the offset is 0.
        let zulu: Bool
        let minutes: Bool
        let seconds: Bool
        let colons: Bool
    }

    let text: [UInt8]
    let pieces: [Piece]

    static let rfc3339 = TimeLayout("2006-01-02T15:04:05Z07:00")
    static let rfc3339Nano = TimeLayout("2006-01-02T15:04:05.999999999Z07:00")

    init(_ text: String) {
        self.text = Array(text.utf8)
        var pieces: [Piece] = []
        var from = 0
        var position = 0
        while position < self.text.count {
            let rest = self.text[position...]
            guard let (element, length) = TimeLayout.element(rest) else {
                position += 1
                continue
            }
            // In `_2006` the underscore is itself.
            let isYear = element == .longYear && rest.first == UInt8(ascii: "_")
            let start = position + (isYear ? 1 : 0)
            pieces.append(
                Piece(
                    literal: self.text[from..<start], element: element,
                    text: self.text[start..<position + length]))
            position += length
            from = position
        }
        pieces.append(Piece(literal: self.text[from...], element: nil, text: []))
        self.pieces = pieces
    }

    /// The layout that a policy names, by one of Go's constants or in full.
    init(named name: String) {
        self.init(TimeLayout.constants.first { $0.name == name }?.layout ?? name)
    }

    private static let constants: [(name: String, layout: String)] = [
        ("ANSIC", "Mon Jan _2 15:04:05 2006"),
        ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
        ("RubyDate", "Mon Jan 02 15:04:05 -0700 2006"),
        ("RFC822", "02 Jan 06 15:04 MST"),
        ("RFC822Z", "02 Jan 06 15:04 -0700"),
        ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
        ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
        ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"),
        ("RFC3339", "2006-01-02T15:04:05Z07:00"),
        ("RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"),
    ]

    /// Longer texts before those that begin them.
    private static let elements: [(text: String, element: Element)] = [
        ("January", .longMonth), ("Jan", .month), ("Monday", .longWeekday), ("Mon", .weekday),
        ("MST", .zoneName), ("01", .zeroMonth), ("002", .zeroYearDay), ("02", .zeroDay),
        ("03", .zeroHour12), ("04", .zeroMinute), ("05", .zeroSecond), ("06", .year),
        ("15", .hour), ("1", .numericMonth), ("2006", .longYear), ("2", .day),
        ("_2006", .longYear), ("_2", .spaceDay), ("__2", .spaceYearDay), ("3", .hour12),
        ("4", .minute), ("5", .second), ("PM", .upperHalf), ("pm", .lowerHalf),
    ]

    private static func element(_ rest: ArraySlice<UInt8>) -> (Element, length: Int)? {
        switch rest.first {
        case UInt8(ascii: "."), UInt8(ascii: ","): return fraction(rest)
        case UInt8(ascii: "-"), UInt8(ascii: "Z"): return zoneOffset(rest)
        default: break
        }
        for (text, element) in elements where rest.starts(with: text.utf8) {
            let length = text.utf8.count
            if element == .month || element == .weekday {
                // `Janet` is no month.
                let next = rest.dropFirst(length).first ?? 0
                if (97...122).contains(next) { continue }
            }
            return (element, length)
        }
        return nil
    }

    private static func zoneOffset(_ rest: ArraySlice<UInt8>) -> (Element, length: Int)? {
        for (text, minutes, seconds, colons) in [
            ("070000", true, true, false), ("07:00:00", true, true, true),
            ("0700", true, false, false), ("07:00", true, false, true),
            ("07", false, false, false),
        ] where rest.dropFirst().starts(with: text.utf8) {
            let offset = ZoneOffset(
                zulu: rest.first == UInt8(ascii: "Z"), minutes: minutes, seconds: seconds,
                colons: colons)
            return (.zoneOffset(offset), text.utf8.count + 1)
        }
        return nil
    }

    private static func fraction(_ rest: ArraySlice<UInt8>) -> (Element, length: Int)? {
        guard let separator = rest.first, let digit = rest.dropFirst().first,
            digit == UInt8(ascii: "0") || digit == UInt8(ascii: "9")
        else { return nil }
        let digits = rest.dropFirst().prefix { $0 == digit }
        if let next = rest[digits.endIndex...].first, (48...57).contains(next) { return nil }
        let isTrimmed = digit == UInt8(ascii: "9")
        return (
            .fraction(separator: separator, digits: digits.count, trimmed: isTrimmed),
            digits.count + 1
        )
    }
}
