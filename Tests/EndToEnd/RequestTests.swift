import Loopback
import Server
import Servers
import Testing

/// Requests that are malformed, forged or meant for somebody else, and what every answer has.
@Suite struct RequestTests {
    @Test(arguments: [
        ("nowhere.test", 421, "unknown_host"), ("nobody.example.test", 404, "unknown_tenant"),
        ("a.acme.example.test", 421, "unknown_host"), ("evil-example.test", 421, "unknown_host"),
        ("bolt.example.test", 404, "not_found"), ("acme.example.test", 200, ""),
        ("ACME.example.test.:8080", 200, ""), ("example.test", 200, ""), ("localhost", 200, ""),
    ])
    func theHostNamesTheTenant(_ host: String, _ status: Int, _ code: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.ask(
                "GET", "/api/v1/organizations/\(server.world.acme.id)",
                as: server.world.acme.owner, fields: ["Host: \(host)"])
            #expect(reply.status == status)
            if status != 200 { #expect(try reply.json["code"] as? String == code) }
        }
    }

    @Test(arguments: [
        ("GET /livez HTTP/9.9\r\n\r\n", 400), ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n", 431),
        ("GET /livez HTTP/1.1\r\n\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n", 400),
        ("GET http://localhost/livez HTTP/1.1\r\n\r\n", 400),
        ("GET http://me@localhost/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (
            "POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: localhost\r\n"
                + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 501
        ),
    ])
    func whatCannotBeReadIsAProblem(_ text: String, _ status: Int) async throws {
        try await PublicServer.with(.sqlite) { server in
            let bytes = try await server.client.exchange(Array(text.utf8))
            let reply = HTTPReply(String(decoding: bytes, as: UTF8.self))
            #expect(reply.status == status)
            #expect(reply.field("content-type") == "application/problem+json")
            #expect(reply.field("connection") == "close")
            #expect(try reply.json["code"] as? String == "invalid_request")
            #expect(try reply.json["request_id"] as? String == reply.field("x-request-id"))
        }
    }

    /// - Source: RFC 9112, section 3.2.2.
    @Test(arguments: [
        ("http://nowhere.test/api/v1/me", "localhost", 421),
        ("http://bolt.example.test/api/v1/me", "localhost", 403),
        ("HTTPS://LOCALHOST:8443/api/v1/me", "nowhere.test", 200),
        ("http://localhost/api/v1/me?", "nowhere.test", 200),
    ])
    func theHostOfTheTargetCounts(_ target: String, _ host: String, _ status: Int) async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.ask(
                "GET", target, as: server.world.acme.owner, fields: ["Host: \(host)"])
            #expect(reply.status == status, "\(reply.body)")
        }
    }

    @Test func everyCarrierOfATenantMustAgree() async throws {
        try await PublicServer.with(.sqlite) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            for fields in [["Host: bolt.example.test"], ["X-Tenant-ID: \(bolt.id)"]] {
                let reply = try await server.ask(
                    "GET", "/api/v1/me", as: acme.owner, fields: fields)
                #expect(reply.status == 403, "\(fields)")
                #expect(try reply.json["code"] as? String == "tenant_mismatch")
            }
            let same = try await server.ask(
                "GET", "/api/v1/me", as: acme.owner, fields: ["X-Tenant-ID: \(acme.id)"])
            #expect(same.status == 200)
        }
    }

    @Test(arguments: [
        (#"{"name":"A","name":"B","slug":"a"}"#, 400), (#"{"name":"A""#, 400), ("", 400),
        ("[]", 422), (#"{"name":"A"}"#, 422), (#"{"name":7,"slug":"a"}"#, 422),
        (#"{"name":"A","slug":"a","tier":"enterprise"}"#, 422),
        (#"{"name":"\u0000","slug":"a"}"#, 400), (#"{"name":"A","slug":"-a"}"#, 422),
        (#"{"name":"A","slug":"www"}"#, 422), (#"{"name":"A","slug":"xn--a"}"#, 422),
        ("\u{FEFF}{}", 400), (String(repeating: "[", count: 10_000), 400),
    ])
    func bodiesAreReadStrictly(_ body: String, _ status: Int) async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.ask(
                "POST", "/api/v1/organizations", as: server.world.administrator, body)
            #expect(reply.status == status, "\(reply.body)")
            #expect(reply.field("content-type") == "application/problem+json")
        }
    }

    @Test func faultsNameTheirFields() async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.ask(
                "POST", "/api/v1/organizations", as: server.world.administrator,
                #"{"name":"","extra/one":1}"#)
            let errors = try #require(try reply.json["errors"] as? [[String: String]])
            #expect(errors.compactMap { $0["pointer"] } == ["/name", "/extra~1one", "/slug"])
            let query = try await server.ask(
                "GET", "/api/v1/organizations?limit=0&sort=name", as: server.world.administrator)
            let unfit = try #require(try query.json["errors"] as? [[String: String]])
            #expect(unfit.compactMap { $0["pointer"] } == ["query/limit", "query/sort"])
        }
    }

    @Test(arguments: [
        ("GET", "/api/v1/organizations/", 404), ("GET", "//api/v1/me", 404),
        ("GET", "/api/v1/%6De", 200), ("GET", "/api/v1/me%2F..", 400), ("GET", "/API/v1/me", 404),
        ("GET", "/api/v1/me%00", 400), ("GET", "/api/v1/me%zz", 400),
        ("PUT", "/api/v1/me", 405), ("OPTIONS", "/api/v1/me", 405),
        ("GET", "/v1/nowhere", 404), ("HEAD", "/api/v1/me", 200),
    ])
    func pathsAreTakenLiterally(_ method: String, _ path: String, _ status: Int) async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.ask(method, path, as: server.world.acme.owner)
            #expect(reply.status == status)
            if status == 405 { #expect(reply.field("allow") == "GET, PATCH, DELETE") }
        }
    }

    @Test func bodiesOfAnotherTypeOrSizeAreRefused() async throws {
        try await PublicServer.with(.sqlite) { server in
            let (path, person) = ("/api/v1/organizations", server.world.administrator)
            let text = try await server.ask(
                "POST", path, as: person, "{}", fields: ["Content-Type: text/plain"])
            #expect(text.status == 415)
            let packed = try await server.ask(
                "POST", path, as: person, "{}",
                fields: ["Content-Type: application/json", "Content-Encoding: gzip"])
            #expect(packed.status == 415)
            let huge = try await server.ask(
                "POST", path, as: person, String(repeating: " ", count: 2 << 20))
            #expect(huge.status == 413)
            #expect(try await server.ask("GET", path, as: person, "{}").status == 400)
        }
    }

    @Test func proxiesThatAreTrustedSayWhereARequestComesFrom() async throws {
        let forged = ["X-Forwarded-For: 198.51.100.1, 203.0.113.9", "X-Forwarded-Host: evil.test"]
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.ask("GET", "/api/v1/organizations", as: server.world.acme.owner)
            try await self.expectAddress("127.0.0.1", server, fields: forged, status: 200)
        }
        let change: @Sendable (inout PublicOptions) -> Void = { options in
            options.trustedProxies = ["127.0.0.0/8", "203.0.113.0/24"].compactMap(AddressRange.init)
        }
        try await PublicServer.with(.sqlite, changing: change) { server in
            try await self.expectAddress(
                "198.51.100.1", server, fields: [forged[0]], status: 200)
            try await self.expectAddress(
                "2001:db8::1", server, fields: ["X-Forwarded-For: [2001:db8::1]:99"], status: 200)
            try await self.expectAddress(
                "127.0.0.1", server, fields: ["X-Forwarded-For: 198.51.100.1, junk"], status: 200)
            let other = try await server.ask("GET", "/api/v1/me", fields: forged)
            #expect(other.status == 421)
        }
    }

    /// The address that the policy was told of.
    private func expectAddress(
        _ address: String, _ server: PublicServer, fields: [String], status: Int
    ) async throws {
        let owner = server.world.acme.owner
        let reply = try await server.ask("GET", "/api/v1/me", as: owner, fields: fields)
        #expect(reply.status == status)
        let id = try #require(reply.field("x-decision-id"))
        let decision = try await server.ask("GET", "/api/v1/decisions/\(id)", as: owner)
        #expect(decision.body.contains("\"address\":\"\(address)\""), "\(decision.body)")
    }

    @Test func answersAreForNobodyElse() async throws {
        let change: @Sendable (inout PublicOptions) -> Void = { options in
            options.allowedOrigins = ["https://app.test"]
        }
        try await PublicServer.with(.sqlite, changing: change) { server in
            let reply = try await server.ask("GET", "/livez", fields: ["Origin: https://evil.test"])
            #expect(reply.field("access-control-allow-origin") == nil)
            #expect(reply.field("cache-control") == "no-store")
            #expect(reply.field("x-content-type-options") == "nosniff")
            #expect(reply.field("content-security-policy")?.hasPrefix("default-src 'none'") == true)
            let preflight = try await server.ask(
                "OPTIONS", "/api/v1/me",
                fields: ["Origin: https://app.test", "Access-Control-Request-Method: GET"])
            #expect(preflight.status == 204)
            #expect(preflight.field("access-control-allow-origin") == "https://app.test")
        }
    }
}
