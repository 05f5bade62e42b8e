import RegoMachine

/// Where a request goes: the URL as libcurl takes it, and the socket of a `unix` URL.
/// - Source: OPA, `http.send`: `unix://localhost/path?socket=%2Ftmp%2Fhttp.sock`.
struct RequestTarget {
    var url: String
    var socket: String?

    struct Refusal: Error {
        let message: String
    }

    init(_ text: String) throws(Refusal) {
        let scheme = Self.scheme(of: text)
        switch scheme {
        case "http", "https":
            guard text.dropFirst(scheme.count).hasPrefix("://") else {
                throw Refusal(message: "http: no Host in request URL")
            }
            url = text
        case "unix":
            guard text.dropFirst(scheme.count).hasPrefix("://"),
                let target = Self.unix(text.dropFirst(scheme.count))
            else { fallthrough }
            self = target
        default: throw Refusal(message: "unsupported protocol scheme \"\(scheme)\"")
        }
    }

    /// Refuses a target at another host. What could be read in two ways is at none of them.
    func require(oneOf hosts: Set<String>) throws(CurlTransfer.Failure) {
        let rest = url.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst(3)
        let authority = rest.prefix { byte in
            byte != UInt8(ascii: "/") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
        }
        let text = String(Substring(authority))
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        let host = text.hasPrefix("[")
            ? String(text.dropFirst().prefix { $0 != "]" }) : String(text.prefix { $0 != ":" })
        guard isPlain, hosts.contains(host) else {
            throw CurlTransfer.Failure(kind: .refused, message: "unallowed host: \(host)")
        }
    }

    private init(url: String, socket: String) {
        self.url = url
        self.socket = socket
    }

    /// In lower case; empty: none.
    private static func scheme(of text: String) -> String {
        guard let colon = text.firstIndex(of: ":"), text.first?.isLetter == true,
            text[..<colon].utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            })
        else { return "" }
        return text[..<colon].lowercased()
    }

    /// `nil` where no query names a socket. The other parameters stay in the URL.
    private static func unix(_ rest: Substring) -> RequestTarget? {
        guard let mark = rest.firstIndex(of: "?") else { return nil }
        let query = rest[rest.index(after: mark)...].prefix { $0 != "#" }
        var socket: String?
        var kept: [Substring] = []
        for pair in query.split(separator: "&") {
            if pair.hasPrefix("socket=") {
                socket = socket ?? decoded(pair.dropFirst("socket=".count))
            } else {
                kept.append(pair)
            }
        }
        guard let socket, !socket.isEmpty, !socket.utf8.contains(0) else { return nil }
        let others = kept.isEmpty ? "" : "?" + kept.joined(separator: "&")
        return RequestTarget(url: "http" + rest[..<mark] + others, socket: socket)
    }

    /// `nil` where an escape is none.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
