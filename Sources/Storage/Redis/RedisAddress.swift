/// Where a Redis is and who we are there: `redis://[user[:password]@]host[:port][/database]`, or
/// `unix://[user[:password]@]/path[?db=database]`.
struct RedisAddress: Sendable, Hashable {
    /// A path where the port is 0.
    let host: String
    let port: Int
    let user: String?
    let password: String?
    let database: Int

    /// - Throws: `invalid`, which repeats nothing of the text: it may hold a password.
    init(_ text: String) throws(StorageFailure) {
        guard let scheme = text.firstRange(of: "://") else { throw Self.failure }
        let rest = text[scheme.upperBound...]
        switch text[..<scheme.lowerBound] {
        case "redis": try self.init(network: rest)
        case "unix": try self.init(socket: rest)
        case "rediss":
            throw .invalid("Redis over TLS is not supported, use a private network or a tunnel")
        default: throw Self.failure
        }
    }

    private init(network text: Substring) throws(StorageFailure) {
        let (credentials, place) = Self.parted(text)
        let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let (host, port) = try Self.hostAndPort(parts[0])
        let database = parts.count > 1 && !parts[1].isEmpty ? Int(parts[1]) : 0
        guard let database, database >= 0 else { throw Self.failure }
        try self.init(host: host, port: port, credentials, database: database)
    }

    private init(socket text: Substring) throws(StorageFailure) {
        let (credentials, place) = Self.parted(text)
        let parts = place.split(separator: "?db=", maxSplits: 1, omittingEmptySubsequences: false)
        let database = parts.count > 1 ? Int(parts[1]) : 0
        guard parts[0].hasPrefix("/"), let database, database >= 0 else { throw Self.failure }
        try self.init(host: String(parts[0]), port: 0, credentials, database: database)
    }

    private init(
        host: String, port: Int, _ credentials: Substring?, database: Int
    ) throws(StorageFailure) {
        self.host = host
        self.port = port
        self.database = database
        let parts = (credentials ?? "").split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = parts[0].isEmpty ? nil : try Self.decoded(parts[0])
        password = parts.count > 1 ? try Self.decoded(parts[1]) : nil
        guard user == nil || password != nil else { throw Self.failure }
    }

    private static let failure = StorageFailure.invalid("the address of Redis cannot be read")

    /// What stands before the last `@`, and what after it.
    private static func parted(_ text: Substring) -> (credentials: Substring?, place: Substring) {
        guard let at = text.lastIndex(of: "@") else { return (nil, text) }
        return (text[..<at], text[text.index(after: at)...])
    }

    private static func hostAndPort(_ text: Substring) throws(StorageFailure) -> (String, Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw failure }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw failure }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, !host.utf8.contains(0),
            let number = port.map({ Int($0) }) ?? 6_379, (1...65_535).contains(number)
        else { throw failure }
        return (String(host), number)
    }

    /// Percent-decoded (RFC 3986, 2.1).
    private static func decoded(_ text: Substring) throws(StorageFailure) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2,
                digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let decoded = UInt8(digits, radix: 16)
            else { throw failure }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure }
        return text
    }
}
