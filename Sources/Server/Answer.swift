import HTTPTypes
import Rego
import RegoMachine
import RegoSyntax

/// What a route answers: status, fields and body, ready to be written.
struct Answer: Sendable {
    var status: Int
    var contentType: ContentType?
    var body: [UInt8]
    var fields: [(name: HTTPField.Name, value: String)] = []

    enum ContentType: String, Sendable {
        case json = "application/json"
        case problem = "application/problem+json"
        case html = "text/html; charset=utf-8"
        case metrics = "text/plain; version=0.0.4; charset=utf-8"
    }

    /// JSON on one line, or laid out for people. Like OPA's, it ends with a newline.
    static func json(_ body: [UInt8], status: Int = 200, isPretty: Bool = false) -> Answer {
        var text = isPretty ? JSONLayout.indented(body) : body
        text.append(UInt8(ascii: "\n"))
        return Answer(status: status, contentType: .json, body: text)
    }

    static let noContent = Answer(status: 204, contentType: nil, body: [])
}

/// A request that is answered with an error.
/// - Source: OPA documentation, "REST API", errors.
struct Refusal: Error, Sendable {
    var status: Int
    var code: Code
    var message: String
    var details: [Detail] = []
    /// Names the methods that a path has, where the request's is none of them.
    var allowedMethods: String?
    /// The request cannot be read to its end, so the connection ends with the answer.
    var closesConnection = false

    enum Code: String, Sendable {
        case invalidParameter = "invalid_parameter"
        case invalidOperation = "invalid_operation"
        case resourceNotFound = "resource_not_found"
        case resourceConflict = "resource_conflict"
        case undefinedDocument = "undefined_document"
        case internalError = "internal_error"
    }

    /// One error of a policy or of an evaluation.
    struct Detail: Sendable {
        var code: String
        var message: String
        var file: String
        var span: Span
    }

    static func badRequest(_ message: String) -> Refusal {
        Refusal(status: 400, code: .invalidParameter, message: message)
    }

    static func diagnostics(
        _ message: String, _ found: [Diagnostic], code: Code = .invalidParameter
    ) -> Refusal {
        let details = found.map {
            Detail(code: $0.code.rawValue, message: $0.message, file: $0.file, span: $0.span)
        }
        return Refusal(status: 400, code: code, message: message, details: details)
    }

    /// A failed evaluation; an input that is no JSON is the client's mistake.
    /// - Parameter source: Where the input came from: `body` or `parameter`.
    static func evaluation(_ failure: EvaluationFailure, in source: String = "body") -> Refusal {
        if failure.code == .input {
            return .badRequest("\(source) contains malformed input document: \(failure.message)")
        }
        let detail = Detail(
            code: failure.code.rawValue, message: failure.message, file: failure.file,
            span: failure.span)
        return Refusal(
            status: 500, code: .internalError,
            message: "error(s) occurred while evaluating query", details: [detail])
    }

    static let bodyTooLarge = Refusal(
        status: 413, code: .invalidParameter, message: "request body too large",
        closesConnection: true)

    var answer: Answer {
        var answer = Answer.json(json, status: status, isPretty: true)
        if let allowedMethods { answer.fields.append((.allow, allowedMethods)) }
        if closesConnection { answer.fields.append((.connection, "close")) }
        return answer
    }

    private var json: [UInt8] {
        var text = JSONText()
        text.object { object in
            object.member("code", text: code.rawValue)
            object.member("message", text: message)
            guard !details.isEmpty else { return }
            object.member("errors") { errors in
                errors.array(details) { $0.append($1) }
            }
        }
        return text.bytes
    }
}

extension JSONText {
    fileprivate mutating func append(_ detail: Refusal.Detail) {
        object { object in
            object.member("code", text: detail.code)
            object.member("message", text: detail.message)
            object.member("location") { location in
                location.object { place in
                    place.member("file", text: detail.file)
                    place.member("row") { $0.raw(String(detail.span.row)) }
                    place.member("col") { $0.raw(String(detail.span.column)) }
                }
            }
        }
    }
}
