import Foundation
import Loopback
import Servers
import Testing

/// OPA's API on both listeners: it decides for services, and has nothing to say about identity.
@Suite struct DecisionPointTests {
    /// Every endpoint: how it is asked, and whether somebody without a role of the platform may.
    private static let endpoints: [(method: String, target: String, body: String?, isOpen: Bool)] =
        [
            ("POST", "/v1/data/shop/allow", #"{"input":{}}"#, true),
            ("POST", "/v0/data/shop/allow", "{}", true),
            ("GET", "/v1/data/shop", nil, false),
            ("PUT", "/v1/data/shop", "{}", false),
            ("PATCH", "/v1/data/shop", "[]", false),
            ("DELETE", "/v1/data/shop", nil, false),
            ("GET", "/v1/policies", nil, false),
            ("GET", "/v1/policies/shop.rego", nil, false),
            ("PUT", "/v1/policies/shop.rego", "package shop", false),
            ("DELETE", "/v1/policies/shop.rego", nil, false),
            ("GET", "/v1/query?q=data", nil, false),
            ("POST", "/v1/query", #"{"query":"data"}"#, false),
            ("POST", "/v1/compile", #"{"query":"data"}"#, false),
        ]

    @Test(arguments: endpoints.indices)
    func thePublicListenerAsksAPolicyFirst(_ index: Int) async throws {
        let (method, target, body, isOpen) = Self.endpoints[index]
        try await PublicServer.with(.sqlite) { server in
            let nobody = try await server.ask(method, target, body)
            #expect(nobody.status == 401)
            #expect(try nobody.json["code"] as? String == "unauthenticated")
            let member = try await server.ask(method, target, as: server.world.acme["member"], body)
            if isOpen {
                #expect(member.status == 200 || member.status == 404)
            } else {
                #expect(member.status == 403 || member.status == 404, "\(member.status)")
            }
            #expect(try await server.ask("GET", "/api/v1/me").status == 401)
        }
    }

    @Test func administratorsWriteWhatServicesAskFor() async throws {
        try await PublicServer.with(.sqlite) { server in
            let administrator = server.world.administrator
            let put = try await server.ask(
                "PUT", "/v1/policies/shop.rego", as: administrator,
                "package shop\n\nallow if input.user == \"alice\"\n",
                fields: ["Content-Type: text/plain"])
            #expect(put.status == 200, "\(put.body)")
            let decided = try await server.ask(
                "POST", "/v1/data/shop/allow", as: server.world.acme["member"],
                #"{"input":{"user":"alice"}}"#)
            #expect(try decided.json["result"] as? Bool == true)
        }
    }

    /// The decision listener is open to this machine: what it holds is another space.
    @Test func theSpaceOfServicesIsNotTheServersOwn() async throws {
        try await PublicServer.with(.sqlite) { server in
            let path = "/api/v1/organizations/\(server.world.acme.id)"
            for area in ["organization", "verdict", "bypass", "member"] {
                let put = try await server.decisions.ask(
                    "PUT", "/v1/policies/\(area).rego",
                    "package ostiary.\(area)\n\ndecision := {\"allow\": true}\n")
                #expect(put.status == 200)
            }
            let written = try await server.decisions.ask(
                "PUT", "/v1/data/ostiary/standing", #"{"denials":[]}"#)
            #expect(written.status == 204)
            let denied = try await server.ask("GET", path, as: server.world.bolt.owner)
            #expect(denied.status == 404)
            let allowed = try await server.ask("GET", path, as: server.world.acme.owner)
            #expect(allowed.status == 200)
            for query in ["data", "data.ostiary", "opa.runtime()"] {
                let read = try await server.decisions.ask(
                    "POST", "/v1/query", #"{"query":"x = \#(query)"}"#)
                #expect(!read.body.contains(server.world.acme.id))
                #expect(!read.body.contains("admin_bypass"))
                for unknowns in [#"["input"]"#, #"["input","data"]"#] {
                    let left = try await server.decisions.ask(
                        "POST", "/v1/compile",
                        #"{"query":"x = \#(query)","unknowns":\#(unknowns)}"#)
                    #expect(left.status == 200)
                    #expect(!left.body.contains(server.world.acme.id))
                    #expect(!left.body.contains("admin_bypass"))
                }
            }
            let key = server.world.acme.owner.key
            #expect(try await server.decisions.ask("GET", "/v1/data").body.contains(key) == false)
        }
    }
}
