/// Where comments go: above a node, at the end of a line, or into a stretch copied as it is.
extension Formatter {
    /// Writes the comments above a row; one on the row waits for the end of the line.
    mutating func insertComments(_ row: Int32) throws(UnexpectedComment) {
        guard let first = comments.first, first.span.row <= row else { return }
        let above = comments.prefix { $0.span.row < row }
        comments = comments.dropFirst(above.count)
        write(above)
        if let last = above.last, row - last.span.row > 1 { lines.blankLine() }
        guard let next = comments.first, next.span.row == row else { return }
        guard lines.beforeEnd == nil else { throw UnexpectedComment() }
        lines.beforeEnd = next
        comments = comments.dropFirst()
    }

    /// Writes a group of comments with the blank lines that the text has between them, and one
    /// between metadata blocks.
    mutating func write(_ group: ArraySlice<Comment>) {
        var isInMetadata = false
        var previous: Comment?
        for comment in group {
            let gap = comment.span.row - (previous?.span.row ?? comment.span.row)
            if gap > 1 {
                lines.blankLine()
                isInMetadata = false
            } else if gap == 1, isInMetadata, comment.isMetadata {
                lines.blankLine()
            }
            if comment.isMetadata { isInMetadata = true }
            lines.writeLine(comment.line)
            previous = comment
        }
    }

    /// Writes what follows the rules.
    mutating func writeRemainingComments() {
        for comment in comments { lines.writeLine(comment.line) }
        comments = []
    }

    /// Where the formatter was, to copy a stretch instead of what has been written since.
    struct Mark {
        fileprivate var lines: FormatLines.Mark
        fileprivate var comments: ArraySlice<Comment>
        /// How much was written.
        var count: Int { lines.count }
    }

    var mark: Mark { Mark(lines: lines.mark, comments: comments) }

    mutating func rewind(to mark: Mark) {
        lines.rewind(to: mark.lines)
        comments = mark.comments
    }

    /// Copies a stretch as it is; the comments inside of it count as written.
    mutating func copy(_ span: Span) {
        let end = endRow(span)
        if let waiting = lines.beforeEnd, waiting.span.row >= span.row, waiting.span.row <= end,
            waiting.span.start < span.end
        {
            lines.beforeEnd = nil
        }
        lines.write(source.bytes[Int(span.start)..<Int(span.end)])
        copiedEnd = span.end
        comments = comments.drop { $0.span.start < span.end }
        guard keepsCommentOnFinalLine, lines.beforeEnd == nil, let next = comments.first,
            next.span.row == end
        else { return }
        lines.beforeEnd = next
        comments = comments.dropFirst()
    }

    // MARK: What stands between nodes

    /// The first byte of a gap that is neither blank nor in a comment, from an offset on.
    func mark(after offset: Int32, before end: Int32, where isWanted: (UInt8) -> Bool) -> Int32? {
        var index = Int(offset)
        let bound = min(Int(end), source.bytes.count)
        while index < bound {
            let byte = source.bytes[index]
            if byte == UInt8(ascii: "#") {
                while index < bound, source.bytes[index] != 0x0A { index += 1 }
                continue
            }
            if isWanted(byte) { return Int32(index) }
            index += 1
        }
        return nil
    }

    /// The row of the bracket that closes what ends at an offset; -1 where none is near.
    func closingRow(_ closing: Unicode.Scalar, after offset: Int32) -> Int32 {
        let wanted = UInt8(ascii: closing)
        let stops: (UInt8) -> Bool = {
            switch $0 {
            case 0x20, 0x09, 0x0D, 0x0A, UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"):
                $0 == wanted
            default: true
            }
        }
        let end = Int32(source.bytes.count)
        guard let found = mark(after: offset, before: end, where: stops),
            source.bytes[Int(found)] == wanted
        else { return -1 }
        return row(at: found)
    }

    /// The row of the bracket that closes the first one in a stretch, as OPA finds it: by
    /// counting brackets and the line breaks between them, whatever they stand in.
    /// - Parameter past: Brackets that are passed by first.
    /// - Returns: -1 where there are none.
    func bracketRow(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, in span: Span,
        past: (Unicode.Scalar, Unicode.Scalar)? = nil
    ) -> Int32 {
        var rest = source.bytes[Int(span.start)..<Int(span.end)]
        var breaks: Int32 = 0
        for (open, close) in (past.map { [$0] } ?? []) + [(open, close)] {
            guard let inner = Self.bracketed(UInt8(ascii: open), UInt8(ascii: close), in: rest)
            else { return -1 }
            breaks += Int32(inner.count { $0 == 0x0A })
            rest = rest[inner.endIndex...]
        }
        return span.row + breaks
    }

    private static func bracketed(
        _ open: UInt8, _ close: UInt8, in bytes: ArraySlice<UInt8>
    ) -> ArraySlice<UInt8>? {
        guard let start = bytes.firstIndex(of: open) else { return nil }
        var depth = 1
        var index = start + 1
        while index < bytes.endIndex {
            if bytes[index] == open { depth += 1 }
            if bytes[index] == close { depth -= 1 }
            if depth == 0 { return bytes[start..<index] }
            index += 1
        }
        return nil
    }
}
