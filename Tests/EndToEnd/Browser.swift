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
    /// The organization's host that it is at; it has other cookies there. `nil`: the issuer's.
    let site: String?

    init(_ server: PublicServer, at site: String? = nil) {
        self.server = server
        self.site = site
    }

    private var host: [String] { site.map { ["Host: \($0):8080"] } ?? [] }
    var origin: String { site.map { "Origin: http://\($0):8080" } ?? Browser.origin }

    subscript(_ name: String) -> String? {
        get { jar.withLock { $0[name] } }
        set { jar.withLock { $0[name] = newValue } }
    }

    func open(_ path: String) async throws -> HTTPReply {
        try await keeping { try await server.ask("GET", path, fields: host + cookies) }
    }

    /// Opens the page and sends its form.
    /// - Parameter body: Without the token that the page holds.
    /// - Parameter action: Where the form goes; `nil`: to the page's own path.
    func submit(
        _ path: String, _ body: String, to action: String? = nil
    ) async throws -> HTTPReply {
        let token = try await formToken(path)
        return try await send(action ?? path, "\(body)&form_token=\(token)", [origin])
    }

    /// What ties the form of a page to this browser.
    func formToken(_ path: String) async throws -> String {
        let page = try await open(path)
        let found = page.body.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)
        return String(try #require(found, "\(page.body)").1)
    }

    /// Sends what some page holds.
    func send(_ path: String, _ body: String, _ fields: [String]) async throws -> HTTPReply {
        try await keeping {
            try await server.ask("POST", path, body, fields: host + fields + [Self.type] + cookies)
        }
    }

    /// A call of the API, as a script of our pages makes it.
    func call(
        _ method: String, _ path: String, _ body: String? = nil,
        fields: [String]? = nil
    ) async throws -> HTTPReply {
        try await keeping {
            try await server.ask(
                method, path, body, fields: host + (fields ?? [origin]) + cookies)
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
