import Glibc
import RegoMachine

/// The three parts of a token in compact form, still encoded. Nothing is copied.
/// - Source: RFC 7515, section 7.1.
struct JSONWebToken {
    let header: Bytes
    let payload: Bytes
    let signature: Bytes
    /// What the signature is of: header, period, payload.
    let signed: Bytes

    init(_ text: Bytes) throws(BuiltinError) {
        var periods: (Int, Int) = (-1, -1)
        var count = 0
        var position = 0
        while let found = text.firstPeriod(from: position) {
            if count == 0 { periods.0 = found }
            if count == 1 { periods.1 = found }
            count += 1
            position = found + 1
        }
        if count == 0 { throw .failed("encoded JWT had no period separators") }
        if count != 2 {
            throw .failed("encoded JWT must have 3 sections, found \(count + 1)")
        }
        header = text[0..<periods.0]
        payload = text[periods.0 + 1..<periods.1]
        signature = text[periods.1 + 1..<text.count]
        signed = text[0..<periods.1]
    }

    /// The header as an object.
    func decodedHeader(_ context: BuiltinContext) throws(BuiltinError) -> Value {
        let text = try decoded(header, "JWT header had invalid encoding: ", context)
        let object: Value
        do {
            object = try JSONWebToken.object(text, context)
        } catch .failed(let message) {
            throw .failed("bad JWT header: \(message)")
        }
        // RFC 7516, section 9, tells encrypted tokens from signed ones.
        if !object.member("enc").isUndefined {
            throw .failed("JWT is a JWE object, which is not supported")
        }
        return object
    }

    func decodedPayload(_ context: BuiltinContext) throws(BuiltinError) -> Bytes {
        try decoded(payload, "JWT payload had invalid encoding: ", context)
    }

    /// - Parameter isNamed: Whether the message says which part is wrong.
    func decodedSignature(
        _ context: BuiltinContext, isNamed: Bool = false
    ) throws(BuiltinError) -> Bytes {
        try decoded(signature, isNamed ? "JWT signature had invalid encoding: " : "", context)
    }

    private func decoded(
        _ part: Bytes, _ prefix: String, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bytes {
        do {
            return try Base64URL.decoded(part, context)
        } catch .failed(let message) {
            throw .failed(prefix + message)
        }
    }

    static func object(
        _ text: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let value: Value
        do {
            value = try unsafe JSONReader.value(text, in: context.arena, limits: context.limits)
        } catch {
            throw .failed("invalid JSON: \(error.message)")
        }
        if value.kind == .object { return value }
        throw .failed("decoded JSON type was not an Object")
    }
}

/// Base 64 for URLs (RFC 4648, section 5) straight into an arena.
enum Base64URL {
    static func decoded(
        _ text: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bytes {
        try context.charge(text.count / 16)
        if text.count % 4 == 1 { throw .failed("illegal base64url string: \(text.string)") }
        var output = try TextBuilder(in: context.arena, capacity: text.count / 4 * 3 + 3)
        var isPlain = false
        unsafe try output.append(upTo: text.count / 4 * 3 + 3) { room in
            let filled = unsafe fill(room, text.buffer)
            isPlain = filled != nil
            return filled ?? 0
        }
        // Padding, line breaks and what is no digit: rare, and left to the slow twin.
        return isPlain ? output.bytes : try decodedSlowly(text, context)
    }

    /// - Returns: How many bytes were written; `nil` where the text has other bytes than digits.
    @unsafe private static func fill(
        _ output: UnsafeMutableBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        unsafe digits.withUnsafeBufferPointer { digits in
            var seen: UInt64 = 0
            var read = 0
            var written = 0
            while read &+ 4 <= text.count {
                let word =
                    unsafe digits[Int(text[read])] << 18 | digits[Int(text[read &+ 1])] << 12
                    | digits[Int(text[read &+ 2])] << 6 | digits[Int(text[read &+ 3])]
                seen |= word
                unsafe output[written] = UInt8(truncatingIfNeeded: word >> 16)
                unsafe output[written &+ 1] = UInt8(truncatingIfNeeded: word >> 8)
                unsafe output[written &+ 2] = UInt8(truncatingIfNeeded: word)
                read &+= 4
                written &+= 3
            }
            guard seen <= 0xFF_FFFF else { return nil }
            guard read < text.count else { return written }
            var word: UInt64 = 0
            for position in read..<read &+ 3 {
                let digit = unsafe position < text.count ? digits[Int(text[position])] : 0
                word = word << 6 | digit
            }
            guard word <= 0x3_FFFF else { return nil }
            unsafe output[written] = UInt8(truncatingIfNeeded: word >> 10)
            if read &+ 3 == text.count {
                unsafe output[written &+ 1] = UInt8(truncatingIfNeeded: word >> 2)
                return written &+ 2
            }
            return written &+ 1
        }
    }

    private static func decodedSlowly(
        _ text: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bytes {
        let isPadded = text.last == UInt8(ascii: "=")
        let bytes: [UInt8]
        do {
            bytes = try Base64.url.decode(text, padded: isPadded)
        } catch {
            throw .failed("illegal base64 data at input byte \(error.offset)")
        }
        return try Value.string(bytes, in: context.arena).bytes
    }

    /// What each byte stands for; a bit above any sum of digits for what is no digit.
    private static let digits: [UInt64] = {
        var table = [UInt64](repeating: 1 << 30, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for (value, byte) in alphabet.utf8.enumerated() { table[Int(byte)] = UInt64(value) }
        return table
    }()
}

extension Value {
    /// The value at a key that is a text, looked up without making a value of the key.
    func member(_ key: StaticString) -> Value {
        let entries = entries
        for index in 0..<entries.count where entries[index].key.isText(key) {
            return entries[index].value
        }
        return .undefined
    }

    func isText(_ text: StaticString) -> Bool {
        guard kind == .string else { return false }
        return bytes.isText(text)
    }
}

extension Bytes {
    fileprivate func firstPeriod(from start: Int) -> Int? {
        guard start < count, let address = unsafe buffer.baseAddress else { return nil }
        guard let found = unsafe memchr(address + start, 0x2E, count - start) else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(address)
    }

    func isText(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for position in 0..<count where unsafe self[position] != text.utf8Start[position] {
            return false
        }
        return true
    }
}
