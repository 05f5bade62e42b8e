extension Builtin {
    package static let uris: [Builtin] = [
        Builtin("uri.is_valid", [.string], .boolean, [.checksOperands], run: URIs.isValid),
        Builtin("uri.parse", [.string], .object(.string, .string), run: URIs.parse),
    ]
}

enum URIs {
    /// The empty text is no URI here, though RFC 3986 has it as a relative reference.
    static func isValid(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard operands[0].kind == .string else { return .false }
        let text = operands[0].bytes
        try context.charge(text.count / 16)
        let uri = try? URI(Array(text))
        return .boolean(!text.isEmpty && uri != nil)
    }

    /// The parts that are there; `raw_path` whenever there is a `path`.
    static func parse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = Array(operands[0].bytes)
        try context.charge(text.count / 16)
        let uri: URI
        do {
            uri = try URI(text)
        } catch {
            let shown = String(decoding: error.text, as: UTF8.self)
            throw .failed("parse \(Quoted.text(shown)): \(error.message)")
        }
        let parts = try Value.object(in: context.arena)
        for (name, part) in [
            ("scheme", uri.scheme), ("hostname", uri.hostname), ("port", uri.port),
            ("path", uri.path), ("raw_path", uri.path.isEmpty ? [] : uri.rawPath),
            ("raw_query", uri.query), ("fragment", uri.fragment),
        ] where !part.isEmpty {
            try parts.insert(
                .string(name, in: context.arena), .string(part, in: context.arena),
                in: context.arena)
        }
        return parts
    }
}

/// A URI taken apart the way Go's `net/url` does it.
/// - Source: RFC 3986; what differs is Go's.
private struct URI {
    var scheme: [UInt8] = []
    var hostname: [UInt8] = []
    var port: [UInt8] = []
    var path: [UInt8] = []
    /// The path as written, where writing `path` would give another text; otherwise `path`.
    var rawPath: [UInt8] = []
    var query: [UInt8] = []
    var fragment: [UInt8] = []

    struct Malformed: Error {
        let text: [UInt8]
        let message: String
    }

    private enum Part {
        case userinfo, host, zone, path, fragment
    }

    init(_ text: [UInt8]) throws(Malformed) {
        let hash = text.firstIndex(of: UInt8(ascii: "#")) ?? text.count
        do throws(Reason) {
            try parse(text[..<hash])
        } catch {
            throw Malformed(text: Array(text[..<hash]), message: error.message)
        }
        do throws(Reason) {
            fragment = try URI.unescape(text[hash...].dropFirst(), .fragment)
        } catch {
            throw Malformed(text: text, message: error.message)
        }
    }

    private struct Reason: Error {
        let message: String
    }

    private mutating func parse(_ text: ArraySlice<UInt8>) throws(Reason) {
        if text.contains(where: { $0 < 32 || $0 == 127 }) {
            throw Reason(message: "net/url: invalid control character in URL")
        }
        if text.elementsEqual("*".utf8) {
            (path, rawPath) = ([42], [42])
            return
        }
        var rest = try takeScheme(text)
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = Array(rest[(mark + 1)...])
            rest = rest[..<mark]
        }
        if rest.first != UInt8(ascii: "/") {
            // A rootless path after a scheme is opaque: `mailto:someone`.
            if !scheme.isEmpty { return }
            let segment = rest.prefix { $0 != UInt8(ascii: "/") }
            if segment.contains(UInt8(ascii: ":")) {
                throw Reason(message: "first path segment in URL cannot contain colon")
            }
        }
        let hasAuthority = !scheme.isEmpty || !rest.starts(with: "///".utf8)
        if hasAuthority && rest.starts(with: "//".utf8) {
            let authority = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
            try parseAuthority(authority)
            rest = rest[authority.endIndex...]
        }
        path = try URI.unescape(rest, .path)
        rawPath = URI.escapedPath(path) == Array(rest) ? path : Array(rest)
    }

    /// - Returns: What follows the scheme, or all where there is none.
    private mutating func takeScheme(
        _ text: ArraySlice<UInt8>
    ) throws(Reason) -> ArraySlice<UInt8> {
        for position in text.indices {
            switch text[position] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                if position == text.startIndex { return text }
            case UInt8(ascii: ":"):
                if position == text.startIndex { throw Reason(message: "missing protocol scheme") }
                scheme = text[..<position].map { (65...90).contains($0) ? $0 + 32 : $0 }
                return text[(position + 1)...]
            default: return text
            }
        }
        return text
    }

    private mutating func parseAuthority(_ authority: ArraySlice<UInt8>) throws(Reason) {
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else {
            return try parseHost(authority)
        }
        try parseHost(authority[(at + 1)...])
        let userinfo = authority[..<at]
        let punctuation = Array("-._:~!$&'()*+,;=%@".utf8)
        let isValid = userinfo.allSatisfy {
            URLQueries.isUnreserved($0) || punctuation.contains($0)
        }
        guard isValid else { throw Reason(message: "net/url: invalid userinfo") }
        _ = try URI.unescape(userinfo, .userinfo)
    }

    private mutating func parseHost(_ host: ArraySlice<UInt8>) throws(Reason) {
        if let open = host.lastIndex(of: UInt8(ascii: "[")) {
            guard let close = host.lastIndex(of: UInt8(ascii: "]")), close > open else {
                throw Reason(message: "missing ']' in host")
            }
            port = try URI.port(host[(close + 1)...])
            hostname = try URI.literalAddress(host[(open + 1)..<close])
        } else {
            let colon = host.firstIndex(of: UInt8(ascii: ":")) ?? host.endIndex
            port = try URI.port(host[colon...])
            hostname = try URI.unescape(host[..<colon], .host)
        }
    }

    /// The digits after a colon.
    private static func port(_ text: ArraySlice<UInt8>) throws(Reason) -> [UInt8] {
        let digits = text.dropFirst()
        if text.first ?? 58 == 58 && digits.allSatisfy({ (48...57).contains($0) }) {
            return Array(digits)
        }
        let shown = Quoted.text(String(decoding: text, as: UTF8.self))
        throw Reason(message: "invalid port \(shown) after host")
    }

    /// An IPv6 address, with a zone after `%25` or without.
    /// - Source: RFC 6874.
    private static func literalAddress(_ text: ArraySlice<UInt8>) throws(Reason) -> [UInt8] {
        let mark = text.indices.first { text[$0...].starts(with: "%25".utf8) } ?? text.endIndex
        let address = try unescape(text[..<mark], .host)
        let zone = try unescape(text[mark...], .zone)
        guard address.contains(UInt8(ascii: ":")), IPAddress(address) != nil, zone.count != 1 else {
            throw Reason(message: "invalid IP-literal")
        }
        return address + zone
    }
}

extension URI {
    private static func unescape(
        _ text: ArraySlice<UInt8>, _ part: Part
    ) throws(Reason) -> [UInt8] {
        var bytes: [UInt8] = []
        var position = text.startIndex
        while position < text.endIndex {
            let byte = text[position]
            if byte == UInt8(ascii: "%") {
                let escape = text[position...].prefix(3)
                guard let value = URLQueries.escapedByte(escape, at: 0),
                    mayBeEscaped(value, part, isPercent: escape.elementsEqual("%25".utf8))
                else {
                    let shown = Quoted.text(String(decoding: escape, as: UTF8.self))
                    throw Reason(message: "invalid URL escape \(shown)")
                }
                bytes.append(value)
                position += 3
            } else if (part == .host || part == .zone) && byte < 0x80 && !isHostByte(byte) {
                let shown = Quoted.text(String(decoding: [byte], as: UTF8.self))
                throw Reason(message: "invalid character \(shown) in host name")
            } else {
                bytes.append(byte)
                position += 1
            }
        }
        return bytes
    }

    /// Hosts escape only what is not ASCII, zones only what a host could not hold.
    private static func mayBeEscaped(_ byte: UInt8, _ part: Part, isPercent: Bool) -> Bool {
        switch part {
        case .host: byte >= 0x80 || isPercent
        case .zone: isPercent || byte == UInt8(ascii: " ") || isHostByte(byte)
        case .userinfo, .path, .fragment: true
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        URLQueries.isUnreserved(byte) || "!$&'()*+,;=:[]<>\"".utf8.contains(byte)
    }

    private static func escapedPath(_ path: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for byte in path {
            if URLQueries.isUnreserved(byte) || "$&+,/:;=@".utf8.contains(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), Hex.upper(byte >> 4), Hex.upper(byte & 15)]
            }
        }
        return text
    }
}
