import HTTPTypes
import Rego

/// One row of the REST API.
struct Route: Sendable {
    typealias Run = @Sendable (Call, Turn) throws(Refusal) -> Answer

    let method: HTTPRequest.Method
    /// Without the slash at its start.
    let path: [Substring]
    /// Whether any number of elements may follow `path`.
    let isPrefix: Bool
    let traits: Traits
    let run: Run

    struct Traits: OptionSet, Sendable {
        let rawValue: UInt8

        /// The request has a body that is read.
        static let body = Traits(rawValue: 1)
        /// `explain`, `instrument` and `provenance` mean something to OPA here, not to us.
        static let evaluation = Traits(rawValue: 2)
    }

    /// - Parameter path: `/*` at the end stands for any number of elements, none included.
    init(
        _ method: HTTPRequest.Method, _ path: String, _ traits: Traits = [], run: @escaping Run
    ) {
        self.method = method
        isPrefix = path.hasSuffix("/*")
        self.path = path.split(separator: "/").filter { $0 != "*" }
        self.traits = traits
        self.run = run
    }

    static let all: [Route] = [
        Route(.get, "/", run: IndexPage.get),
        Route(.post, "/", .body, run: BareDecisions.postDefault),
        Route(.get, "/health", run: Health.get),
        Route(.get, "/metrics", run: MetricsPage.get),
        Route(.get, "/health/*", run: Health.decide),
        Route(.post, "/v0/data/*", .body, run: BareDecisions.post),
        Route(.get, "/v1/data/*", .evaluation, run: DataReads.get),
        Route(.post, "/v1/data/*", [.body, .evaluation], run: DataReads.post),
        Route(.put, "/v1/data/*", .body, run: DataWrites.put),
        Route(.patch, "/v1/data/*", .body, run: DataWrites.patch),
        Route(.delete, "/v1/data/*", run: DataWrites.delete),
        Route(.get, "/v1/policies", run: Policies.list),
        Route(.get, "/v1/policies/*", run: Policies.get),
        Route(.put, "/v1/policies/*", .body, run: Policies.put),
        Route(.delete, "/v1/policies/*", run: Policies.delete),
        Route(.get, "/v1/query", .evaluation, run: Queries.get),
        Route(.post, "/v1/query", [.body, .evaluation], run: Queries.post),
        Route(.post, "/v1/compile", [.body, .evaluation], run: Compile.post),
    ]

    /// What `/metrics` calls it, as OPA does.
    var handler: String { path.isEmpty ? "index" : path.joined(separator: "/") }

    private func matches(_ elements: [Substring]) -> Bool {
        elements.starts(with: path) && (isPrefix || elements.count == path.count)
    }

    /// The route of a request, and what follows its path. `HEAD` goes where `GET` goes.
    static func find(
        _ method: HTTPRequest.Method, _ target: Substring
    ) throws(Refusal) -> (route: Route, rest: [Substring]) {
        let elements = target.dropFirst().split(
            separator: "/", omittingEmptySubsequences: false)
        let path = elements == [""] ? [] : elements
        let candidates = all.filter { $0.matches(path) }
        guard !candidates.isEmpty, target.first == "/" else {
            throw Refusal(status: 404, code: .resourceNotFound, message: "no such route")
        }
        let wanted = method == .head ? .get : method
        guard let route = candidates.first(where: { $0.method == wanted }) else {
            var refusal = Refusal(
                status: 405, code: .invalidOperation,
                message: "method \(method.rawValue) is not allowed here")
            refusal.allowedMethods = candidates.map(\.method.rawValue).joined(separator: ", ")
            throw refusal
        }
        return (route, Array(path.dropFirst(route.path.count)))
    }
}

/// What routes work with: each request has a thread, and its evaluator, for as long as it takes.
struct Turn {
    let front: Front
    let evaluator: Evaluator
}
