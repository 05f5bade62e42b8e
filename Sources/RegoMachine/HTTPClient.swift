/// How a host speaks HTTP for policies: the exchange itself, the files and environment variables
/// that requests name for TLS, and the answers kept from one query to the next.
public struct HTTPClient: Sendable {
    /// Sends one request and waits for its answer. Blocks.
    public var exchange: @Sendable (HTTPRequest) -> HTTPAnswer
    /// The content of a file, or why there is none.
    public var file: @Sendable (_ path: String) -> Content
    /// The value of an environment variable; `nil`: not set.
    public var environment: @Sendable (_ name: String) -> String?
    /// The answer kept under a key.
    public var kept: @Sendable (_ key: [UInt8]) -> StoredResponse?
    /// Keeps an answer under a key, instead of the one before; `nil` forgets it.
    public var keep: @Sendable (_ key: [UInt8], _ response: StoredResponse?) -> Void

    public enum Content: Sendable {
        case bytes([UInt8])
        case failure(String)
    }

    public init(
        exchange: @escaping @Sendable (HTTPRequest) -> HTTPAnswer,
        file: @escaping @Sendable (String) -> Content,
        environment: @escaping @Sendable (String) -> String?,
        kept: @escaping @Sendable ([UInt8]) -> StoredResponse?,
        keep: @escaping @Sendable ([UInt8], StoredResponse?) -> Void
    ) {
        self.exchange = exchange
        self.file = file
        self.environment = environment
        self.kept = kept
        self.keep = keep
    }

    /// Refuses every exchange: for hosts without a network.
    public static let refusing = HTTPClient(
        exchange: { _ in .failure(.network, "this host has no network") },
        file: { _ in .failure("this host has no files") }, environment: { _ in nil },
        kept: { _ in nil }, keep: { _, _ in })
}

extension HTTPClient {
    /// Whether a text can be a method or a field name.
    /// - Source: RFC 9110, section 5.6.2, `token`.
    package static func isToken(_ text: String) -> Bool {
        !text.utf8.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"),
                    UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
                    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"),
                    UInt8(ascii: "|"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }
}

/// One request as `http.send` makes it. Names and values may be any text: the client checks them.
public struct HTTPRequest: Sendable {
    public var method: String
    /// `http`, `https`, or `unix` with the socket's path in the query's `socket`.
    public var url: String
    /// As written; names may occur once only.
    public var headers: [(name: String, value: String)] = []
    public var body: [UInt8] = []
    public var tls = TLS()
    /// Nanoseconds that one attempt may take; 0: any number.
    public var timeoutNanoseconds: Int64 = 5_000_000_000
    /// Nanoseconds left to the evaluation, for all attempts together; `nil`: any number.
    public var budgetNanoseconds: UInt64?
    public var followsRedirects = false
    /// Further attempts after a failure.
    public var retries = 0
    /// The hosts that may be asked, redirections included; `nil`: every one.
    public var hosts: Set<String>?
    /// Ends the exchange from outside.
    public var cancellation: Cancellation?

    /// Whom a request trusts, and who it says it is. All PEM.
    public struct TLS: Sendable {
        /// Trusted besides or instead of the system's; empty: the system's.
        public var roots: [UInt8] = []
        public var trustsSystem = true
        public var certificate: [UInt8] = []
        public var key: [UInt8] = []
        public var skipsVerification = false
        /// Instead of the URL's host; empty: that one.
        public var serverName = ""
        public init() {}
    }

    public init(method: String, url: String) {
        self.method = method
        self.url = url
    }
}

/// What came of a request.
public enum HTTPAnswer: Sendable {
    case response(HTTPResponse)
    case failure(Failure, String)

    public enum Failure: Sendable {
        /// Nothing went out: the request cannot be sent.
        case refused
        case network
        case timeout
    }
}

/// An answer of a server.
public struct HTTPResponse: Sendable {
    public var code: Int
    /// Code and reason, such as `200 OK`.
    public var status: String
    /// Names in lower case, values in the order of their lines.
    public var headers: [(name: String, values: [String])]
    public var body: [UInt8]

    public init(
        code: Int, status: String, headers: [(name: String, values: [String])], body: [UInt8]
    ) {
        self.code = code
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of a field by its lower-case name; `nil`: none.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.values.first
    }
}

/// An answer kept for later queries.
public struct StoredResponse: Sendable {
    public var response: HTTPResponse
    /// Nanoseconds since 1970 until which it is good without asking the server.
    public var expiresAt: Int64

    public init(response: HTTPResponse, expiresAt: Int64) {
        self.response = response
        self.expiresAt = expiresAt
    }
}
