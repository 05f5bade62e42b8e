import Foundation
import Identity
import Loopback
import Server
import Servers
import Testing

/// The keys by which others verify tokens, over a socket.
@Suite struct PublishedKeyTests {
    @Test(arguments: IdentityDatabase.all)
    func everybodyMayKeepThemForFiveMinutes(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let reply = try await server.ask("GET", "/.well-known/jwks.json")
            #expect(reply.status == 200)
            #expect(reply.field("cache-control") == "public, max-age=300")
            let keys = try #require(reply.json["keys"] as? [[String: Any]])
            #expect(keys.count == 2 && Set(keys.compactMap { $0["kid"] as? String }).count == 2)
            for key in keys {
                #expect(Set(key.keys) == ["kid", "use", "alg", "crv", "kty", "x", "y"])
                #expect(key["use"] as? String == "sig" && key["alg"] as? String == "ES256")
            }
            // What is about somebody, or about now, nobody may keep.
            for path in ["/api/v1/me", "/livez", "/.well-known/jwks.jso"] {
                let other = try await server.ask("GET", path, as: server.world.acme.owner)
                #expect(other.field("cache-control") == "no-store", "\(path)")
            }
        }
    }

    @Test func healthNamesTheOneThatSigns() async throws {
        try await PublicServer.with(.sqlite) { server in
            let health = try await server.ask("GET", "/healthz").json
            let signing = try #require(health["signing_key"] as? [String: Any])
            let age = try #require(signing["age_seconds"] as? Int)
            #expect((0...600).contains(age) && signing["algorithm"] as? String == "ES256")
            let published = try await server.ask("GET", "/.well-known/jwks.json").body
            #expect(published.contains(try #require(signing["id"] as? String)))
            let checks = try #require(health["checks"] as? [[String: Any]])
            #expect(checks.contains { $0["name"] as? String == "signing_key" })
            let ready = try await server.ask("GET", "/readyz")
            #expect(ready.status == 200 && ready.body.contains("signing_key"))
        }
    }
}
