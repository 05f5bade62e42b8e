/// The text behind bytes, scalar by scalar. What is no UTF-8 counts as U+FFFD, one byte each.
extension Bytes {
    /// The scalar that begins at a position, and its bytes.
    /// - Source: Go's `unicode/utf8`, `DecodeRune`.
    func scalar(at position: Int) -> (scalar: Unicode.Scalar, width: Int) {
        let lead = self[position]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let width = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
        guard width > 0, position + width <= count else { return ("\u{FFFD}", 1) }
        var value = UInt32(lead) & (0x7F >> UInt32(width))
        for offset in 1..<width {
            let byte = self[position + offset]
            guard byte & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let least: [UInt32] = [0, 0, 0x80, 0x800, 0x1_0000]
        guard value >= least[width], let scalar = Unicode.Scalar(value) else {
            return ("\u{FFFD}", 1)
        }
        return (scalar, width)
    }

    /// The scalar that ends before a position, and its bytes.
    func scalar(before position: Int) -> (scalar: Unicode.Scalar, width: Int) {
        var start = position - 1
        while start > 0 && position - start < 4 && self[start] & 0xC0 == 0x80 { start -= 1 }
        let found = scalar(at: start)
        return start + found.width == position ? found : ("\u{FFFD}", 1)
    }

    var isASCII: Bool { allSatisfy { $0 < 0x80 } }

    var scalarCount: Int {
        var total = 0
        var position = 0
        while position < count {
            position += self[position] < 0x80 ? 1 : scalar(at: position).width
            total += 1
        }
        return total
    }

    /// Where the scalar of a number begins; the end where there are fewer.
    func offset(ofScalar number: Int) -> Int {
        var position = 0
        var left = number
        while position < count && left > 0 {
            position += self[position] < 0x80 ? 1 : scalar(at: position).width
            left -= 1
        }
        return position
    }
}

extension Bytes {
    func hasPrefix(_ prefix: Bytes) -> Bool {
        prefix.count <= count && self[0..<prefix.count].elementsEqual(prefix)
    }

    func hasSuffix(_ suffix: Bytes) -> Bool {
        suffix.count <= count && self[count - suffix.count..<count].elementsEqual(suffix)
    }
}

/// A text to be searched for, in time linear in what is searched.
struct SearchPattern {
    let text: Bytes
    /// How long a prefix of `text` its first so many bytes end with; empty for short ones, for
    /// which a plain search is quicker and bad enough cases do not exist.
    private let borders: [Int]

    private static let plainCount = 16

    init(_ text: Bytes) {
        self.text = text
        guard text.count > SearchPattern.plainCount else {
            borders = []
            return
        }
        var borders = [0, 0]
        borders.reserveCapacity(text.count + 1)
        for position in 1..<text.count {
            var border = borders[position]
            while border > 0 && text[border] != text[position] { border = borders[border] }
            borders.append(text[border] == text[position] ? border + 1 : 0)
        }
        self.borders = borders
    }

    /// Where the first occurrence from `start` on begins.
    func first(in haystack: Bytes, from start: Int = 0) -> Int? {
        if text.isEmpty { return start <= haystack.count ? start : nil }
        return borders.isEmpty ? plain(haystack, start) : linear(haystack, start)
    }

    private func plain(_ haystack: Bytes, _ start: Int) -> Int? {
        let lead = text[0]
        var position = start
        while position + text.count <= haystack.count {
            if haystack[position] == lead {
                var matched = 1
                while matched < text.count && haystack[position + matched] == text[matched] {
                    matched += 1
                }
                if matched == text.count { return position }
            }
            position += 1
        }
        return nil
    }

    /// - Source: Knuth, Morris, Pratt, "Fast Pattern Matching in Strings".
    private func linear(_ haystack: Bytes, _ start: Int) -> Int? {
        var matched = 0
        var position = start
        while position < haystack.count {
            while matched > 0 && text[matched] != haystack[position] { matched = borders[matched] }
            if text[matched] == haystack[position] { matched += 1 }
            position += 1
            if matched == text.count { return position - matched }
        }
        return nil
    }
}
