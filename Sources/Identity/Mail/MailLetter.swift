import RegoMachine

/// A mail as it goes over the wire: header, and the same content as text and as HTML.
/// - Source: RFC 5322, RFC 2045 and RFC 2046; RFC 3834 for `Auto-Submitted`.
struct MailLetter {
    /// Lines end with CR LF.
    let bytes: [UInt8]

    /// - Parameter now: Nanoseconds since 1970.
    init(_ mail: Mail, from origin: MailOrigin, at now: Int64) {
        // No line of quoted-printable begins with it, for `=_` is no escape.
        let boundary = "=_\(mail.id)"
        let name = origin.name.isEmpty ? "" : HeaderText.encoded(origin.name, after: 6) + " "
        let head = [
            "From: \(name)<\(origin.address.text)>",
            "To: <\(mail.recipient.text)>",
            "Subject: \(HeaderText.encoded(mail.subject, after: 9))",
            "Date: \(MailDate.header(now))",
            "Message-ID: <\(mail.id)@\(origin.address.domain)>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative; boundary=\"\(boundary)\"",
            "",
        ]
        let lines =
            head + MailLetter.part("text/plain", mail.text, boundary)
            + MailLetter.part("text/html", mail.html, boundary) + ["--\(boundary)--", ""]
        bytes = Array(lines.joined(separator: "\r\n").utf8)
    }

    private static func part(_ type: String, _ text: String, _ boundary: String) -> [String] {
        [
            "--\(boundary)",
            "Content-Type: \(type); charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            QuotedPrintable.encoded(text),
        ]
    }
}

/// Text whose every line is short and plain.
/// - Source: RFC 2045 6.7.
enum QuotedPrintable {
    private static let columnsMax = 76

    /// Lines end with CR LF, but for the last.
    static func encoded(_ text: String) -> String {
        let lines = text.replacing("\r\n", with: "\n").utf8.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.map { line($0) }.joined(separator: "\r\n")
    }

    private static func line(_ bytes: Substring.UTF8View) -> String {
        var (text, column) = ("", 0)
        for index in bytes.indices {
            let isLast = bytes.index(after: index) == bytes.endIndex
            let shown = shown(bytes[index], isLast: isLast)
            // The last column belongs to the `=` of a line that goes on.
            if column + shown.utf8.count > columnsMax - (isLast ? 0 : 1) {
                text += "=\r\n"
                column = 0
            }
            text += shown
            column += shown.utf8.count
        }
        return text
    }

    private static func shown(_ byte: UInt8, isLast: Bool) -> String {
        let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
        if isPlain || isBlank && !isLast { return String(UnicodeScalar(byte)) }
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "=0\(digits)" : "=\(digits)"
    }
}

/// Text in a header, where only ASCII may stand.
/// - Source: RFC 2047.
enum HeaderText {
    private static let wordColumnsMax = 75
    private static let plainColumnsMax = 60

    /// Plain where it is short and of letters, digits and a few marks; encoded words otherwise.
    /// - Parameter after: The columns of the first line that are taken.
    static func encoded(_ text: String, after columns: Int) -> String {
        if text.utf8.count <= plainColumnsMax, text.utf8.allSatisfy(isPlain),
            !text.hasPrefix(" "), !text.hasSuffix(" ")
        {
            return text
        }
        return words(text, after: columns).joined(separator: "\r\n ")
    }

    private static func words(_ text: String, after columns: Int) -> [String] {
        var words: [String] = []
        var part: [UInt8] = []
        // An encoded word is at most 75 columns, of which 12 are its frame; 4 stand for 3 bytes.
        var room = (wordColumnsMax - 12 - columns) / 4 * 3
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if part.count + bytes.count > room {
                words.append(word(part))
                part = []
                room = (wordColumnsMax - 12) / 4 * 3
            }
            part += bytes
        }
        return words + [word(part)]
    }

    private static func word(_ bytes: [UInt8]) -> String {
        let digits = Base64.standard.encode(bytes, padded: true)
        return "=?utf-8?B?\(String(decoding: digits, as: UTF8.self))?="
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "-"),
            UInt8(ascii: "'"):
            true
        default: false
        }
    }
}

/// Instants as mails show them.
enum MailDate {
    /// Of a header: `Tue, 14 Nov 2023 22:13:20 +0000`.
    /// - Parameter now: Nanoseconds since 1970.
    static func header(_ now: Int64) -> String {
        let time = CivilTime(seconds: now / 1_000_000_000)
        let weekday = CivilTime.weekdayNames[time.weekday].prefix(3)
        let clock = "\(digits(time.hour)):\(digits(time.minute)):\(digits(time.second))"
        return "\(weekday), \(time.day) \(month(time).prefix(3)) \(time.year) \(clock) +0000"
    }

    /// Of a sentence: `14 November 2023, 22:13 UTC`.
    /// - Parameter instant: Microseconds since 1970.
    static func prose(_ instant: Int64) -> String {
        let time = CivilTime(seconds: instant / 1_000_000)
        let clock = "\(digits(time.hour)):\(digits(time.minute))"
        return "\(time.day) \(month(time)) \(time.year), \(clock) UTC"
    }

    private static func month(_ time: CivilTime) -> String {
        CivilTime.monthNames[Int(time.month) - 1]
    }

    private static func digits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
