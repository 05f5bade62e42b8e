import CPasswordList

/// Some 40,000 passwords that everybody tries first, in the binary.
/// - Source: `Sources/CPasswordList/README.md`.
enum GuessedPasswords {
    /// - Parameter word: In lower case.
    static func contain(_ word: some Sequence<UInt8>) -> Bool {
        let word = Array(word)
        return unsafe list.withMemoryRebound(to: UInt8.self) { list in
            var range = 0..<list.count
            while !range.isEmpty {
                let line = unsafe line(of: list, around: range.lowerBound + range.count / 2)
                let found = unsafe list[line]
                if unsafe found.elementsEqual(word) { return true }
                range =
                    unsafe found.lexicographicallyPrecedes(word)
                    ? line.upperBound + 1..<range.upperBound : range.lowerBound..<line.lowerBound
            }
            return false
        }
    }

    @unsafe private static func line(
        of list: UnsafeBufferPointer<UInt8>, around position: Int
    ) -> Range<Int> {
        var (start, end) = (position, position)
        while start > 0, unsafe list[start - 1] != newline { start -= 1 }
        while unsafe list[end] != newline { end += 1 }
        return start..<end
    }

    private static let newline = UInt8(ascii: "\n")

    /// Invariant: each word has a newline behind it, the last one too.
    nonisolated(unsafe) private static let list: UnsafeBufferPointer<CChar> = {
        let start = unsafe password_list()
        var count = 0
        while unsafe start[count] != 0 { count += 1 }
        return unsafe UnsafeBufferPointer(start: start, count: count)
    }()
}
