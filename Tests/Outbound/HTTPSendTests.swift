import Rego
import RegoMachine
import Testing

@testable import Outbound

/// `http.send` through the engine and libcurl, against a server that nobody here wrote. The clock
/// stands still at the server's dates: 2017-11-06T20:31:29.5Z, unless a test moves it.
@Suite(.serialized) struct HTTPSendTests {
    private let server: LoopbackServer
    private let client = HTTPClient.system()

    init() throws {
        server = try LoopbackServer()
    }

    private func host(secondsLater: Int64 = 0) -> Host {
        var host = Host.system
        host.now = { 1_510_000_289_500_000_000 + secondsLater * 1_000_000_000 }
        host.http = client
        return host
    }

    /// The JSON of one query's value.
    private func evaluate(
        _ query: String, secondsLater: Int64 = 0, limits: Limits = .init()
    ) throws -> String {
        let policy = try Policy(modules: [])
        let prepared = try policy.prepare(query: query)
        let evaluator = Evaluator(host: host(secondsLater: secondsLater), limits: limits)
        var options = EvaluationOptions()
        options.strictBuiltinErrors = true
        let rows = unsafe try evaluator.results(
            prepared, data: .empty, input: unsafe .undefined, options: options
        ).rows
        let row = try #require(rows.first)
        return String(decoding: try #require(row.expressions.first).json, as: UTF8.self)
    }

    private func send(
        _ path: String, _ more: String = "", part: String = ".body", secondsLater: Int64 = 0
    ) throws -> String {
        try evaluate(
            "http.send({\"method\": \"get\", \"url\": \"\(server.url(path))\"\(more)})\(part)",
            secondsLater: secondsLater)
    }

    @Test func aResponseHasStatusHeadersAndDecodedBody() throws {
        #expect(try send("echo", part: ".status") == "\"200 OK\"")
        #expect(try send("echo", part: ".status_code") == "200")
        #expect(try send("echo", part: ".body.method") == "\"GET\"")
        #expect(try send("echo", part: ".headers[\"content-type\"]") == "[\"application/json\"]")
        #expect(try send("text", part: ".headers[\"x-two\"]") == "[\"a\",\"b\"]")
        #expect(try send("text") == "null")
        #expect(try send("text", part: ".raw_body") == "\"{\\\"a\\\": 1}\"")
        #expect(try send("text", ", \"force_json_decode\": true") == "{\"a\":1}")
        #expect(try send("yaml") == "{\"a\":[1,2]}")
    }

    @Test func aBodyAndHeadersAreSent() throws {
        let url = server.url("echo")
        let request = "\"method\": \"POST\", \"url\": \"\(url)\", \"headers\": {\"x-a\": \"\"}"
        let body = "http.send({\(request), \"body\": {\"b\": [1, \"<\"]}}).body"
        #expect(try evaluate(body + ".body") == "\"{\\\"b\\\":[1,\\\"\\\\u003c\\\"]}\"")
        #expect(try evaluate(body + ".method") == "\"POST\"")
        #expect(try evaluate(body + ".headers[\"x-a\"]") == "\"\"")
        #expect(try evaluate("object.get(\(body).headers, \"content-type\", 0)") == "0")
        #expect(try evaluate("http.send({\(request), \"raw_body\": \"r\"}).body.body") == "\"r\"")
    }

    @Test func redirectionsAreFollowedOnlyWhenAsked() throws {
        #expect(try send("away", part: ".status_code") == "302")
        #expect(try send("away", ", \"enable_redirect\": true", part: ".body.path") == "\"/echo\"")
        #expect(try failure("round", ", \"enable_redirect\": true").contains("10 redirects"))
        #expect(try failure("file", ", \"enable_redirect\": true").contains("scheme \\\"file"))
    }

    private func failure(_ path: String, _ more: String = "") throws -> String {
        try send(path, ", \"raise_error\": false" + more, part: ".error.message")
    }

    @Test func aSlowAnswerIsATimeout() throws {
        let more = ", \"timeout\": \"100ms\""
        #expect(try failure("slow", more).contains("request timed out"))
        #expect(try failure("slow", ", \"timeout\": 100000000").contains("request timed out"))
        let error = #expect(throws: EvaluationFailure.self) { try send("slow", more) }
        let message = try #require(error?.message)
        #expect(message.contains("http.send: Get \(server.url("slow")): request timed out"))
    }

    @Test func theEvaluationsDeadlineEndsTheRequest() throws {
        var limits = Limits()
        limits.timeoutNanoseconds = 200_000_000
        let query = "http.send({\"method\": \"get\", \"url\": \"\(server.url("slow"))\", "
        let error = #expect(throws: EvaluationFailure.self) {
            try evaluate(query + "\"raise_error\": false})", limits: limits)
        }
        #expect(error?.code == .limit)
    }

    @Test func aBodyWithoutEndIsRefused() throws {
        #expect(try failure("endless").contains("the body exceeds 67108864 bytes"))
    }

    @Test func nobodyThereIsAnErrorObjectWhereAsked() throws {
        let query = "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1:1\"%})"
        let asked = query.replacing("%", with: ", \"raise_error\": false")
        #expect(try evaluate(asked + ".error.code") == "\"eval_http_send_network_error\"")
        #expect(try evaluate(asked + ".status_code") == "0")
        #expect(throws: EvaluationFailure.self) { try evaluate(query.replacing("%", with: "")) }
    }

    @Test(arguments: ["ftp://127.0.0.1/", "127.0.0.1", "file:///etc/passwd", "unix://a/b"])
    func otherSchemesAreRefused(_ url: String) throws {
        let message = try evaluate(
            "http.send({\"method\": \"get\", \"url\": \"\(url)\", \"raise_error\": false})"
                + ".error.message")
        #expect(message.contains("unsupported protocol scheme"))
    }

    @Test func lineEndsCannotMakeHeaders() throws {
        let more = ", \"headers\": {\"a\": \"b\\r\\nc: d\"}"
        #expect(try failure("echo", more).contains("invalid header field value"))
        #expect(try failure("echo", ", \"headers\": {\"a\\nb\": \"c\"}").contains("field name"))
    }

    @Test func equalRequestsOfAQueryAreSentOnce() throws {
        let call = "http.send({\"method\": \"get\", \"url\": \"\(server.url("once"))\"})"
        #expect(try evaluate("[\(call).body.count, \(call).body.count]") == "[1,1]")
        #expect(try evaluate("\(call).body.count") == "2")
    }

    @Test func anAnswerIsKeptAsLongAsItSays() throws {
        #expect(try send("fresh", ", \"cache\": true", part: ".body.count") == "1")
        #expect(try send("fresh", ", \"cache\": true", part: ".body.count") == "1")
        #expect(
            try send("fresh", ", \"cache\": true", part: ".body.count", secondsLater: 61) == "2")
        #expect(try send("never", ", \"cache\": true", part: ".body.count") == "1")
        #expect(try send("never", ", \"cache\": true", part: ".body.count") == "2")
    }

    @Test func aForcedCacheKeepsWhatSaysNothing() throws {
        let more = ", \"force_cache\": true, \"force_cache_duration_seconds\": 10"
        #expect(try send("plain", more, part: ".body.count") == "1")
        #expect(try send("plain", more, part: ".body.count", secondsLater: 9) == "1")
        #expect(try send("plain", more, part: ".body.count", secondsLater: 10) == "2")
        #expect(try send("broken", more, part: ".body.count") == "1")
        #expect(try send("broken", more, part: ".body.count") == "2")
    }

    @Test func anUnchangedAnswerIsAskedAboutAndKept() throws {
        #expect(try send("tagged", ", \"cache\": true", part: ".body.count") == "1")
        #expect(try send("tagged", ", \"cache\": true", part: ".body.count") == "1")
        #expect(
            try send("tagged", ", \"cache\": true", part: ".headers[\"x-again\"]") == "[\"3\"]")
    }

    @Test func ignoredHeadersAreNoPartOfTheKey() throws {
        func more(_ id: Int) -> String {
            ", \"cache\": true, \"headers\": {\"id\": \"\(id)\"}"
                + ", \"cache_ignored_headers\": [\"id\"]"
        }
        #expect(try send("fresh", more(1), part: ".body.count") == "1")
        #expect(try send("fresh", more(2), part: ".body.count") == "1")
    }

    @Test func theCacheForgetsTheLeastUsed() {
        let cache = ResponseCache(bytesMax: 2_000)
        func stored(_ count: Int) -> StoredResponse {
            let body = [UInt8](repeating: 0, count: count)
            return StoredResponse(
                response: HTTPResponse(code: 200, status: "200 OK", headers: [], body: body),
                expiresAt: 0)
        }
        for key in 0..<3 as Range<UInt8> {
            cache.keep([key], stored(600))
            _ = cache.response([0])
        }
        cache.keep([9], stored(3_000))
        #expect(cache.response([0]) != nil)
        #expect(cache.response([1]) == nil)
        #expect(cache.response([2]) != nil)
        #expect(cache.response([9]) == nil)
    }
}
