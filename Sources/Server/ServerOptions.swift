public import Bundles
public import Rego
public import RegoMachine

/// What a server serves, where, and within what bounds.
public struct ServerOptions: Sendable {
    /// `host:port`, or `unix://path`. `localhost` is both loopback addresses, where there are two;
    /// port 0 takes a free one.
    public var addresses = ["localhost:8181"]
    /// Files and folders to serve; none is an empty policy, to be filled over the API.
    public var paths: [String] = []
    /// How `paths` are read.
    public var loader = PolicyLoader()
    /// Reloads `paths` when they change; what does not compile leaves the last good policy.
    public var watchesFiles = false
    /// Of the public listener, where there is an `Deployment`.
    public var publicListener = PublicOptions()
    public var compilation = CompileOptions()
    public var requests = RequestLimits()
    /// The bounds of one evaluation.
    public var evaluation = Limits()
    /// How long requests under way may take to end once the server is told to.
    public var shutdownGraceSeconds = 10
    /// Off in the tests that compare it with the other way.
    package var hasFastPath = true

    public init() {}

    /// Whether nobody beyond this machine reaches an address. What is no address is reported where
    /// it is listened on.
    public static func isLocal(_ address: String) -> Bool {
        guard let listeners = try? Listener.parsed(address) else { return true }
        return listeners.allSatisfy(\.isLocal)
    }
}

/// The bounds of one request and its connection.
public struct RequestLimits: Sendable {
    /// As sent, and as expanded where it is compressed.
    public var bodyBytes = 64 << 20
    /// Of the request line and all fields together.
    public var headBytes = 64 << 10
    public var fields = 200
    /// From the first byte of a request to the end of its head.
    public var headSeconds = 10
    /// For a body's first bytes; each 64 KiB that arrive add a second.
    public var bodySeconds = 30
    /// Between two requests of a connection, and for an answer that nobody reads.
    public var idleSeconds = 120

    public init() {}
}
