/// The text so far, its indentation, and the comment that waits for the end of the line.
struct FormatLines {
    private(set) var bytes: [UInt8] = []
    var level = 0
    /// Something may be written where the text ends now: the line has begun.
    private(set) var isInline = false
    /// Goes to the end of the current line.
    var beforeEnd: Comment?
    /// The next end of a line is too early for the comment.
    private var isDelayed = false

    struct Mark {
        var count: Int
        fileprivate var level: Int
        fileprivate var isInline: Bool
        fileprivate var isDelayed: Bool
        fileprivate var beforeEnd: Comment?
    }

    var mark: Mark {
        Mark(
            count: bytes.count, level: level, isInline: isInline, isDelayed: isDelayed,
            beforeEnd: beforeEnd)
    }

    mutating func rewind(to mark: Mark) {
        bytes.removeLast(bytes.count - mark.count)
        level = mark.level
        isInline = mark.isInline
        isDelayed = mark.isDelayed
        beforeEnd = mark.beforeEnd
    }

    mutating func write(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func write(_ text: ArraySlice<UInt8>) {
        bytes.append(contentsOf: text)
    }

    mutating func startLine() {
        isInline = true
        bytes.append(contentsOf: repeatElement(0x09, count: level))
    }

    mutating func endLine() {
        isInline = false
        if let comment = beforeEnd, !isDelayed {
            write(" " + comment.line)
            beforeEnd = nil
        }
        isDelayed = false
        write("\n")
    }

    mutating func blankLine() {
        if isInline { endLine() }
        write("\n")
    }

    mutating func writeLine(_ text: String) {
        if !isInline { startLine() }
        write(text)
        endLine()
    }

    /// Begins the lines of a composite, whose first line ends without the comment that waits.
    mutating func startIndentedLines() {
        isDelayed = true
        endLine()
        level += 1
        startLine()
    }

    mutating func endIndentedLines() {
        level -= 1
        startLine()
    }
}

extension Comment {
    /// As it is written, without spaces at its end.
    var line: String {
        var scalars = Substring(text).unicodeScalars
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return "#" + String(scalars)
    }
}
