import Foundation
import Loopback
import Testing

/// Every shape of a request is answered with the same bytes on the fast path and off it.
@Suite struct RequestShapeTests {
    private static let policies = [
        "a.rego": """
        package a
        default allow := false
        allow if input.n > 1
        large := [x | some x in numbers.range(1, 2000)]
        thousand := numbers.range(1, 1000)
        slow := count([1 | some x in thousand; some y in thousand; x == y])
        """
    ]

    private static func post(
        _ body: String, path: String = "/v1/data/a/allow", fields: [String] = [],
        isLast: Bool = true, length: Int? = nil
    ) -> String {
        let lines =
            ["POST \(path) HTTP/1.1", "Host: localhost"] + (isLast ? ["Connection: close"] : [])
            + fields + ["Content-Length: \(length ?? body.utf8.count)"]
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private static let yes = #"{"input":{"n":2}}"#
    private static let no = #"{"input":{"n":0}}"#
    private static let close = "Host: localhost\r\nConnection: close\r\n"

    private static let shapes: [(name: String, bytes: String)] = [
        ("plain", post(yes)),
        ("denied", post(no)),
        ("no input", post("{}")),
        ("no body", post("")),
        ("broken JSON", post("{")),
        ("an array", post("[]")),
        ("twice the key", post(#"{"input":{"n":0},"input":{"n":2}}"#)),
        ("undefined", post(yes, path: "/v1/data/a/none")),
        ("whole document", post(yes, path: "/v1/data/b")),
        ("root", post("{}", path: "/v1/data/a/allow/")),
        ("escaped path", post(yes, path: "/v1/data/%61/allow")),
        ("bad escape", post(yes, path: "/v1/data/a/%zz")),
        ("parameters", post(yes, path: "/v1/data/a/allow?pretty")),
        ("strict", post(yes, path: "/v1/data/a/allow?strict-builtin-errors=true")),
        ("large answer", post(yes, path: "/v1/data/a/large")),
        ("past the loop's budget", post("{}", path: "/v1/data/a/slow")),
        ("gzip wanted", post(yes, path: "/v1/data/a/large", fields: ["Accept-Encoding: gzip"])),
        ("small gzip", post(yes, fields: ["Accept-Encoding: gzip"])),
        ("broken gzip body", post(yes, fields: ["Content-Encoding: gzip"])),
        ("expects", post(yes, fields: ["Expect: 100-continue"])),
        ("pipelined", post(yes, isLast: false) + post(no, isLast: false) + post(yes)),
        (
            "pipelined both ways",
            post(yes, isLast: false) + "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" + post(no)
        ),
        (
            "pipelined the other way",
            "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                + "GET /v1/data/a/none HTTP/1.1\r\n\(close)\r\n"
        ),
        (
            "chunked",
            "POST /v1/data/a/allow HTTP/1.1\r\n\(close)Transfer-Encoding: chunked\r\n\r\n"
                + "8\r\n{\"input\"\r\n9\r\n:{\"n\":2}}\r\n0\r\n\r\n"
        ),
        (
            "chunked and broken",
            "POST /v1/data/a/allow HTTP/1.1\r\n\(close)Transfer-Encoding: chunked\r\n\r\nzz\r\n"
        ),
        (
            "two lengths",
            "POST /v1/data/a/allow HTTP/1.1\r\n\(close)Content-Length: 2\r\n"
                + "Content-Length: 3\r\n\r\n{}"
        ),
        ("two hosts", post(yes, fields: ["Host: elsewhere"])),
        ("no host", "POST /v1/data/a/allow HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"),
        ("another host in the target", post(yes, path: "http://elsewhere/v1/data/a/allow")),
        ("somebody in the target", post(yes, path: "http://me@elsewhere/v1/data/a/allow")),
        ("another scheme", post(yes, path: "ftp://elsewhere/v1/data/a/allow")),
        ("no slash", post(yes, path: "v1/data/a/allow")),
        (
            "another coding",
            "POST /v1/data/a/allow HTTP/1.1\r\n\(close)Transfer-Encoding: gzip, chunked\r\n\r\n"
                + "2\r\n{}\r\n0\r\n\r\n"
        ),
        (
            "chunked twice",
            "POST /v1/data/a/allow HTTP/1.1\r\n\(close)Transfer-Encoding: chunked\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        ),
        ("HEAD", "HEAD /v1/data/a/allow HTTP/1.1\r\n\(close)\r\n"),
        ("GET", "GET /v1/data/a/allow HTTP/1.1\r\n\(close)\r\n"),
        ("HTTP/1.0", "POST /v1/data/a/allow HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"),
        ("no HTTP", "hello\r\n\r\n"),
        ("no such route", "GET /nowhere HTTP/1.1\r\n\(close)\r\n"),
        ("wrong method", "DELETE /health HTTP/1.1\r\n\(close)\r\n"),
        ("oversize by its length", post("", length: 200 << 20)),
        (
            "head too large",
            "POST /v1/data/a/allow HTTP/1.1\r\n\(close)X: "
                + String(repeating: "x", count: 100_000) + "\r\n\r\n"
        ),
        ("content type", post(yes, fields: ["Content-Type: application/json"])),
        ("YAML", post("input: {n: 2}\n", fields: ["Content-Type: application/yaml"])),
    ]

    /// Clocks differ between two answers; nothing else may.
    private static func withoutDates(_ text: String) -> String {
        text.replacing(/Date: [^\r]*/, with: "Date: then")
    }

    private static func answers(hasFastPath: Bool) async throws -> [String: String] {
        let answers = Answers()
        try await withServer(policies, hasFastPath: hasFastPath) { client, _ in
            for shape in shapes {
                let bytes = try await client.exchange(Array(shape.bytes.utf8))
                let text = String(decoding: bytes, as: Unicode.ASCII.self)
                await answers.add(shape.name, withoutDates(text))
            }
        }
        return await answers.texts
    }

    private actor Answers {
        private(set) var texts: [String: String] = [:]
        func add(_ name: String, _ text: String) { texts[name] = text }
    }

    @Test func bothWaysAnswerTheSameBytes() async throws {
        let fast = try await Self.answers(hasFastPath: true)
        let plain = try await Self.answers(hasFastPath: false)
        for shape in Self.shapes {
            #expect(fast[shape.name] == plain[shape.name], "\(shape.name)")
        }
        #expect(fast["plain"]?.hasSuffix("\r\n\r\n{\"result\":true}\n") == true)
        #expect(fast["plain"]?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
        #expect(fast["oversize by its length"]?.hasPrefix("HTTP/1.1 413 ") == true)
        #expect(fast["head too large"]?.hasPrefix("HTTP/1.1 431 ") == true)
        for name in [
            "two hosts", "no host", "somebody in the target", "another scheme", "no slash",
        ] {
            #expect(fast[name]?.hasPrefix("HTTP/1.1 400 ") == true, "\(name)")
        }
        #expect(fast["another coding"]?.hasPrefix("HTTP/1.1 501 ") == true)
        #expect(fast["chunked twice"]?.hasPrefix("HTTP/1.1 200 ") == false)
        #expect(
            fast["another host in the target"]?.hasSuffix("\r\n\r\n{\"result\":true}\n") == true)
        #expect(
            fast["pipelined the other way"]?.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        #expect(fast["pipelined"]?.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
    }
}
