import Decisions
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import RegoMachine

/// Every request that is no plain decision: from Hummingbird's request to its response.
struct Front: Sendable {
    let live: LivePolicy
    let host: Host
    let pool: EvaluationPool
    let limits: RequestLimits
    let clock: DateClock
    let logger: Logger
    let metrics: Metrics
    /// Nanoseconds since 1970, and of the clock that never goes back.
    let startedAt: (wall: Int64, monotonic: UInt64)

    /// Reads, routes, runs, and writes the answer: the whole way of a request.
    func respond(_ request: Request, _ writer: consuming ResponseWriter) async throws {
        let started = host.monotonic()
        var answer: Answer
        var handler: String?
        do throws(Refusal) {
            let target = Target(request.head.path ?? "")
            let (route, rest) = try Route.find(request.method, target.path)
            handler = route.handler
            var call = Call(
                method: request.method, rest: rest, parameters: Parameters(query: target.query),
                fields: request.headers)
            try refuseIgnored(call, route)
            if route.traits.contains(.body) {
                try announceBody(request)
                if request.headers[.expect] != nil { try await proceed(writer) }
                call.body = try await body(of: request)
            }
            answer = try await run(route, call)
        } catch {
            answer = error.answer
        }
        if answer.body.count >= Compression.answerBytesMin, acceptsGzip(request.headers) {
            answer = await compressed(answer)
        }
        let nanoseconds = host.monotonic() - started
        metrics.add(
            handler: handler, method: request.method, status: answer.status,
            nanoseconds: nanoseconds)
        log(request, answer, nanoseconds: nanoseconds)
        let response = response(to: request, answer)
        try await writer.write(response: response.head, body: response.body)
    }

    func run(_ route: Route, _ call: Call) async throws(Refusal) -> Answer {
        let result = await pool.run { evaluator -> Result<Answer, Refusal> in
            Result { () throws(Refusal) in
                var call = call
                if route.traits.contains(.body) { try call.expandBody(limits) }
                return try route.run(call, Turn(front: self, evaluator: evaluator))
            }
        }
        guard let result else { throw .overloaded }
        return try result.get()
    }

    func refuseIgnored(_ call: Call, _ route: Route) throws(Refusal) {
        guard route.traits.contains(.evaluation) else { return }
        if let mode = call.parameters.last("explain"), mode != "off" {
            throw .badRequest("parameter `explain` is not supported")
        }
        for name in ["instrument", "provenance"] where call.parameters.flag(name) {
            throw .badRequest("parameter `\(name)` is not supported")
        }
    }

    private func compressed(_ answer: Answer) async -> Answer {
        guard let body = await pool.run({ _ in Compression.compressed(answer.body) }) ?? nil
        else { return answer }
        var answer = answer
        answer.body = body
        answer.fields.append((.contentEncoding, "gzip"))
        return answer
    }

    private func response(to request: Request, _ answer: Answer) -> Response {
        var fields = HTTPFields()
        if let type = answer.contentType { fields[.contentType] = type.rawValue }
        let hasBody = answer.contentType != nil
        if hasBody { fields[.contentLength] = String(answer.body.count) }
        for field in answer.fields { fields[field.name] = field.value }
        fields[.date] = clock.text
        let isSent = hasBody && request.method != .head
        return Response(
            status: .init(code: answer.status), headers: fields,
            body: isSent ? .init(byteBuffer: ByteBuffer(bytes: answer.body)) : .init())
    }

    private func log(_ request: Request, _ answer: Answer, nanoseconds: UInt64) {
        logger.debug(
            "Sent response.",
            metadata: [
                "req_method": "\(request.method.rawValue)",
                "req_path": "\(request.head.path ?? "")",
                "resp_status": "\(answer.status)",
                "resp_bytes": "\(answer.body.count)",
                "resp_duration": "\(Double(nanoseconds / 1_000) / 1_000)",
            ])
    }
}

extension Front {
    /// Refuses what the fields already say is too large, before any of it is read.
    private func announceBody(_ request: Request) throws(Refusal) {
        guard let announced = request.headers[.contentLength] else { return }
        guard let bytes = Int(announced), bytes <= limits.bodyBytes else { throw .bodyTooLarge }
    }

    private func proceed(_ writer: borrowing ResponseWriter) async throws(Refusal) {
        do {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        } catch {
            throw .incompleteBody
        }
    }

    private func body(of request: Request) async throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await chunk in request.body {
                guard bytes.count + chunk.readableBytes <= limits.bodyBytes else {
                    throw Refusal.bodyTooLarge
                }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw .incompleteBody
        }
        return bytes
    }

    private func acceptsGzip(_ fields: HTTPFields) -> Bool {
        fields[values: .acceptEncoding].contains { AcceptEncoding.takesGzip($0.utf8) }
    }
}

extension Refusal {
    static let overloaded = Refusal(
        status: 503, code: .internalError, message: "too many requests are waiting")
    static let incompleteBody = Refusal(
        status: 400, code: .invalidParameter, message: "request body is incomplete or malformed",
        closesConnection: true)
}

extension Call {
    /// Expands a body that came as gzip.
    mutating func expandBody(_ limits: RequestLimits) throws(Refusal) {
        guard let encoding = fields[.contentEncoding], encoding.lowercased() == "gzip" else {
            return
        }
        do throws(Compression.Failure) {
            body = try Compression.expanded(body, bytesMax: limits.bodyBytes)
        } catch .tooLarge {
            throw Refusal(
                status: 413, code: .invalidParameter,
                message: "compressed request body too large")
        } catch {
            throw .badRequest("could not decompress the body")
        }
    }
}

/// The two parts of a request's target; of an absolute one, what follows the host.
struct Target {
    let path: Substring
    let query: Substring

    init(_ text: String) {
        var rest = text[...]
        if !rest.hasPrefix("/"), let scheme = rest.firstRange(of: "://") {
            let afterScheme = rest[scheme.upperBound...]
            rest = afterScheme.firstIndex(of: "/").map { afterScheme[$0...] } ?? "/"
        }
        let end = rest.utf8.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        path = rest[..<end]
        query = Substring(rest.utf8[end...].dropFirst())
    }
}

/// What `Accept-Encoding` says of gzip.
enum AcceptEncoding {
    /// A member `gzip` whose weight is not zero.
    static func takesGzip(_ value: some Collection<UInt8>) -> Bool {
        value.split(separator: UInt8(ascii: ",")).contains { member in
            let parts = member.split(separator: UInt8(ascii: ";")).map { part in
                part.filter { $0 != 0x20 && $0 != 0x09 }.map { $0 | 0x20 }
            }
            guard let coding = parts.first, coding.elementsEqual("gzip".utf8) else { return false }
            return !parts.dropFirst().contains { weight in
                weight.starts(with: "q=0".utf8)
                    && !weight.dropFirst(2).contains { $0 >= 0x31 && $0 <= 0x39 }
            }
        }
    }
}
