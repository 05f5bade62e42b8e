public import Storage

/// One operation of the API, as a row: what it is called, what it takes and gives, whose decision
/// it needs, where the facts for that come from, and what it does once it is allowed.
///
/// Whether it may happen is its action's matter, which a policy answers; no operation holds a rule.
public struct Operation: Sendable {
    public let method: Method
    public let path: PathTemplate
    /// `area:verb`: the policy of the area decides.
    public let action: String
    public let summary: String
    public var query: [Shape.Field] = []
    public var body: Shape?
    /// What it shows or takes as a form of our own pages, which comes from them or is refused.
    public var form: PageForm?
    public let answer: Answer
    public var traits: Traits = []
    /// Which tenant's rows it may touch.
    public var reach = Reach.tenant
    public let loader: Loader
    public let work: Work
    /// What row requests of it write: those of one text go one after the other. `nil`: none that
    /// others do.
    public var turn: (@Sendable (RequestFacts) -> String?)?
    /// What a denial brings about, in the transaction that records it.
    public var onDenial: (@Sendable (OperationCall, Transaction) async throws -> [Revocation])?

    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The answer of success.
    public struct Answer: Sendable {
        public let status: Int
        /// `nil`: there is no JSON, or none at all.
        public let shape: Shape?
        public let contentType: String?

        public static func json(_ status: Int, _ shape: Shape) -> Answer {
            Answer(status: status, shape: shape, contentType: "application/json")
        }

        /// A list: `data`, and `page` with a cursor to what follows.
        public static func page(of shape: Shape) -> Answer {
            .json(200, .page(of: shape))
        }

        public static let none = Answer(status: 204, shape: nil, contentType: nil)

        /// 200, where a standard wants it, and nothing to say.
        static let empty = Answer(status: 200, shape: nil, contentType: nil)

        /// A page of our own, for people.
        static func page(_ status: Int = 200) -> Answer {
            Answer(status: status, shape: nil, contentType: "text/html")
        }

        public static func text(_ contentType: String) -> Answer {
            Answer(status: 200, shape: nil, contentType: contentType)
        }
    }

    public struct Traits: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The resource has a version: `ETag` in the answer, `If-Match` is heeded.
        public static let versioned = Traits(rawValue: 1)
        /// Takes `limit` and `cursor`.
        public static let paged = Traits(rawValue: 2)
        /// Recorded when it is allowed, too, although it changes nothing.
        public static let audited = Traits(rawValue: 4)
        /// The answer holds a secret: nothing of it is kept.
        public static let secret = Traits(rawValue: 8)
        /// Draws on no limit of calls: monitors ask for it, or everybody gets the same bytes.
        public static let unlimited = Traits(rawValue: 16)
        /// An endpoint of OAuth: the body is a form, what it does not know in there is passed over,
        /// and errors have the shape of RFC 6749, section 5.2.
        public static let oauth = Traits(rawValue: 32)
    }

    public enum Reach: Sendable {
        /// The rows of the tenant that the request is about; of none where there is none.
        case tenant
        /// The rows of an organization that the operation makes: `RequestFacts.made`.
        case made
        /// Those of all tenants, wherever the subject belongs.
        case everywhere
    }

    public enum Work: Sendable {
        /// Looks at rows, in one round trip and at one moment after the decision.
        case read(@Sendable (OperationCall, any Database) async throws -> Reply)
        /// Hands the request on to somebody with a standard of their own: neither its query nor its
        /// body is read here, and its errors are theirs.
        case pass(@Sendable (OperationCall) async -> Reply)
        /// Changes rows, in the transaction in which it was decided.
        case write(Change)
        /// The same, after what takes too long for a transaction or asks another store. What it
        /// finds out there goes into the change.
        case prepared(@Sendable (OperationCall, any Database) async throws -> Change)
    }

    /// Runs again where another transaction comes between: it may do nothing but ask and change
    /// rows.
    public typealias Change = @Sendable (OperationCall, Transaction) async throws -> Reply

    public init(
        _ method: Method, _ path: String, _ action: String, _ summary: String,
        answer: Answer, loader: Loader, work: Work
    ) {
        self.method = method
        self.path = PathTemplate(path)
        self.action = action
        self.summary = summary
        self.answer = answer
        self.loader = loader
        self.work = work
    }

    /// Whose policy decides: the action up to its colon.
    public var area: String { String(action.prefix { $0 != ":" }) }

    /// Whether it changes something, and so is decided twice.
    public var isWrite: Bool {
        switch work {
        case .write, .prepared: true
        case .read, .pass: false
        }
    }

    /// Whether it takes a form of ours.
    public var takesForm: Bool { form != nil && isWrite }

    /// Whether its body is a form instead of JSON.
    public var isFormEncoded: Bool { takesForm || traits.contains(.oauth) }

    /// Whether people see its answers, good or bad, in a browser.
    public var isPage: Bool { form != nil || answer.contentType == "text/html" }

    /// Whether another standard says what the request looks like.
    public var isPassedOn: Bool { if case .pass = work { true } else { false } }

    /// The row with more to it.
    public func with(_ change: (inout Operation) -> Void) -> Operation {
        var operation = self
        change(&operation)
        return operation
    }
}

/// A path with named elements: `/api/v1/organizations/{organization}`. The last one may stand for
/// any number of elements: `/v1/data/{path*}`.
public struct PathTemplate: Sendable, Hashable {
    public let text: String
    private let elements: [Element]

    private enum Element: Hashable {
        case literal(Substring)
        case parameter(String)
        case rest(String)
    }

    init(_ text: String) {
        self.text = text
        elements = text.dropFirst().split(separator: "/").map { element in
            guard element.first == "{", element.last == "}" else { return .literal(element) }
            let name = element.dropFirst().dropLast()
            return name.last == "*" ? .rest(String(name.dropLast())) : .parameter(String(name))
        }
    }

    /// How many elements a path of it has, of which `/` has one; `nil`: any number.
    public var length: Int? {
        if case .rest = elements.last { return nil }
        return max(1, elements.count)
    }

    /// The names of its parameters, in order.
    public var parameters: [String] {
        elements.compactMap { element in
            switch element {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// The values of the parameters; `nil`: it is another path.
    /// - Parameter path: Its elements, percent-decoded.
    public func match(_ path: [String]) -> [String: String]? {
        var values: [String: String] = [:]
        if elements.isEmpty { return path == [""] ? values : nil }
        for (index, element) in elements.enumerated() {
            if case .rest(let name) = element {
                values[name] = path.dropFirst(index).joined(separator: "/")
                return values
            }
            guard index < path.count else { return nil }
            switch element {
            case .literal(let text) where text != path[index]: return nil
            case .parameter where path[index].isEmpty: return nil
            case .parameter(let name): values[name] = path[index]
            case .literal, .rest: break
            }
        }
        return path.count == elements.count ? values : nil
    }
}

/// What an operation answers when it succeeds.
public struct Reply: Sendable {
    public var status: Int
    public var content: Content
    /// Of the resource, where it has one.
    public var version: Int64?
    public var location: String?
    /// What a browser keeps it as, rather than to show it; `nil`: it is shown.
    public var fileName: String?
    /// How long anybody may keep the answer; `nil`: nobody may.
    public var maxAgeSeconds: Int64?
    /// What the browser is to keep.
    public var cookies: [SetCookie] = []
    /// What the client is told in place of success, after what was done about it was kept.
    public var fault: Fault?
    /// The sign-in that goes on, as it is to be kept once what was done for it is.
    public var attempt: Attempt?
    /// What is done once that is, and costs nothing but time where it fails.
    public var afterwards: (@Sendable (any Database) async -> Void)?
    /// What is good no longer.
    public var revoked: [Revocation] = []
    /// Whether the installation is under maintenance from now on, where that has changed.
    public var maintenance: MaintenanceRow?
    /// The decision that made the answer what it is, where that is not the request's own.
    public var decision: String?
    /// What was changed, for the record: its id, and more about it.
    public var changed: String?
    public var details: JSON

    public enum Content: Sendable {
        case none
        case json(JSON)
        case bytes([UInt8], contentType: String)
        case page(Page)
    }

    public init(_ content: Content, status: Int = 200, version: Int64? = nil) {
        self.status = status
        self.content = content
        self.version = version
        details = [:]
    }

    public static func json(_ value: JSON, version: Int64? = nil) -> Reply {
        Reply(.json(value), version: version)
    }

    public static let none = Reply(.none, status: 204)

    /// To another page, which is asked for with GET.
    static func see(_ path: String) -> Reply {
        var reply = Reply(.none, status: 303)
        reply.location = path
        return reply
    }

    /// The same for a page, which is left for another one.
    func seeing(_ path: String) -> Reply {
        var reply = self
        reply.content = .none
        reply.status = 303
        reply.location = path
        return reply
    }

    /// A refusal that leaves something behind.
    static func refusal(_ fault: Fault) -> Reply {
        var reply = Reply(.none, status: fault.status)
        reply.fault = fault
        return reply
    }

    /// 201, with where the new resource is.
    public static func created(
        _ value: JSON, id: String, at location: String, version: Int64? = nil
    )
        -> Reply
    {
        var reply = Reply(.json(value), status: 201, version: version)
        reply.location = location
        reply.changed = id
        return reply
    }
}
