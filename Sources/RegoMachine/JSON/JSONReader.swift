/// Reads JSON (RFC 8259) straight from bytes into an arena.
///
/// Strings without escapes are not copied: they refer to the bytes that were read, which must
/// outlive the values. Of equal keys the last one counts, as in Go. Text after the document, lone
/// surrogates' code units (they become U+FFFD, as in Go), and nesting are checked.
@unsafe public struct JSONReader {
    private let start: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>
    private var next: UnsafePointer<UInt8>
    private let arena: Arena
    private let nestingMax: Int
    private let digitsMax: Int
    private var depth = 0
    private var scratchUsed = 0

    /// The value of a whole document.
    /// - Parameter limits: `nesting` and `numberDigits` are looked at; memory is the arena's.
    public static func value(
        _ bytes: Bytes, in arena: Arena, limits: Limits
    ) throws(JSONError) -> Value {
        var reader = unsafe JSONReader(bytes, arena, limits)
        return try unsafe reader.document()
    }

    private init(_ bytes: Bytes, _ arena: Arena, _ limits: Limits) {
        unsafe start = unsafe bytes.start
        unsafe end = unsafe bytes.start + bytes.count
        unsafe next = unsafe bytes.start
        unsafe self.arena = arena
        unsafe nestingMax = limits.nesting
        unsafe digitsMax = Limits.numberDigits
    }

    private mutating func document() throws(JSONError) -> Value {
        unsafe skipSpace()
        let value = unsafe try value()
        unsafe skipSpace()
        if unsafe next != end { throw unsafe failure("unexpected text after the document") }
        return value
    }

    private func failure(_ message: String) -> JSONError {
        unsafe JSONError(message: message, offset: next - start)
    }

    private func failure(_ error: BuiltinError) -> JSONError {
        unsafe failure(
            error == .limit(.numberDigits) ? "number has too many digits" : "document too large")
    }

    private func unexpected() -> JSONError {
        if unsafe next == end { return unsafe failure("unexpected end of the document") }
        let byte = unsafe next.pointee
        let shown =
            byte > 32 && byte < 127 ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
        return unsafe failure("unexpected \(shown)")
    }

    @inline(__always)
    private mutating func skipSpace() {
        while unsafe next != end {
            let byte = unsafe next.pointee
            if byte > 32 || !(byte == 32 || byte == 10 || byte == 13 || byte == 9) { return }
            unsafe next += 1
        }
    }

    private mutating func value() throws(JSONError) -> Value {
        guard unsafe next != end else { throw unsafe unexpected() }
        switch unsafe next.pointee {
        case UInt8(ascii: "\""): return unsafe try string()
        case UInt8(ascii: "{"): return unsafe try nested(object: true)
        case UInt8(ascii: "["): return unsafe try nested(object: false)
        case UInt8(ascii: "t"): return unsafe try word("true", .true)
        case UInt8(ascii: "f"): return unsafe try word("false", .false)
        case UInt8(ascii: "n"): return unsafe try word("null", .null)
        default: return unsafe try number()
        }
    }

    private mutating func word(_ text: StaticString, _ value: Value) throws(JSONError) -> Value {
        let length = text.utf8CodeUnitCount
        guard unsafe end - next >= length else { throw unsafe unexpected() }
        for offset in 0..<length where unsafe next[offset] != text.utf8Start[offset] {
            unsafe next += offset
            throw unsafe unexpected()
        }
        unsafe next += length
        return value
    }

    private mutating func nested(object: Bool) throws(JSONError) -> Value {
        unsafe depth += 1
        guard unsafe depth <= nestingMax else { throw unsafe failure("nested too deeply") }
        unsafe next += 1
        let bottom = unsafe scratchUsed
        let value = unsafe object ? try objectRest(bottom) : try arrayRest(bottom)
        unsafe scratchUsed = bottom
        unsafe depth -= 1
        return value
    }

    @inline(__always)
    private mutating func push(_ value: Value) {
        unsafe arena.scratch(scratchUsed)[scratchUsed] = value
        unsafe scratchUsed += 1
    }

    private mutating func arrayRest(_ bottom: Int) throws(JSONError) -> Value {
        unsafe skipSpace()
        if unsafe next != end && next.pointee == UInt8(ascii: "]") {
            unsafe next += 1
            return unsafe try array(bottom)
        }
        while true {
            unsafe skipSpace()
            unsafe push(try value())
            unsafe skipSpace()
            guard unsafe next != end else { throw unsafe unexpected() }
            let byte = unsafe next.pointee
            if byte == UInt8(ascii: ",") {
                unsafe next += 1
            } else if byte == UInt8(ascii: "]") {
                unsafe next += 1
                return unsafe try array(bottom)
            } else {
                throw unsafe unexpected()
            }
        }
    }

    private func array(_ bottom: Int) throws(JSONError) -> Value {
        let count = unsafe scratchUsed - bottom
        do throws(BuiltinError) {
            let elements = unsafe try arena.allocate(Value.self, count + 1) + 1
            if count > 0 { unsafe elements.update(from: arena.scratch(0) + bottom, count: count) }
            return unsafe try Value.array(at: elements, count: count)
        } catch { throw unsafe failure(error) }
    }

    private mutating func objectRest(_ bottom: Int) throws(JSONError) -> Value {
        unsafe skipSpace()
        if unsafe next != end && next.pointee == UInt8(ascii: "}") {
            unsafe next += 1
            return unsafe try object(bottom)
        }
        while true {
            unsafe skipSpace()
            guard unsafe next != end, unsafe next.pointee == UInt8(ascii: "\"") else {
                throw unsafe unexpected()
            }
            unsafe push(try string())
            unsafe skipSpace()
            guard unsafe next != end, unsafe next.pointee == UInt8(ascii: ":") else {
                throw unsafe unexpected()
            }
            unsafe next += 1
            unsafe skipSpace()
            unsafe push(try value())
            unsafe skipSpace()
            guard unsafe next != end else { throw unsafe unexpected() }
            let byte = unsafe next.pointee
            if byte == UInt8(ascii: ",") {
                unsafe next += 1
            } else if byte == UInt8(ascii: "}") {
                unsafe next += 1
                return unsafe try object(bottom)
            } else {
                throw unsafe unexpected()
            }
        }
    }

    private func object(_ bottom: Int) throws(JSONError) -> Value {
        let pairs = unsafe arena.scratch(0) + bottom
        do throws(BuiltinError) {
            return unsafe try Value.object(
                pairs: pairs, count: (scratchUsed - bottom) / 2, in: arena)
        } catch { throw unsafe failure(error) }
    }
}

extension JSONReader {
    private mutating func string() throws(JSONError) -> Value {
        unsafe next += 1
        let first = unsafe next
        var isASCII = true
        while true {
            unsafe skipPlain()
            guard unsafe next != end else { throw unsafe unexpected() }
            let byte = unsafe next.pointee
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") { return unsafe try escapedString(first, isASCII) }
            if byte < 32 { throw unsafe failure("control character in a string") }
            isASCII = false
            unsafe next += 1
        }
        let bytes = unsafe Bytes(start: first, count: next - first)
        if !isASCII && !bytes.isUTF8 { throw unsafe failure("invalid UTF-8 in a string") }
        unsafe next += 1
        return .string(sharing: bytes)
    }

    /// To the next quote, backslash, control character or byte beyond ASCII.
    @inline(__always)
    private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while unsafe end - next >= 8 {
            let word = unsafe UnsafeRawPointer(next).loadUnaligned(as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            // A byte is found where subtracting borrowed into its high bit.
            let found =
                ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash)
                | ((word &- (ones &* 0x20)) & ~word) | word
            let hits = found & highs
            if hits != 0 {
                unsafe next += hits.trailingZeroBitCount / 8
                return
            }
            unsafe next += 8
        }
        while unsafe next != end {
            let byte = unsafe next.pointee
            if byte == 0x22 || byte == 0x5C || byte < 32 || byte >= 128 { return }
            unsafe next += 1
        }
    }

    private mutating func escapedString(
        _ first: UnsafePointer<UInt8>, _ wasASCII: Bool
    ) throws(JSONError) -> Value {
        do throws(BuiltinError) {
            var text = unsafe try TextBuilder(in: arena, capacity: next - first + 32)
            unsafe try text.append(Bytes(start: first, count: next - first))
            return unsafe try unescape(&text)
        } catch {
            switch error {
            case .failed(let message): throw unsafe failure(message)
            default: throw unsafe failure(error)
            }
        }
    }

    private mutating func unescape(_ text: inout TextBuilder) throws(BuiltinError) -> Value {
        while unsafe next != end {
            let from = unsafe next
            unsafe skipPlain()
            unsafe try text.append(Bytes(start: from, count: next - from))
            guard unsafe next != end else { break }
            let byte = unsafe next.pointee
            unsafe next += 1
            switch byte {
            case UInt8(ascii: "\""):
                if !text.bytes.isUTF8 { throw .failed("invalid UTF-8 in a string") }
                return text.value
            case UInt8(ascii: "\\"): unsafe try escape(&text)
            case 0..<32: throw .failed("control character in a string")
            default: try text.append(byte)
            }
        }
        throw .failed("unexpected end of the document")
    }

    private mutating func escape(_ text: inout TextBuilder) throws(BuiltinError) {
        guard unsafe next != end else { throw .failed("unexpected end of the document") }
        let byte = unsafe next.pointee
        unsafe next += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): try text.append(byte)
        case UInt8(ascii: "b"): try text.append(8)
        case UInt8(ascii: "f"): try text.append(12)
        case UInt8(ascii: "n"): try text.append(10)
        case UInt8(ascii: "r"): try text.append(13)
        case UInt8(ascii: "t"): try text.append(9)
        case UInt8(ascii: "u"): unsafe try text.append(UTF8.encode(try escapedScalar()) ?? .init())
        default: throw .failed("unknown escape in a string")
        }
    }

    private mutating func escapedScalar() throws(BuiltinError) -> Unicode.Scalar {
        let unit = unsafe try hexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, unsafe end - next >= 6, unsafe next[0] == UInt8(ascii: "\\"),
            unsafe next[1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let before = unsafe next
        unsafe next += 2
        let low = unsafe try hexUnit()
        guard low >= 0xDC00, low < 0xE000 else {
            unsafe next = unsafe before
            return "\u{FFFD}"
        }
        let high = UInt32(unit - 0xD800) << 10
        return Unicode.Scalar(0x10000 + high + UInt32(low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexUnit() throws(BuiltinError) -> UInt16 {
        guard unsafe end - next >= 4 else { throw .failed("unexpected end of the document") }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = unsafe Character(Unicode.Scalar(next.pointee)).hexDigitValue else {
                throw .failed("bad hexadecimal digit in an escape")
            }
            unit = unit << 4 | UInt16(digit)
            unsafe next += 1
        }
        return unit
    }

    private mutating func number() throws(JSONError) -> Value {
        let first = unsafe next
        let isNegative = unsafe next.pointee == UInt8(ascii: "-")
        if isNegative { unsafe next += 1 }
        let digitsFrom = unsafe next
        var magnitude: UInt64 = 0
        while unsafe next != end, unsafe next.pointee &- 48 < 10 {
            magnitude = unsafe magnitude &* 10 &+ UInt64(next.pointee &- 48)
            unsafe next += 1
        }
        let digits = unsafe next - digitsFrom
        guard digits > 0 else { throw unsafe unexpected() }
        if unsafe digits > 1 && digitsFrom.pointee == 48 {
            throw unsafe failure("number with a leading zero")
        }
        let isPlain = unsafe next == end || !isNumberTail(next.pointee)
        if isPlain && digits <= 18 && !(isNegative && magnitude == 0) {
            return .integer(isNegative ? -Int64(magnitude) : Int64(magnitude))
        }
        if !isPlain { unsafe try numberTail() }
        guard unsafe next - first <= digitsMax else {
            throw unsafe failure("number has too many digits")
        }
        do throws(BuiltinError) {
            return unsafe try Numbers.parse(Bytes(start: first, count: next - first), in: arena)
        } catch { throw unsafe failure(error) }
    }

    private func isNumberTail(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
    }

    private mutating func numberTail() throws(JSONError) {
        if unsafe next != end && next.pointee == UInt8(ascii: ".") {
            unsafe next += 1
            unsafe try someDigits()
        }
        if unsafe next != end && (next.pointee | 32) == UInt8(ascii: "e") {
            unsafe next += 1
            if unsafe next != end && (next.pointee == 43 || next.pointee == 45) { unsafe next += 1 }
            unsafe try someDigits()
        }
    }

    private mutating func someDigits() throws(JSONError) {
        let from = unsafe next
        while unsafe next != end, unsafe next.pointee &- 48 < 10 { unsafe next += 1 }
        if unsafe next == from { throw unsafe unexpected() }
    }
}
