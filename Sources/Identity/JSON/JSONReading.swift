import CJansson

extension JSON {
    /// Arrays and objects inside each other.
    static let nestingMax = 32

    /// Why bytes are no JSON that is taken: a clause without the text that was sent.
    public struct Failure: Error, Sendable, Hashable {
        public let reason: String
    }

    /// Reads one object or array, strictly: UTF-8, no name twice in an object, at most 32 levels,
    /// integers within 64 bits, no U+0000.
    /// - Source: RFC 8259; I-JSON (RFC 7493) for what is refused beyond it.
    public init(reading bytes: [UInt8]) throws(Failure) {
        var fault = json_error_t()
        let root = unsafe bytes.withUnsafeBufferPointer { buffer -> UnsafeMutablePointer<json_t>? in
            // An empty array has no address, and the library takes none for a mistake of ours.
            guard let start = buffer.baseAddress else { return nil }
            return unsafe start.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
                unsafe json_loadb($0, buffer.count, Int(JSON_REJECT_DUPLICATES), &fault)
            }
        }
        guard let root = unsafe root else {
            let place = bytes.isEmpty ? "" : " at byte \(fault.position)"
            throw Failure(reason: bytes.isEmpty ? "there is no text" : "it is no JSON\(place)")
        }
        defer { unsafe json_decref(root) }
        self = try unsafe JSON(root, depth: 1)
    }

    private init(_ value: UnsafeMutablePointer<json_t>, depth: Int) throws(Failure) {
        switch unsafe value.pointee.type {
        case JSON_NULL: self = .null
        case JSON_TRUE: self = .boolean(true)
        case JSON_FALSE: self = .boolean(false)
        case JSON_INTEGER: self = unsafe .integer(Int64(json_integer_value(value)))
        case JSON_REAL: self = unsafe .real(json_real_value(value))
        case JSON_STRING:
            guard let text = unsafe json_string_value(value) else {
                throw Failure(reason: "no text")
            }
            self = unsafe .text(String(cString: text))
        case JSON_ARRAY: self = try unsafe .array(JSON.elements(value, depth))
        default: self = try unsafe .object(JSON.members(value, depth))
        }
    }

    private static func elements(
        _ array: UnsafeMutablePointer<json_t>, _ depth: Int
    ) throws(Failure) -> [JSON] {
        try check(depth)
        var elements: [JSON] = []
        for index in unsafe 0..<json_array_size(array) {
            guard let element = unsafe json_array_get(array, index) else { continue }
            elements.append(try unsafe JSON(element, depth: depth + 1))
        }
        return elements
    }

    private static func members(
        _ object: UnsafeMutablePointer<json_t>, _ depth: Int
    ) throws(Failure) -> [Member] {
        try check(depth)
        var members: [Member] = []
        var place = unsafe json_object_iter(object)
        while let found = unsafe place {
            if let name = unsafe json_object_iter_key(found),
                let value = unsafe json_object_iter_value(found)
            {
                let text = unsafe String(cString: name)
                members.append(Member(text, try unsafe JSON(value, depth: depth + 1)))
            }
            unsafe place = unsafe json_object_iter_next(object, found)
        }
        return members
    }

    private static func check(_ depth: Int) throws(Failure) {
        guard depth <= nestingMax else {
            throw Failure(reason: "it nests deeper than \(nestingMax) levels")
        }
    }
}
