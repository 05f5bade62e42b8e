/// What changes between two texts, line by line, as `diff -u` prints it.
struct LineDifference {
    private let before: [Substring]
    private let after: [Substring]

    init(_ before: [UInt8], _ after: [UInt8]) {
        self.before = Self.lines(before)
        self.after = Self.lines(after)
    }

    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines.map { Substring($0) }
    }

    /// One hunk that reaches from the first changed line to the last.
    func text(of name: String) -> String {
        let same = zip(before, after).prefix { $0 == $1 }.count
        let rest = min(before.count, after.count) - same
        let sameAtEnd = zip(before.reversed(), after.reversed()).prefix(rest).prefix {
            $0 == $1
        }.count
        let start = max(0, same - 3)
        let tail = min(3, sameAtEnd)
        let removed = before[same..<before.count - sameAtEnd]
        let added = after[same..<after.count - sameAtEnd]
        let head = before[start..<same]
        let foot = before[(before.count - sameAtEnd)...].prefix(tail)
        let context = head.count + foot.count
        var text = "--- \(name).orig\n+++ \(name)\n"
        text += "@@ -\(start + 1),\(removed.count + context)"
        text += " +\(start + 1),\(added.count + context) @@\n"
        for (prefix, lines) in [(" ", head), ("-", removed), ("+", added), (" ", foot)] {
            for line in lines { text += "\(prefix)\(line)\n" }
        }
        return text
    }
}
