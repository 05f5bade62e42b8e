import Foundation
import Loopback
import Testing

/// OPA's REST API over a socket, route by route; refusals first.
@Suite struct APITests {
    private static let policies = [
        "authz.rego": """
        package authz
        default allow := false
        allow if input.user in data.admins
        names contains name if some name in data.admins
        broken := 1 / input.zero
        """,
        "data.json": #"{"admins": ["ada"], "limits": {"day": 3}}"#,
    ]

    private struct Row: Sendable, CustomTestStringConvertible {
        let method: String
        let target: String
        var body: String?
        let status: Int
        let answer: String
        var testDescription: String { "\(method) \(target) \(body ?? "")" }

        init(_ method: String, _ target: String, _ body: String?, _ status: Int, _ answer: String) {
            self.method = method
            self.target = target
            self.body = body
            self.status = status
            self.answer = answer
        }
    }

    private static let refusals = [
        Row("POST", "/v1/data/authz/allow", "{", 400, "invalid_parameter"),
        Row("POST", "/v1/data/authz/allow", "[1]", 400, "invalid_parameter"),
        Row("GET", "/v1/data/authz/allow?input=%7B", nil, 400, "invalid_parameter"),
        Row(
            "POST", "/v1/data/authz/broken?strict-builtin-errors", #"{"input":{"zero":0}}"#, 500,
            "internal_error"),
        Row("POST", "/v0/data/authz/none", "{}", 404, "undefined_document"),
        Row("PUT", "/v1/data/limits", "{", 400, "invalid_parameter"),
        Row("PUT", "/v1/data/authz/allow", "true", 400, "invalid_parameter"),
        Row("PATCH", "/v1/data/limits", #"[{"op":"jump","path":"/a"}]"#, 400, "invalid_parameter"),
        Row("PATCH", "/v1/data/limits", #"{"op":"add"}"#, 400, "invalid_parameter"),
        Row("DELETE", "/v1/data/nothing/here", nil, 404, "resource_not_found"),
        Row("PUT", "/v1/policies/bad.rego", "package a\np := q", 400, "invalid_parameter"),
        Row("PUT", "/v1/policies/bad.rego", "no package", 400, "invalid_parameter"),
        Row("GET", "/v1/policies/none", nil, 404, "resource_not_found"),
        Row("DELETE", "/v1/policies/none", nil, 404, "resource_not_found"),
        Row("GET", "/v1/query", nil, 400, "invalid_parameter"),
        Row("GET", "/v1/query?q=x%20%3D%3D", nil, 400, "invalid_parameter"),
        Row("POST", "/v1/query", #"{"query":"x == 1"}"#, 400, "invalid_parameter"),
        Row("POST", "/v1/compile", "[]", 400, "invalid_parameter"),
        Row("POST", "/v1/compile", #"{"input":{}}"#, 400, "invalid_parameter"),
        Row("POST", "/v1/compile", #"{"query":"x =="}"#, 400, "invalid_parameter"),
        Row("POST", "/v1/compile", #"{"query":"x","unknowns":"input"}"#, 400, "invalid_parameter"),
        Row("POST", "/v1/compile", #"{"query":"x=1","unknowns":["y"]}"#, 400, "invalid_parameter"),
        Row(
            "POST", "/v1/compile", #"{"query":"input.x","options":{"disableInlining":[1]}}"#, 400,
            "invalid_parameter"),
        Row(
            "POST", "/v1/compile?explain=full", #"{"query":"input.x"}"#, 400, "invalid_parameter"),
        Row("GET", "/v1/compile", nil, 405, "invalid_operation"),
        Row("GET", "/v1/nowhere", nil, 404, "resource_not_found"),
        Row("DELETE", "/v1/query", nil, 405, "invalid_operation"),
    ]

    @Test func whatIsWrongIsRefusedWithOPAsCode() async throws {
        try await withServer(Self.policies) { client, _ in
            for row in Self.refusals {
                let reply = try await client.ask(row.method, row.target, row.body)
                #expect(reply.status == row.status, "\(row.testDescription): \(reply.body)")
                #expect(try reply.json["code"] as? String == row.answer, "\(row.testDescription)")
            }
            let reply = try await client.ask(
                "POST", "/v1/data/authz/allow", #"{"input":{"user":"ada"}}"#)
            #expect(reply.body == #"{"result":true}"# + "\n", "nothing was changed by refusals")
        }
    }

    private static let answers = [
        Row("POST", "/v1/data/authz/allow", #"{"input":{"user":"ada"}}"#, 200, #"{"result":true}"#),
        Row("POST", "/v1/data/authz/allow", #"{"input":{}}"#, 200, #"{"result":false}"#),
        Row("POST", "/v1/data/authz/none", #"{"input":{}}"#, 200, "{}"),
        Row("GET", "/v1/data/limits/day", nil, 200, #"{"result":3}"#),
        Row("GET", "/v1/data/authz/names", nil, 200, #"{"result":["ada"]}"#),
        Row(
            "GET", "/v1/data/authz/allow?input=%7B%22user%22:%22ada%22%7D", nil, 200,
            #"{"result":true}"#),
        Row("POST", "/v0/data/authz/allow", #"{"user":"ada"}"#, 200, "true"),
        Row("PUT", "/v1/data/limits/hour", "7", 204, ""),
        Row("GET", "/v1/data/limits", nil, 200, #"{"result":{"day":3,"hour":7}}"#),
        Row("PATCH", "/v1/data/limits", #"[{"op":"remove","path":"/day"}]"#, 204, ""),
        Row("GET", "/v1/data/limits", nil, 200, #"{"result":{"hour":7}}"#),
        Row("DELETE", "/v1/data/limits/hour", nil, 204, ""),
        Row("PUT", "/v1/policies/more", "package more\np := 1 + 1", 200, "{}"),
        Row("GET", "/v1/data/more/p", nil, 200, #"{"result":2}"#),
        Row("DELETE", "/v1/policies/more", nil, 200, "{}"),
        Row("GET", "/v1/data/more/p", nil, 200, "{}"),
        Row(
            "GET", "/v1/query?q=x%20%3D%20data.admins%5B_%5D", nil, 200,
            #"{"result":[{"x":"ada"}]}"#),
        Row(
            "POST", "/v1/query", #"{"query":"input.a > 1","input":{"a":2}}"#, 200,
            #"{"result":[{}]}"#),
        Row(
            "POST", "/v1/compile", #"{"query":"x = 1; input.a == 1","unknowns":["input.b"]}"#, 200,
            #"{"result":{}}"#),
        Row("POST", "/v1/compile", #"{"query":"1 == 1"}"#, 200, #"{"result":{"queries":[[]]}}"#),
        Row(
            "POST", "/v1/compile", #"{"query":"4 >= data.admins[_]","unknowns":["data.admins"]}"#,
            200,
            #"{"result":{"queries":[[{"index":0,"terms":[{"type":"ref","value":[{"type":"var","#
                + #""value":"gte"}]},{"type":"number","value":4},{"type":"ref","value":["#
                + #"{"type":"var","value":"data"},{"type":"string","value":"admins"},"#
                + #"{"type":"var","value":"$0"}]}]}]]}}"#),
        Row("GET", "/health", nil, 200, "{}"),
    ]

    /// In order: later rows see what earlier ones wrote.
    @Test func answersHaveOPAsShapes() async throws {
        try await withServer(Self.policies) { client, _ in
            for row in Self.answers {
                let reply = try await client.ask(row.method, row.target, row.body)
                #expect(reply.status == row.status, "\(row.testDescription): \(reply.body)")
                let body = reply.body.trimmingCharacters(in: .newlines)
                #expect(body == row.answer, "\(row.testDescription)")
            }
        }
    }

    @Test func whatIsLeftOfAQueryComesWithTheRulesThatItReads() async throws {
        try await withServer(Self.policies) { client, _ in
            let reply = try await client.ask(
                "POST", "/v1/compile?metrics&pretty",
                #"{"query":"x = data.authz.allow","options":{"disableInlining":["data.authz"],"#
                    + #""nondeterminsticBuiltins":true}}"#)
            #expect(reply.status == 200, "\(reply.body)")
            let result = try reply.json["result"] as? [String: Any]
            #expect((result?["queries"] as? [Any])?.count == 1)
            let support = result?["support"] as? [[String: Any]]
            #expect(support?.count == 1)
            let metrics = try reply.json["metrics"] as? [String: Any]
            #expect(metrics?["timer_rego_partial_eval_ns"] != nil)
        }
    }

    @Test func aBodyInYAMLIsRead() async throws {
        try await withServer(Self.policies) { client, _ in
            let reply = try await client.ask(
                "POST", "/v1/data/authz/allow", "input:\n  user: ada\n",
                fields: ["Content-Type: application/x-yaml"])
            #expect(reply.body == #"{"result":true}"# + "\n")
            let broken = try await client.ask(
                "POST", "/v1/data/authz/allow", "input: [", fields: ["Content-Type: text/yaml"])
            #expect(broken.status == 400)
        }
    }

    @Test func aPolicyIsListedAsItWasPut() async throws {
        try await withServer([:]) { client, _ in
            let text = "package a\n\n# why\np := 1\n"
            #expect(try await client.ask("PUT", "/v1/policies/a", text).status == 200)
            let kept = try await client.ask("GET", "/v1/policies/a").json
            let result = kept["result"] as? [String: Any]
            #expect(result?["raw"] as? String == text)
            #expect(result?["id"] as? String == "a")
            #expect(result?["ast"] is [String: Any])
        }
    }

    @Test func metricsAndPrettyAreThereOnRequest() async throws {
        try await withServer(Self.policies) { client, _ in
            let metrics = try await client.ask("POST", "/v1/data/authz/allow?metrics", "{}").json
            let timers = try #require(metrics["metrics"] as? [String: Any])
            #expect(timers["timer_rego_query_eval_ns"] != nil)
            #expect(timers["timer_server_handler_ns"] != nil)
            let pretty = try await client.ask("GET", "/v1/data/limits?pretty").body
            #expect(pretty == "{\n  \"result\": {\n    \"day\": 3\n  }\n}\n")
        }
    }
}
