import HTTPTypes
import Identity
import RegoMachine

/// OPA's API on the public listener, for those whom a policy lets: it sees and changes the space of
/// the services, never that of the server itself.
struct DecisionPointFlow: Flow {
    static let name = "decisions of services"
    static let area = "policy"

    let operations: [Operation]

    private static let rows: [(Operation.Method, String, String, String)] = [
        (.post, "/v1/data/{path*}", "policy:evaluate", "Decide"),
        (.post, "/v0/data/{path*}", "policy:evaluate", "Decide on a bare input"),
        (.get, "/v1/data/{path*}", "policy:read", "Read a document"),
        (.put, "/v1/data/{path*}", "policy:write", "Write a document"),
        (.patch, "/v1/data/{path*}", "policy:write", "Change a document"),
        (.delete, "/v1/data/{path*}", "policy:write", "Delete a document"),
        (.get, "/v1/policies", "policy:read", "List modules"),
        (.get, "/v1/policies/{path*}", "policy:read", "Read a module"),
        (.put, "/v1/policies/{path*}", "policy:write", "Write a module"),
        (.delete, "/v1/policies/{path*}", "policy:write", "Delete a module"),
        (.get, "/v1/query", "policy:query", "Ask a query"),
        (.post, "/v1/query", "policy:query", "Ask a query"),
        (.post, "/v1/compile", "policy:query", "Evaluate a query partially"),
    ]

    init(front: Front) {
        operations = DecisionPointFlow.rows.map { method, path, action, summary in
            Operation(
                method, path, action, summary, answer: .text("application/json"),
                loader: Loader("policy"),
                work: .pass { call in
                    guard let passed = call.request.passed else { return .none }
                    return Reply(await front.answer(passed))
                })
        }
    }
}

extension Front {
    /// The answer to a request that came another way, with fields of its own alone.
    func answer(_ passed: PassedRequest) async -> Answer {
        do throws(Refusal) {
            let target = Target(passed.target)
            let method = HTTPRequest.Method(passed.method) ?? .get
            let (route, rest) = try Route.find(method, target.path)
            var fields = HTTPFields()
            for (name, value) in passed.fields {
                guard let name = HTTPField.Name(name) else { continue }
                fields.append(.init(name: name, value: value))
            }
            var call = Call(
                method: method, rest: rest, parameters: Parameters(query: target.query),
                fields: fields)
            try refuseIgnored(call, route)
            call.body = passed.body
            return try await run(route, call)
        } catch {
            return error.answer
        }
    }
}

extension Reply {
    fileprivate init(_ answer: Answer) {
        let content: Content =
            answer.contentType.map { .bytes(answer.body, contentType: $0.rawValue) } ?? .none
        self.init(content, status: answer.status)
    }
}
