import RegoMachine

/// How long an answer is good, by its own header.
/// - Source: RFC 9111, as far as OPA's `http.send` follows it: `no-store`, `max-age` with `Date`,
///   `Expires`. An answer with none of them is kept, and asked about before its next use.
enum Freshness {
    /// The answers that may be kept.
    static let storableCodes: Set<Int> = [200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]

    static func mayStore(_ response: HTTPResponse) -> Bool {
        storableCodes.contains(response.code) && directives(response)["no-store"] == nil
    }

    /// Nanoseconds since 1970; `Int64.min`: never good without asking.
    static func expiry(_ response: HTTPResponse) throws(SendFailure) -> Int64 {
        guard let text = directives(response)["max-age"] else {
            let seconds = response.header("expires").flatMap(HTTPDate.seconds)
            return seconds.map(nanoseconds) ?? .min
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .refused("strconv.ParseUint: parsing \(Quoted.text(text)): invalid syntax")
        }
        guard let date = response.header("date") else { throw .refused("no date header") }
        guard let seconds = HTTPDate.seconds(date) else {
            throw .refused("the date header \(Quoted.text(date)) is no date")
        }
        let age = min(Int64(text) ?? .max, Int64(Int32.max))
        return nanoseconds(seconds + age)
    }

    static func nanoseconds(_ seconds: Int64) -> Int64 {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// `max-age=60, no-cache` by their names; a name without a value has an empty one.
    private static func directives(_ response: HTTPResponse) -> [String: String] {
        var directives: [String: String] = [:]
        for part in (response.header("cache-control") ?? "").split(separator: ",") {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count <= 2, let name = sides.first.map(trimmed), !name.isEmpty else {
                continue
            }
            directives[name] = sides.count == 2 ? trimmed(sides[1]) : ""
        }
        return directives
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// The dates of HTTP headers.
/// - Source: RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT` and its two obsolete forms.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970; `nil`: no date.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," }
        if words.count == 6, words[5] == "GMT" {
            return seconds(day: words[1], month: words[2], year: words[3], time: words[4])
        }
        if words.count == 4, words[3] == "GMT" {
            let date = words[1].split(separator: "-")
            guard date.count == 3, let year = Int64(date[2]), (0...99).contains(year) else {
                return nil
            }
            let full = Substring(String(year >= 69 ? 1_900 + year : 2_000 + year))
            return seconds(day: date[0], month: date[1], year: full, time: words[2])
        }
        guard words.count == 5 else { return nil }
        return seconds(day: words[2], month: words[1], year: words[4], time: words[3])
    }

    private static func seconds(
        day: Substring, month: Substring, year: Substring, time: Substring
    ) -> Int64? {
        let clock = time.split(separator: ":").compactMap { Int64($0) }
        guard let day = Int64(day), (1...31).contains(day), let year = Int64(year),
            (1...9_999).contains(year), let month = months.firstIndex(of: String(month)),
            clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            (0...60).contains(clock[2])
        else { return nil }
        let date = days(year: year, month: Int64(month) + 1, day: day)
        return date * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
    }

    /// Since 1970: Howard Hinnant's `days_from_civil`, with years that begin in March.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
