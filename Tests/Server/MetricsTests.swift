import Foundation
import Loopback
import Testing

/// `/metrics`: what was answered is counted, whichever way it went.
@Suite struct MetricsTests {
    private static let policies = ["p.rego": "package p\nallow := input.n > 1\n"]

    /// The value of a sample by its name and labels, as written.
    private func value(_ text: String, _ sample: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            .flatMap { Double($0.dropFirst(sample.count + 1)) }
    }

    @Test(arguments: [true, false])
    func requestsAreCountedByRouteMethodAndStatus(_ hasFastPath: Bool) async throws {
        try await withServer(Self.policies, hasFastPath: hasFastPath) { client, _ in
            for _ in 0..<3 {
                _ = try await client.ask("POST", "/v1/data/p/allow", #"{"input":{"n":1}}"#)
            }
            _ = try await client.ask("POST", "/v1/data/p/allow", "{")
            _ = try await client.ask("GET", "/nowhere", nil)
            _ = try await client.ask("PROPFIND", "/v1/data/p", nil)
            let reply = try await client.ask("GET", "/metrics", nil)
            #expect(reply.status == 200)
            let text = reply.body
            let name = "http_request_duration_seconds_count"
            for (labels, count) in [
                (#"code="200",handler="v1/data",method="post""#, 3.0),
                (#"code="400",handler="v1/data",method="post""#, 1),
                (#"code="404",handler="catchall",method="get""#, 1),
                (#"code="405",handler="catchall",method="other""#, 1),
            ] {
                #expect(value(text, "\(name){\(labels)}") == count, "\(labels)\n\(text)")
            }
        }
    }

    @Test func bucketsOnlyGrowAndEndWithTheCount() async throws {
        try await withServer(Self.policies) { client, _ in
            _ = try await client.ask("POST", "/v1/data/p/allow", "{}")
            let text = try await client.ask("GET", "/metrics", nil).body
            let labels = #"code="200",handler="v1/data",method="post""#
            let buckets = text.split(separator: "\n").filter {
                $0.hasPrefix("http_request_duration_seconds_bucket{\(labels)")
            }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
            #expect(buckets.count == 11 && buckets == buckets.sorted() && buckets.last == 1)
            let sum = value(text, "http_request_duration_seconds_sum{\(labels)}")
            #expect(sum.map { $0 > 0 } == true)
        }
    }

    @Test func theServerTellsOfItself() async throws {
        try await withServer(Self.policies) { client, _ in
            let first = try await client.ask("GET", "/metrics", nil).body
            _ = try await client.ask("PUT", "/v1/data/a", "1")
            let second = try await client.ask("GET", "/metrics", nil).body
            for name in [
                "process_start_time_seconds", "process_cpu_seconds_total",
                "process_resident_memory_bytes", "ostiary_uptime_seconds",
            ] {
                #expect(value(first, name).map { $0 > 0 } == true, "\(name)")
                #expect(first.contains("# TYPE \(name) "))
            }
            let name = "ostiary_uptime_seconds"
            let (before, after) = (value(first, name), value(second, name))
            #expect(before ?? 1 < after ?? 0)
            let revision = "ostiary_policy_revision"
            #expect(value(second, revision) == value(first, revision).map { $0 + 1 })
        }
    }
}
