import Identity

/// The description of the API, made of its operations.
/// - Source: OpenAPI Specification 3.1.1.
enum OpenAPI {
    /// Operations that are handed on are another standard's, which describes them.
    static func document(_ all: [Operation], issuer: Issuer) -> JSON {
        let operations = all.filter { !$0.isPassedOn }
        var paths: [JSON.Member] = []
        for operation in operations where !paths.contains(where: { $0.name == operation.path.text })
        {
            let rows = operations.filter { $0.path == operation.path }
            paths.append(
                .init(
                    operation.path.text,
                    .object(rows.map { .init($0.method.rawValue.lowercased(), row($0)) })))
        }
        return [
            "openapi": "3.1.1",
            "info": [
                "title": "Ostiary", "version": "1",
                "description": .text(
                    "Every operation names its action in `x-action`: a policy decides on it."),
            ],
            "servers": [["url": .text(issuer.text)]], "paths": .object(paths),
            "components": components,
            "security": [[:], ["api_key": []]],
        ]
    }

    private static func row(_ operation: Operation) -> JSON {
        .object(present: [
            ("operationId", .text(operationID(operation))),
            ("summary", .text(operation.summary)), ("tags", [.text(operation.area)]),
            ("x-action", .text(operation.action)), ("parameters", parameters(operation)),
            ("requestBody", operation.body.map { body($0, operation) }),
            ("responses", responses(operation)),
        ])
    }

    /// `get_organizations_organization`: method and path; `get_setup_page` where people see it.
    static func operationID(_ operation: Operation) -> String {
        let words = operation.path.text.split(separator: "/").dropFirst(
            operation.path.text.hasPrefix("/api/v1/") ? 2 : 0)
        let name = words.joined(separator: "_").filter { $0 != "{" && $0 != "}" }
        let page = operation.isPage ? "_page" : ""
        return "\(operation.method.rawValue.lowercased())_\(name.replacing(".", with: "_"))\(page)"
    }

    private static func parameters(_ operation: Operation) -> JSON {
        var all = operation.path.parameters.map { name in
            parameter(.init(name, .text(1...64)), in: "path")
        }
        let paged = operation.traits.contains(.paged) ? Paging.fields : []
        all += (operation.query + paged).map { parameter($0, in: "query") }
        if operation.traits.contains(.versioned) {
            let name = operation.isWrite ? "If-Match" : "If-None-Match"
            // A list of any length, which is compared and never kept.
            all.append([
                "name": .text(name), "in": "header", "required": false,
                "schema": ["type": "string"],
            ])
        }
        if operation.method == .post, !operation.traits.contains(.secret),
            !operation.isFormEncoded
        {
            let field = Shape.Field("Idempotency-Key", .text(1...255), isRequired: false)
            all.append(parameter(field, in: "header"))
        }
        return .array(all)
    }

    private static func parameter(_ field: Shape.Field, in place: String) -> JSON {
        .object(present: [
            ("name", .text(field.name)), ("in", .text(place)),
            ("required", .boolean(place == "path" || field.isRequired)),
            ("description", field.summary.map(JSON.text)), ("schema", field.shape.schema),
        ])
    }

    private static func body(_ shape: Shape, _ operation: Operation) -> JSON {
        let type =
            operation.isFormEncoded
            ? "application/x-www-form-urlencoded" : "application/json"
        return [
            "required": true,
            "content": .object([.init(type, ["schema": schema(shape, operation)])]),
        ]
    }

    /// What endpoints of OAuth do not know they pass over.
    private static func schema(_ shape: Shape, _ operation: Operation) -> JSON {
        guard operation.traits.contains(.oauth), case .object(let members) = shape.schema else {
            return shape.schema
        }
        return .object(members.filter { $0.name != "additionalProperties" })
    }

    private static func responses(_ operation: Operation) -> JSON {
        let answer = operation.answer
        var good: [(String, JSON?)] = [("description", .text("Success"))]
        if let type = answer.contentType, answer.status != 303 {
            let media: JSON = answer.shape.map { ["schema": $0.schema] } ?? [:]
            good.append(("content", .object([.init(type, media)])))
        }
        var responses: [JSON.Member] = [.init(String(answer.status), .object(present: good))]
        if operation.path.text == "/readyz" || operation.path.text == "/healthz" {
            responses.append(.init("503", .object(present: good)))
        }
        if operation.traits.contains(.versioned), !operation.isWrite {
            responses.append(.init("304", ["description": "The client has this version"]))
        }
        for status in ["4XX", "5XX"] where !(status == "5XX" && responses.count > 1) {
            let name = problem(operation)
            responses.append(.init(status, ["$ref": .text("#/components/responses/\(name)")]))
        }
        return .object(responses)
    }

    /// Who reads what went wrong.
    private static func problem(_ operation: Operation) -> String {
        if operation.traits.contains(.oauth) { return "OAuthError" }
        return operation.isPage ? "ProblemPage" : "Problem"
    }

    private static let components: JSON = [
        "securitySchemes": [
            "api_key": [
                "type": "http", "scheme": "bearer",
                "description": "An access token, or an API key, which begins with osk_.",
            ]
        ],
        "responses": [
            "OAuthError": [
                "description": "Why there is no other answer (RFC 6749, section 5.2)",
                "content": ["application/json": ["schema": OAuthFault.shape.schema]],
            ],
            "Problem": [
                "description": "Why there is no other answer (RFC 9457)",
                "content": [
                    "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]
                ],
            ],
            "ProblemPage": [
                "description": "The same for people", "content": ["text/html": [:]],
            ],
        ],
        "schemas": [
            "Problem": [
                "type": "object",
                "required": ["type", "title", "status", "code", "request_id"],
                "properties": [
                    "type": ["type": "string"], "title": ["type": "string"],
                    "status": ["type": "integer"], "detail": ["type": "string"],
                    "code": [
                        "type": "string",
                        "enum": .array(ErrorCode.allCases.map { .text($0.rawValue) }),
                    ],
                    "errors": [
                        "type": "array",
                        "items": [
                            "type": "object", "required": ["pointer", "detail"],
                            "properties": [
                                "pointer": ["type": "string"], "detail": ["type": "string"],
                            ],
                        ],
                    ],
                    "request_id": ["type": "string"], "decision_id": ["type": "string"],
                ],
            ]
        ],
    ]
}
