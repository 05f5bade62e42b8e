import Loopback
import Server
import Synchronization
import Testing

/// What a browser does for a page: keeps cookies, and sends forms from where they were shown.
final class Browser: Sendable {
    private let server: PublicServer
    private let jar = Mutex<[String: String]>([:])

    private static let type = "Content-Type: application/x-www-form-urlencoded"
    static let origin = "Origin: \(Issuer.development.text)"

    init(_ server: PublicServer) { self.server = server }

    subscript(_ name: String) -> String? {
        get { jar.withLock { $0[name] } }
        set { jar.withLock { $0[name] = newValue } }
    }

    func open(_ path: String) async throws -> HTTPReply {
        try await keeping { try await server.ask("GET", path, fields: cookies) }
    }

    /// Opens the page and sends its form.
    /// - Parameter body: Without the token that the page holds.
    func submit(_ path: String, _ body: String) async throws -> HTTPReply {
        let page = try await open(path)
        let token = try #require(
            page.body.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/), "\(page.body)"
        ).1
        return try await send(path, "\(body)&form_token=\(token)", [Self.origin])
    }

    /// Sends what some page holds.
    func send(_ path: String, _ body: String, _ fields: [String]) async throws -> HTTPReply {
        try await keeping {
            try await server.ask("POST", path, body, fields: fields + [Self.type] + cookies)
        }
    }

    /// A call of the API, as a script of our pages makes it.
    func call(
        _ method: String, _ path: String, _ body: String? = nil,
        fields: [String] = [Browser.origin]
    ) async throws -> HTTPReply {
        try await keeping {
            try await server.ask(method, path, body, fields: fields + cookies)
        }
    }

    private var cookies: [String] {
        let jar = jar.withLock { $0 }
        guard !jar.isEmpty else { return [] }
        return ["Cookie: " + jar.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")]
    }

    private func keeping(_ ask: () async throws -> HTTPReply) async throws -> HTTPReply {
        let reply = try await ask()
        for line in reply.head.split(separator: "\r\n")
        where line.lowercased().hasPrefix("set-cookie:") {
            let pair = line.dropFirst(11).drop { $0 == " " }.prefix { $0 != ";" }
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isGone = line.contains("Max-Age=0")
            self[String(parts[0])] = isGone ? nil : String(parts[1])
        }
        return reply
    }
}
