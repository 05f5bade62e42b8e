import Foundation
import Loopback
import Server
import Testing

/// Requests that mean harm, over a socket: a clear error each, and the next one is answered.
@Suite struct HostileRequestTests {
    private static let policies = [
        "a.rego": """
        package a
        sum := input.n + 1
        shown := input
        lines := regex.match(`^(a+)+$`, input.text)
        bomb := [1 | some x in numbers.range(1, 1000000000000)]
        """
    ]

    private static func isAlive(_ client: Client) async throws -> Bool {
        try await client.ask("POST", "/v1/data/a/sum", #"{"input":{"n":1}}"#).body
            == #"{"result":2}"# + "\n"
    }

    /// The body of a request to `path`, and the status and a part of what is answered.
    private static let rows: [(path: String, body: String, status: Int, says: String)] = [
        ("shown", #"{"input":"# + String(repeating: "[", count: 100_000), 400, "nested too deeply"),
        (
            "shown", "{\"input\":" + String(repeating: "7", count: 1_000_000) + "}", 400,
            "too many digits"
        ),
        ("sum", #"{"input":{"n":1e1000000000}}"#, 500, "a number has too many digits"),
        ("bomb", "{}", 500, "too many steps"),
    ]

    @Test func harmIsRefusedAndTheNextIsAnswered() async throws {
        try await withServer(Self.policies) { client, _ in
            for row in Self.rows {
                let reply = try await client.ask("POST", "/v1/data/a/\(row.path)", row.body)
                #expect(reply.status == row.status, "\(row.says): \(reply.body)")
                #expect(reply.body.contains(row.says), "\(reply.body.prefix(400))")
                #expect(try await Self.isAlive(client))
            }
        }
    }

    @Test func bytesThatAreNoUTF8AreRefused() async throws {
        try await withServer(Self.policies) { client, _ in
            let head = "POST /v1/data/a/shown HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                + "Content-Length: 14\r\n\r\n"
            let body = Array(#"{"input":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
            let answer = try await client.exchange(Array(head.utf8) + body)
            let reply = HTTPReply(String(decoding: answer, as: UTF8.self))
            #expect(reply.status == 400)
            #expect(reply.body.contains("invalid UTF-8"))
            #expect(try await Self.isAlive(client))
        }
    }

    @Test func twoHundredMegabytesAreRefused() async throws {
        try await withServer(Self.policies) { client, _ in
            let size = 200 << 20
            let head = "POST /v1/data/a/shown HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            let lengthy = Array("\(head)Content-Length: \(size)\r\n\r\n".utf8)
            let body = [UInt8](repeating: UInt8(ascii: " "), count: size)
            let stated = try await client.exchange(lengthy + body)
            #expect(HTTPReply(String(decoding: stated, as: UTF8.self)).status == 413)
            let chunked = Array("\(head)Transfer-Encoding: chunked\r\n\r\nC800000\r\n".utf8)
            let unstated = try await client.exchange(chunked + body)
            #expect(HTTPReply(String(decoding: unstated, as: UTF8.self)).status == 413)
            #expect(try await Self.isAlive(client))
        }
    }

    @Test func thirtyMegabytesAreAnswered() async throws {
        try await withServer(Self.policies) { client, _ in
            let item = String(repeating: "x", count: 1_000)
            let list = repeatElement("\"\(item)\"", count: 30_000).joined(separator: ",")
            let body = #"{"input":{"n":1,"list":["# + list + "]}}"
            let reply = try await client.ask("POST", "/v1/data/a/sum", body)
            #expect(reply.body == #"{"result":2}"# + "\n")
        }
    }

    @Test func aPatternThatExplodesElsewhereIsLinear() async throws {
        try await withServer(Self.policies) { client, _ in
            let text = String(repeating: "a", count: 60_000) + "!"
            let reply = try await client.ask(
                "POST", "/v1/data/a/lines", #"{"input":{"text":"\#(text)"}}"#)
            #expect(reply.body == #"{"result":false}"# + "\n")
        }
    }

    @Test func aBadEditKeepsTheLastGoodPolicy() async throws {
        try await withServer(Self.policies, changing: { $0.watchesFiles = true }) {
            client, folder in
            let file = folder.appending(path: "a.rego")
            try "package a\nsum := nonsense".write(to: file, atomically: true, encoding: .utf8)
            try "package b\np := 1".write(
                to: folder.appending(path: "b.rego"), atomically: true, encoding: .utf8)
            try await Task.sleep(for: .seconds(2))
            #expect(try await Self.isAlive(client))
            #expect(try await client.ask("GET", "/v1/data/b/p").body == "{}\n")
            try "package a\nsum := input.n + 2".write(to: file, atomically: true, encoding: .utf8)
            for _ in 0..<100 {
                let reply = try await client.ask("POST", "/v1/data/a/sum", #"{"input":{"n":1}}"#)
                if reply.body == #"{"result":3}"# + "\n" { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            Issue.record("the good edit was not taken")
        }
    }
}
