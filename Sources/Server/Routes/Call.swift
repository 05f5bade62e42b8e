import HTTPTypes

/// A request as its route sees it: read whole, within the limits.
struct Call: Sendable {
    var method: HTTPRequest.Method
    /// What follows the route's own path, elements as they were sent.
    var rest: [Substring]
    var parameters: Parameters
    var fields: HTTPFields
    /// Expanded where it came compressed; empty for routes that take none.
    var body: [UInt8] = []

    var isPretty: Bool { parameters.flag("pretty") }
    var wantsMetrics: Bool { parameters.flag("metrics") }
    var isStrict: Bool { parameters.flag("strict-builtin-errors") }
    var hasYAML: Bool { fields[.contentType]?.lowercased().contains("yaml") == true }

    /// The path of `data` that is asked for: empty elements count for nothing.
    func readPath() throws(Refusal) -> [String] {
        var path: [String] = []
        for element in rest where !element.isEmpty {
            let decoded = PercentEncoding.decoded(element.utf8) ?? String(element)
            guard !decoded.contains("\"") else {
                throw .badRequest("invalid path: invalid ref term '\(decoded)'")
            }
            path.append(decoded)
        }
        return path
    }

    /// The path of `data` that is written, or of a policy: slashes at its ends count for nothing.
    func writePath() throws(Refusal) -> [String] {
        var elements = rest[...]
        while elements.first?.isEmpty == true { elements.removeFirst() }
        while elements.last?.isEmpty == true { elements.removeLast() }
        var path: [String] = []
        for element in elements {
            guard let decoded = PercentEncoding.decoded(element.utf8) else {
                throw .badRequest("bad path: \(rest.joined(separator: "/"))")
            }
            path.append(decoded)
        }
        return path
    }
}

/// The query of a URL: names and values in the order they were sent.
struct Parameters: Sendable {
    /// Those that could be decoded.
    var all: [(name: String, value: String)] { pairs }

    private let pairs: [(name: String, value: String)]

    /// A pair that cannot be decoded counts for nothing, as in Go's `net/url`.
    init(query: Substring) {
        pairs = query.utf8.split(separator: UInt8(ascii: "&")).compactMap { pair in
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = PercentEncoding.decoded(pair[..<end], plusIsSpace: true),
                let text = PercentEncoding.decoded(pair[end...].dropFirst(), plusIsSpace: true)
            else { return nil }
            return (name, text)
        }
    }

    /// The last value of a name.
    func last(_ name: String) -> String? { pairs.last { $0.name == name }?.value }

    /// True for `?name` and `?name=true`.
    func flag(_ name: String) -> Bool {
        let values = pairs.filter { $0.name == name }.map(\.value)
        return values == [""] || values.contains { $0.lowercased() == "true" }
    }
}

enum PercentEncoding {
    /// - Returns: `nil` for a `%` without two hexadecimal digits, or bytes that are no UTF-8.
    static func decoded(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(digit),
                    let low = rest.popFirst().flatMap(digit)
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? 0x20 : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
