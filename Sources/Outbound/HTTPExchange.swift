import Glibc
import RegoMachine

/// A request until its answer: redirections, further attempts, and the time that all may take.
/// - Source: Go's `net/http` for what a redirection keeps; OPA, `http.send`, for the attempts.
enum HTTPExchange {
    static let redirectsMax = 10
    private static let redirectCodes: Set<Int> = [301, 302, 303, 307, 308]
    private static let firstPause: Double = 0.1
    private static let longestPause: Double = 60

    static func answer(_ request: HTTPRequest) -> HTTPAnswer {
        if let reason = flaw(request) { return .failure(.network, reason) }
        let ends = request.budgetNanoseconds.map { Host.system.monotonic() &+ $0 }
        var attempt = 0
        while true {
            do {
                return .response(try attemptOnce(request, ends: ends))
            } catch {
                let isOver = attempt >= request.retries || error.kind == .refused
                if isOver || !pause(attempt, request, ends: ends) {
                    return .failure(error.kind, error.message)
                }
                attempt += 1
            }
        }
    }

    /// Follows redirections where the request asks for it, within the time of one attempt.
    private static func attemptOnce(
        _ request: HTTPRequest, ends: UInt64?
    ) throws(CurlTransfer.Failure) -> HTTPResponse {
        var request = request
        var target = try target(request.url)
        var ends = ends
        if request.timeoutNanoseconds != 0 {
            let span = UInt64(max(0, request.timeoutNanoseconds))
            let end = Host.system.monotonic().addingReportingOverflow(span)
            ends = min(ends ?? .max, end.overflow ? .max : end.partialValue)
        }
        for _ in 0...redirectsMax {
            if let hosts = request.hosts { try target.require(oneOf: hosts) }
            let answer = try CurlTransfer.run(
                request, target: target, milliseconds: try milliseconds(until: ends))
            guard request.followsRedirects, redirectCodes.contains(answer.response.code),
                let url = answer.redirect
            else { return answer.response }
            let from = target
            target = try Self.target(url)
            target.socket = from.socket
            request = redirected(
                request, answer.response.code,
                isSameHost: host(of: from.url) == host(of: target.url))
        }
        throw CurlTransfer.Failure(
            kind: .network, message: "stopped after \(redirectsMax) redirects")
    }

    private static func target(_ url: String) throws(CurlTransfer.Failure) -> RequestTarget {
        do {
            return try RequestTarget(url)
        } catch {
            throw CurlTransfer.Failure(kind: .network, message: error.message)
        }
    }

    /// 0: any number.
    private static func milliseconds(until end: UInt64?) throws(CurlTransfer.Failure) -> Int {
        guard let end, end != .max else { return 0 }
        let now = Host.system.monotonic()
        guard end > now else {
            throw CurlTransfer.Failure(kind: .timeout, message: "request timed out")
        }
        // Rounded up: a request must not end just before the deadline that ends it.
        return Int((end - now) / 1_000_000) + 1
    }

    /// A redirection other than 307 and 308 asks again with `GET` and without the body; another
    /// host learns no credentials.
    private static func redirected(
        _ request: HTTPRequest, _ code: Int, isSameHost: Bool
    ) -> HTTPRequest {
        var request = request
        if code != 307 && code != 308 {
            if request.method != "HEAD" { request.method = "GET" }
            request.body = []
            drop(["content-type", "content-encoding", "content-language"], from: &request)
        }
        if !isSameHost {
            drop(
                ["authorization", "www-authenticate", "cookie", "cookie2", "host"], from: &request)
            request.tls.serverName = ""
        }
        return request
    }

    private static func drop(_ names: [String], from request: inout HTTPRequest) {
        request.headers.removeAll { names.contains($0.name.lowercased()) }
    }

    /// Scheme and authority.
    private static func host(of url: String) -> Substring {
        guard let mark = url.firstIndex(of: ":") else { return url[...] }
        let authority = url[mark...].dropFirst(3).prefix { !"/?#".contains($0) }
        return url[..<mark] + authority
    }

    /// What no request may hold: line ends and null bytes would become lines of their own.
    private static func flaw(_ request: HTTPRequest) -> String? {
        if request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "net/url: invalid control character in URL"
        }
        for (name, value) in request.headers {
            if !HTTPClient.isToken(name) {
                return "net/http: invalid header field name \"\(name)\""
            }
            if value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
                return "net/http: invalid header field value for \"\(name)\""
            }
        }
        return request.tls.serverName.utf8.contains(0) ? "invalid server name" : nil
    }

    /// Waits longer after each failure. False: cancelled, or no time is left.
    private static func pause(_ attempt: Int, _ request: HTTPRequest, ends: UInt64?) -> Bool {
        var seconds = firstPause
        for _ in 0..<min(attempt, 16) { seconds = min(longestPause, seconds * 1.6) }
        let resumes = Host.system.monotonic() &+ UInt64(seconds * 1_000_000_000)
        while Host.system.monotonic() < resumes {
            if request.cancellation?.isRequested == true { return false }
            if let ends, Host.system.monotonic() >= ends { return false }
            usleep(20_000)
        }
        return true
    }
}
