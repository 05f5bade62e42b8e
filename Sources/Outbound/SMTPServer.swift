/// A server that takes mail for delivery: the operator's relay.
public struct SMTPServer: Sendable {
    let url: String
    let requiresTLS: Bool
    let login: Login?
    /// Trusted roots as PEM, beside the system's.
    public var roots: [UInt8] = []
    /// Until the letter is taken, the connection's set-up included. Who gives up too early sends a
    /// letter twice that was taken.
    public var timeoutSeconds = 60

    /// Who sends, as the server knows it.
    public struct Login: Sendable {
        let user: String
        let password: String

        public init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// Why a server cannot be used as it was named.
    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter url: `smtp://host:port`, or `smtps://host:port` for TLS from the first byte; the
    ///   port may be left out.
    /// - Parameter startTLS: The server must go over to TLS before anything is said to it.
    /// - Throws: `Fault` for another URL, and where a password would cross the network in clear.
    public init(_ url: String, startTLS: Bool, login: Login? = nil) throws(Fault) {
        guard let (scheme, host, port) = SMTPServer.parts(url) else {
            throw Fault(description: "a mail server is `smtp://host:port` or `smtps://host:port`")
        }
        let isSecure = startTLS || scheme == "smtps"
        if let login {
            guard isSecure || SMTPServer.isLoopback(host) else {
                throw Fault(description: "the mail server's password would be sent in clear")
            }
            guard !login.user.utf8.contains(0), !login.password.utf8.contains(0) else {
                throw Fault(description: "the mail server's login holds a null character")
            }
        }
        self.url = "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")"
        requiresTLS = isSecure
        self.login = login
    }

    private static func parts(_ url: String) -> (scheme: String, host: String, port: UInt16?)? {
        guard let mark = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<mark.lowerBound].lowercased()
        var rest = url[mark.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        let isBracketed = rest.hasPrefix("[")
        let end =
            isBracketed
            ? rest.firstIndex(of: "]").map { rest.index(after: $0) } : rest.firstIndex(of: ":")
        let host = rest[..<(end ?? rest.endIndex)]
        let tail = rest[host.endIndex...]
        let port = UInt16(tail.dropFirst())
        let inner = isBracketed ? host.dropFirst().dropLast() : host
        guard ["smtp", "smtps"].contains(scheme), !inner.isEmpty,
            inner.utf8.allSatisfy({ isOfName($0) || isBracketed && $0 == UInt8(ascii: ":") }),
            !isBracketed || host.hasSuffix("]"),
            tail.isEmpty || tail.hasPrefix(":") && (port ?? 0) > 0
        else { return nil }
        return (scheme, String(host), port)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
    }
}
