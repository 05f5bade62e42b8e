/// The world as the engine sees it. `RegoMachine`, `RegoSyntax` and `Rego` have no other door to
/// clocks, randomness, files or the network; tests pass one of their own.
public struct Host: Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public var now: @Sendable () -> Int64
    /// Nanoseconds of a clock that never goes back, for deadlines and metrics.
    public var monotonic: @Sendable () -> UInt64
    /// So many bytes, fit for keys.
    public var randomBytes: @Sendable (_ count: Int) -> [UInt8]
    /// The TZif file (RFC 8536) of an IANA zone such as `Europe/Zurich`, or `nil`. The name is
    /// the policy's: it may hold anything.
    public var timeZone: @Sendable (_ name: String) -> [UInt8]?
    /// The addresses of a host name as text, or why there are none. Blocks.
    public var lookUp: @Sendable (_ name: String) -> Lookup
    /// The TXT records of a host name, asked of name servers; none where the name or its records
    /// are not there. Blocks.
    public var lookUpText: @Sendable (_ name: String) -> TextLookup = { name in
        .failure("lookup \(name): nobody to ask")
    }
    /// Where `print` writes one line.
    public var print: @Sendable (_ line: String) -> Void
    /// Told of each text that a policy hands to `trace`.
    public var note: @Sendable (_ text: String) -> Void = { _ in }
    /// Told of each sub-test that a test begins: the JSON array of the keys that name it.
    public var testCase: @Sendable (_ keys: [UInt8]) -> Void = { _ in }
    /// Told of each place that an instrumented policy reaches: the number of a `Mark` of `Rego`.
    public var reached: @Sendable (_ mark: Int64) -> Void = { _ in }
    /// Requests to other servers.
    public var http: HTTPClient

    public enum Lookup: Sendable {
        case addresses([String])
        case failure(String)
    }

    /// Each record's strings together, as bytes.
    public enum TextLookup: Sendable {
        case records([[UInt8]])
        /// Nobody knows whether there are any.
        case failure(String)
    }

    public init(
        now: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> UInt64,
        randomBytes: @escaping @Sendable (Int) -> [UInt8],
        timeZone: @escaping @Sendable (String) -> [UInt8]?,
        lookUp: @escaping @Sendable (String) -> Lookup,
        print: @escaping @Sendable (String) -> Void, http: HTTPClient = .refusing
    ) {
        self.now = now
        self.monotonic = monotonic
        self.randomBytes = randomBytes
        self.timeZone = timeZone
        self.lookUp = lookUp
        self.print = print
        self.http = http
    }
}

/// The bounds of one evaluation. Exceeding one is an error of its own kind, never an allow.
public struct Limits: Sendable {
    /// Iterations, calls, and elements that builtins go through.
    public var steps: Int64 = 4_000_000_000
    /// Bytes of values alive at once.
    public var memoryBytes = 512 << 20
    /// Rules and functions that wait for each other.
    public var callDepth = 4_096
    /// Arrays and objects inside each other, in documents and in sources.
    public var nesting = 1_000
    /// Digits of a number, and the magnitude of its exponent, that arithmetic expands. The same for
    /// all: a number must not be computable in one evaluation and not in the next.
    public static let numberDigits = 100_000
    /// Nanoseconds until an evaluation ends with an error; `nil`: none.
    public var timeoutNanoseconds: UInt64?

    public init() {}
}
