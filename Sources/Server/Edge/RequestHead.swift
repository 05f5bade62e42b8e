/// What the bytes of a request's head say, as far as `FastPath` must know: how long the request is,
/// and whether it is a plain decision. Strict on purpose: whatever is unusual is left to the HTTP
/// parser, so that the two never read the same bytes differently.
struct RequestHead {
    /// Bytes of the head, its empty line included.
    var bytes = 0
    /// Bytes of the body; `nil` where the length shows on the way only, or the head is unusual.
    var bodyBytes: Int?
    /// The path after `/v1/data`, within the head; `nil` where the request is no plain decision.
    var path: Range<Int>?
    /// The client can do with a compressed answer.
    var takesGzip = false

    /// - Parameter text: Begins with the head, whose empty line ends at `end`.
    init(_ text: UnsafeRawBufferPointer, end: Int) {
        bytes = end
        var scan = unsafe HeadScan(text: text, end: end)
        scan.requestLine()
        scan.fields()
        guard scan.isUsual else { return }
        bodyBytes = scan.hasTransferEncoding ? nil : scan.contentLength ?? 0
        if scan.isPlain && scan.hosts == 1 { path = scan.path }
        takesGzip = scan.takesGzip
    }

    /// Where a head ends: after its first empty line, searched for from `start` on.
    static func end(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var position = max(start, 3)
        while position < text.count {
            // A byte that is neither of the two cannot be within the four that are looked for.
            switch unsafe text[position] {
            case 0x0A:
                if unsafe text[position - 1] == 0x0D && text[position - 2] == 0x0A
                    && text[position - 3] == 0x0D
                {
                    return position + 1
                }
                position += 2
            case 0x0D: position += 1
            default: position += 4
            }
        }
        return nil
    }
}

/// One reading of a head, byte by byte.
@safe private struct HeadScan {
    let text: UnsafeRawBufferPointer
    let end: Int
    var position = 0
    var isUsual = true
    var isPlain = true
    var path: Range<Int>?
    var contentLength: Int?
    var hasTransferEncoding = false
    var takesGzip = false
    var hosts = 0

    init(text: UnsafeRawBufferPointer, end: Int) {
        unsafe self.text = unsafe text
        self.end = end
    }

    /// Invariant: heads end with an empty line, and every loop ends at a control byte, so that no
    /// position lies beyond it. Debug builds check.
    private subscript(position: Int) -> UInt8 { unsafe text[position] }

    mutating func requestLine() {
        let prefix: StaticString = "POST /v1/data"
        isPlain = starts(with: prefix, at: 0)
        if isPlain {
            position = prefix.utf8CodeUnitCount
            let start = position
            while position < end, HeadScan.isPathByte[Int(self[position])] != 0 { position += 1 }
            path = start..<position
            // The path of data begins with a slash, or is empty.
            isPlain = start == position || self[start] == UInt8(ascii: "/")
            let version: StaticString = " HTTP/1.1\r\n"
            if isPlain, starts(with: version, at: position) {
                position += version.utf8CodeUnitCount
                return
            }
        }
        isPlain = false
        skipRequestLine()
    }

    /// Another request: of its first line, only where it ends matters.
    private mutating func skipRequestLine() {
        position = 0
        while position < end, self[position] >= 0x20 { position += 1 }
        let isLine = self[0] > 0x20 && self[position] == 0x0D && self[position + 1] == 0x0A
        // What follows a CONNECT is no HTTP.
        isUsual = isLine && !starts(with: "CONNECT", at: 0)
        position += 2
    }

    mutating func fields() {
        while isUsual && position < end - 2 { field() }
    }

    private mutating func field() {
        let start = position
        while position < end, HeadScan.isTokenByte[Int(self[position])] != 0 { position += 1 }
        let name = start..<position
        guard !name.isEmpty, self[position] == UInt8(ascii: ":") else {
            isUsual = false
            return
        }
        position += 1
        while self[position] == 0x20 || self[position] == 0x09 { position += 1 }
        let valueStart = position
        while self[position] >= 0x20 && self[position] < 0x7F || self[position] == 0x09 {
            position += 1
        }
        guard self[position] == 0x0D, self[position + 1] == 0x0A else {
            isUsual = false
            return
        }
        var valueEnd = position
        position += 2
        while valueEnd > valueStart, self[valueEnd - 1] == 0x20 || self[valueEnd - 1] == 0x09 {
            valueEnd -= 1
        }
        note(name, valueStart..<valueEnd)
    }

    /// The fields that change how a request is read or answered, by the length of their names.
    private mutating func note(_ name: Range<Int>, _ value: Range<Int>) {
        switch name.count {
        case 2: if equals(name, "te") { isPlain = false }
        case 4: if equals(name, "host") { hosts += 1 }
        case 6: if equals(name, "expect") { isPlain = false }
        case 7:
            if equals(name, "upgrade") { isUsual = false }
            if equals(name, "trailer") { isPlain = false }
        case 10:
            if equals(name, "connection"), !equals(value, "keep-alive") { isPlain = false }
        case 12: if equals(name, "content-type"), contains(value, "yaml") { isPlain = false }
        case 14: if equals(name, "content-length") { length(value) }
        case 15:
            if equals(name, "accept-encoding"), contains(value, "gzip") {
                // Weights and lists of several fields are the other way's work.
                if contains(value, ";") || takesGzip { isPlain = false }
                takesGzip = true
            }
        case 16: if equals(name, "content-encoding") { isPlain = false }
        case 17:
            if equals(name, "transfer-encoding") {
                hasTransferEncoding = true
                isPlain = false
            }
        default: return
        }
    }

    private mutating func length(_ value: Range<Int>) {
        guard contentLength == nil, !value.isEmpty, value.count <= 15 else {
            isUsual = false
            return
        }
        var length = 0
        for position in value {
            let digit = self[position] &- UInt8(ascii: "0")
            guard digit < 10 else {
                isUsual = false
                return
            }
            length = length * 10 + Int(digit)
        }
        contentLength = length
    }

    private func starts(with expected: StaticString, at start: Int) -> Bool {
        guard start + expected.utf8CodeUnitCount <= end else { return false }
        for offset in 0..<expected.utf8CodeUnitCount
        where self[start + offset] != expected.byte(offset) { return false }
        return true
    }

    /// - Parameter expected: In lower case.
    private func equals(_ range: Range<Int>, _ expected: StaticString) -> Bool {
        range.count == expected.utf8CodeUnitCount && matches(expected, at: range.lowerBound)
    }

    private func contains(_ range: Range<Int>, _ expected: StaticString) -> Bool {
        let last = range.upperBound - expected.utf8CodeUnitCount
        guard last >= range.lowerBound else { return false }
        return (range.lowerBound...last).contains { matches(expected, at: $0) }
    }

    private func matches(_ expected: StaticString, at start: Int) -> Bool {
        for offset in 0..<expected.utf8CodeUnitCount {
            let byte = self[start + offset]
            let lowered = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if lowered != expected.byte(offset) { return false }
        }
        return true
    }

    /// RFC 9110 section 5.6.2.
    private static let isTokenByte: [UInt8] = table("!#$%&'*+-.^_`|~")
    /// Paths that mean what they show: no escapes, no query.
    private static let isPathByte: [UInt8] = table("-._~/")

    private static func table(_ others: String) -> [UInt8] {
        var table = [UInt8](repeating: 0, count: 256)
        let letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        for byte in (letters + others).utf8 { table[Int(byte)] = 1 }
        return table
    }
}

extension StaticString {
    fileprivate func byte(_ offset: Int) -> UInt8 { unsafe utf8Start[offset] }
}
