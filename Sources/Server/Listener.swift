import Glibc
import HummingbirdCore
import NIOCore

/// One socket to listen on.
enum Listener: Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)

    var bindAddress: BindAddress {
        switch self {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    /// Whether nobody beyond this machine reaches it.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): IPAddress(host)?.isLoopback == true
        }
    }

    /// The sockets that an address of the command line names.
    static func parsed(_ address: String) throws(ServerFailure) -> [Listener] {
        if address.hasPrefix("unix://") {
            let path = String(address.dropFirst(7))
            guard !path.isEmpty, path.utf8.count < 108 else {
                throw .address(address, reason: "a socket's path has 1 to 107 bytes")
            }
            return [.unix(path: path)]
        }
        if address.hasPrefix("https://") {
            throw .address(address, reason: "TLS ends at a proxy in front of this server")
        }
        let text = address.hasPrefix("http://") ? String(address.dropFirst(7)) : address
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { throw .address(address, reason: "no port") }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        return sockets(host: String(host), port: Int(port))
    }

    /// `localhost` is both loopbacks, no host is every address; both where IPv6 is there.
    private static func sockets(host: String, port: Int) -> [Listener] {
        switch host {
        case "": return [.tcp(host: hasIPv6 ? "::" : "0.0.0.0", port: port)]
        case "localhost" where hasIPv6 && port != 0:
            return [.tcp(host: "127.0.0.1", port: port), .tcp(host: "::1", port: port)]
        case "localhost": return [.tcp(host: "127.0.0.1", port: port)]
        default: return [.tcp(host: host, port: port)]
        }
    }

    /// Whether the IPv6 loopback can be bound here: containers often have none.
    private static var hasIPv6: Bool {
        let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard let loopback = try? SocketAddress(ipAddress: "::1", port: 0) else { return false }
        return unsafe loopback.withSockAddr { address, bytes in
            unsafe bind(descriptor, address, socklen_t(bytes)) == 0
        }
    }

    /// - Parameter bound: What the system gave, where that is known.
    func text(bound: SocketAddress?) -> String {
        switch self {
        case .unix(let path): return "unix://\(path)"
        case .tcp(let host, let port):
            let shown = host.contains(":") ? "[\(host)]" : host
            return "\(shown):\(bound?.port ?? port)"
        }
    }

    /// A socket's file outlives its server.
    func cleanUp() {
        if case .unix(let path) = self { _ = unsafe unlink(path) }
    }
}
