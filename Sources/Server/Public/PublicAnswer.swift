import Cryptography
import Decisions
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import Logging
import NIOCore
import RegoMachine

/// An answer of the public listener, with the fields that every one has.
struct PublicAnswer: Sendable {
    var status: Int
    private var body: [UInt8] = []
    private var contentType: String?
    private var fields = HTTPFields()
    private var cookies: [SetCookie] = []
    /// Origins beside the issuer's that a form on it may lead to.
    private var sentTo: [String] = []

    init(status: Int) { self.status = status }

    init(_ reply: Reply, _ arrival: Arrival, _ forms: FormBinding) {
        status = reply.status
        switch reply.content {
        case .none: break
        case .json(let value):
            body = value.bytes
            contentType = "application/json"
        case .bytes(let bytes, let type):
            body = bytes
            contentType = type
        case .page(let page): show(page, arrival, forms)
        }
        cookies += reply.cookies
        if let version = reply.version { fields[.eTag] = Conditions.tag(version) }
        if let location = reply.location { fields[.location] = location }
        if let name = reply.fileName {
            fields[.contentDisposition] = #"attachment; filename="\#(name)""#
        }
        if let seconds = reply.maxAgeSeconds {
            fields[.cacheControl] = "public, max-age=\(seconds)"
        }
    }

    /// - Source: RFC 9457; for what is handed on, OPA documentation, "REST API", errors.
    /// - Parameter place: Path and query of the request, to come back to after signing in.
    init(_ fault: Fault, _ arrival: Arrival, _ forms: FormBinding, place: String = "/") {
        status = fault.status
        if let page = PublicAnswer.page(thatMends: fault, arrival) {
            status = 303
            let isShown = arrival.operation?.method == .get
            fields[.location] = page + ReturnPath.query(isShown ? place : "/account")
            return
        }
        if let origin = fault.origin, arrival.operation?.isPage == true,
            arrival.operation?.method == .get
        {
            status = 303
            fields[.location] = origin + place
            return
        }
        if let seconds = fault.retryAfterSeconds { fields[.retryAfter] = String(seconds) }
        if fault.status == 405 { fields[.allow] = arrival.allowedMethods.joined(separator: ", ") }
        let isOAuth = arrival.operation?.traits.contains(.oauth) == true
        if fault.status == 401, !isOAuth {
            fields[.wwwAuthenticate] = PublicAnswer.challenge(fault)
        }
        guard arrival.operation?.isPassedOn != true else {
            body =
                JSON.object(present: [
                    ("code", .text(fault.code.rawValue)),
                    ("message", .text(fault.detail ?? fault.code.title)),
                ]).bytes
            contentType = "application/json"
            return
        }
        guard !(arrival.operation?.isPage ?? arrival.prefersPage) else {
            show(.fault(fault, arrival), arrival, forms)
            return
        }
        if isOAuth {
            show(OAuthFault(fault))
            return
        }
        let errors = fault.fields.map { field -> JSON in
            ["pointer": .text(field.pointer), "detail": .text(field.detail)]
        }
        body =
            JSON.object(present: [
                ("type", .text("urn:ostiary:problem:\(fault.code.rawValue)")),
                ("title", .text(fault.code.title)), ("status", .integer(Int64(fault.status))),
                ("detail", fault.detail.map(JSON.text)), ("code", .text(fault.code.rawValue)),
                ("errors", errors.isEmpty ? nil : .array(errors)),
                ("request_id", .text(arrival.id)), ("decision_id", arrival.decision.map(JSON.text)),
            ]).bytes
        contentType = "application/problem+json"
    }

    /// Where somebody goes who does not see a page for want of a session, or of a fresh one.
    private static func page(thatMends fault: Fault, _ arrival: Arrival) -> String? {
        guard let operation = arrival.operation, operation.isPage else { return nil }
        switch fault.code {
        case .unauthenticated, .sessionExpired: return operation.method == .get ? "/sign-in" : nil
        case .stepUpRequired: return "/step-up"
        default: return nil
        }
    }

    private mutating func show(_ fault: OAuthFault) {
        status = fault.status
        if status == 401 { fields[.wwwAuthenticate] = "Bearer" }
        body = fault.json.bytes
        contentType = "application/json"
    }

    /// A template that does not work is a mistake of this version's.
    private mutating func show(_ page: Page, _ arrival: Arrival, _ forms: FormBinding) {
        contentType = "text/html; charset=utf-8"
        var page = page
        sentTo = page.sentTo
        if page.isForm {
            let (token, cookie) = forms.token(arrival.cookies)
            page.bind(token)
            if let cookie { cookies.append(cookie) }
        }
        do { body = try page.html } catch {
            status = 500
            body = Array("the page cannot be shown: \(error)\n".utf8)
            contentType = "text/plain; charset=utf-8"
        }
    }

    /// - Source: RFC 6750 3, RFC 9470 3.
    private static func challenge(_ fault: Fault) -> String {
        switch fault.code {
        case .unauthenticated: "Bearer"
        case .stepUpRequired:
            #"Bearer error="insufficient_user_authentication""# + parameters(fault.stepUp)
        default: #"Bearer error="invalid_token""#
        }
    }

    private static func parameters(_ stepUp: Fault.StepUp?) -> String {
        guard let stepUp else { return "" }
        // A policy of somebody's own may call it anything; what ends the string is left out.
        let assurance = stepUp.assurance.unicodeScalars.filter {
            (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\"
        }
        return #", acr_values="\#(String(String.UnicodeScalarView(assurance)))""#
            + #", max_age="\#(stepUp.maxAgeSeconds)""#
    }

    /// What every answer says, whatever it is.
    mutating func complete(
        for origin: String?, _ arrival: Arrival, _ options: PublicOptions, _ clock: DateClock
    ) {
        fields[.date] = clock.text
        fields[.requestID] = arrival.id
        if let decision = arrival.decision { fields[.decisionID] = decision }
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
        fields[.xContentTypeOptions] = "nosniff"
        let isPage = contentType?.hasPrefix("text/html") == true
        // For browsers that know no `frame-ancestors`.
        if isPage { fields[.frameOptions] = "DENY" }
        // Without any referrer, browsers hide where a form comes from, from us, too.
        fields[.referrerPolicy] = isPage ? "same-origin" : "no-referrer"
        fields[.contentSecurityPolicy] =
            isPage
            ? PublicAnswer.pagePolicy([options.issuer.text] + sentTo)
            : "default-src 'none'; frame-ancestors 'none'"
        if let rate = arrival.rate, let policy = HTTPField.Name.rateLimitPolicy,
            let state = HTTPField.Name.rateLimit
        {
            fields[policy] = rate.policy
            fields[state] = rate.state
        }
        let isSecure = options.issuer.isSecure
        for cookie in cookies {
            fields.append(
                HTTPField(name: .setCookie, value: cookie.text(isSecure: isSecure)))
        }
        if options.issuer.isSecure { fields[.strictTransportSecurity] = "max-age=31536000" }
        if let origin, options.allowedOrigins.contains(origin) {
            fields[.accessControlAllowOrigin] = origin
            fields[.accessControlExposeHeaders] =
                "ETag, Location, Retry-After, X-Request-ID, X-Decision-ID"
        }
        if !options.allowedOrigins.isEmpty { fields[.vary] = "Origin" }
    }

    /// - Parameter origins: Where forms may lead beside the page's own host: browsers hold their
    ///   redirects against this, too.
    private static func pagePolicy(_ origins: [String]) -> String {
        let targets = (["'self'"] + origins).joined(separator: " ")
        return "default-src 'none'; style-src 'self'; script-src 'self'; form-action \(targets);"
            + " base-uri 'none'; frame-ancestors 'none'"
    }

    func response(to request: Request) -> Response {
        var fields = fields
        if let contentType {
            fields[.contentType] = contentType
            fields[.contentLength] = String(body.count)
        }
        let isSent = contentType != nil && request.method != .head
        return Response(
            status: .init(code: status), headers: fields,
            body: isSent ? .init(byteBuffer: ByteBuffer(bytes: body)) : .init())
    }

    /// The same for who is not to be told in Hummingbird's types.
    var plain: Answer {
        Answer(
            status: status, contentType: .problem, body: body,
            fields: fields.map { ($0.name, $0.value) })
    }

    mutating func set(_ name: HTTPField.Name, _ value: String) { fields[name] = value }
}

extension PublicFront {
    /// The answer to a browser that asks whether another origin's page may send a request.
    /// - Source: Fetch Standard, "CORS protocol". Only the configured origins may, and without
    ///   cookies: their pages bring a credential of their own.
    func preflight(_ request: Request) -> PublicAnswer? {
        guard request.method == .options, let origin = request.headers[.origin],
            options.allowedOrigins.contains(origin),
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        var answer = PublicAnswer(status: 204)
        answer.set(.accessControlAllowMethods, "GET, POST, PUT, PATCH, DELETE")
        answer.set(
            .accessControlAllowHeaders, "Authorization, Content-Type, Idempotency-Key, If-Match")
        answer.set(.accessControlMaxAge, "600")
        return answer
    }

    /// The answer to a request that has no readable head, or that does not come to its end.
    func unreadable(_ refusal: Refusal) -> Answer {
        let arrival = Arrival(id: host.randomBytes(16).hexadecimal, time: host.now() / 1_000)
        var answer = PublicAnswer(
            Fault(.invalidRequest, refusal.message, status: refusal.status), arrival, forms)
        answer.complete(for: nil, arrival, options, clock)
        answer.set(.connection, "close")
        logger.info(
            "unreadable request",
            metadata: ["request_id": "\(arrival.id)", "status": "\(refusal.status)"])
        return answer.plain
    }

    /// What the log and the metrics keep: names of ours alone, nothing that a client has chosen.
    func record(_ request: Request, _ answer: PublicAnswer, _ arrival: Arrival, nanoseconds: UInt64)
    {
        let route = arrival.operation.map { String($0.path.text.dropFirst()) }
        metrics.add(
            handler: route, method: request.method, status: answer.status, nanoseconds: nanoseconds)
        logger.info(
            "request",
            metadata: [
                "request_id": "\(arrival.id)", "decision_id": "\(arrival.decision ?? "")",
                "action": "\(arrival.operation?.action ?? "")", "route": "/\(route ?? "")",
                "status": "\(answer.status)", "address": "\(arrival.address?.text ?? "")",
                "milliseconds": "\(Double(nanoseconds / 1_000) / 1_000)",
            ])
    }
}

extension Reply {
    /// Leaves out what the policy says is not for the subject.
    mutating func redact(_ verdict: Verdict) {
        guard case .json(.object(let members)) = content else { return }
        let hidden = verdict.obligations.flatMap { obligation -> [String] in
            if case .redact(let fields) = obligation { fields } else { [] }
        }
        guard !hidden.isEmpty else { return }
        content = .json(.object(members.filter { !hidden.contains($0.name) }))
    }
}

extension Page {
    /// Why there is no other page: the form again where one was sent, with what to look for in the
    /// log.
    fileprivate static func fault(_ fault: Fault, _ arrival: Arrival) -> Page {
        if let operation = arrival.operation, operation.takesForm, let form = operation.form {
            return form.page(fault, typed: arrival.typed)
        }
        if arrival.operation == nil, fault.status == 404 || fault.status == 405 {
            return .nowhere(fault, request: arrival.id)
        }
        return .outcome(fault, request: arrival.id)
    }
}
