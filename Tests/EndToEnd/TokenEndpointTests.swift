import Identity
import Loopback
import Servers
import Storage
import Testing

/// The endpoints by which tokens are ended and looked into.
@Suite struct TokenEndpointTests {
    private static let ada = "ada@example.com"
    private static let form = ["Content-Type: application/x-www-form-urlencoded"]

    private func revoke(_ server: PublicServer, _ token: String) async throws -> HTTPReply {
        try await server.ask("POST", "/oauth2/revoke", "token=\(token)", fields: Self.form)
    }

    @Test(arguments: IdentityDatabase.all)
    func aRevokedTokenIsOfNoUse(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            #expect(try await revoke(server, "nothing-of-ours").status == 200)
            #expect(try await revoke(server, ada.access).status == 200)
            #expect(try await server.ask("GET", "/api/v1/me", fields: ada.bearer).status == 401)
            let next = try await server.refresh(ada.refresh)
            #expect(next.status == 200)
            let tokens = try next.json
            let (access, refresh) = (
                try #require(tokens["access_token"] as? String),
                try #require(tokens["refresh_token"] as? String)
            )
            #expect(try await revoke(server, refresh).status == 200)
            #expect(try await server.refresh(refresh).status == 400)
            let me = try await server.ask(
                "GET", "/api/v1/me", fields: ["Authorization: Bearer \(access)"])
            #expect(me.status == 401)
            #expect(try await revoke(server, refresh).status == 200)
        }
    }

    /// - Source: RFC 6749, sections 3.2, 5.2 and 6.
    @Test(arguments: IdentityDatabase.all)
    func aTokenIsRefreshedForItsOwnClientAlone(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let other = try await server.refresh("\(ada.refresh)&client_id=other")
            #expect(other.status == 400)
            #expect(try other.json["error"] as? String == "invalid_grant")
            // Nothing was used up by that, and what is empty names no client.
            let own = try await server.refresh("\(ada.refresh)&client_id=ostiary")
            #expect(own.status == 200, "\(own.body)")
            let next = try #require(try own.json["refresh_token"] as? String)
            #expect(try await server.refresh("\(next)&client_id=").status == 200)
        }
    }

    @Test func whatIsWrongIsNamedInFull() async throws {
        try await PublicServer.with(.sqlite) { server in
            for (target, body, named) in [
                ("/oauth2/token?grant_type=refresh_token", "", "query/grant_type is not known"),
                ("/oauth2/token", "grant_type=refresh_token", "refresh_token "),
            ] {
                let reply = try await server.ask("POST", target, body, fields: Self.form)
                #expect(reply.status == 400)
                #expect(try reply.json["error"] as? String == "invalid_request")
                let description = try reply.json["error_description"] as? String
                #expect(description?.hasPrefix(named) == true, "\(description ?? "none")")
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func tokensAreLookedIntoByTheirOrganization(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let ada = try await server.signUp(Self.ada)
            try await server.join(ada.account, acme.id)
            let signedIn = try SignedIn(
                try await server.ask(
                    "POST", "/api/v1/auth/sign-in",
                    """
                    {"email":"\(Self.ada)","password":"\(PublicServer.password)",
                    "organization":"\(acme.id)"}
                    """))
            let body = "token=\(signedIn.access)"
            let own = try await server.ask(
                "POST", "/oauth2/introspect", as: acme["admin"], body, fields: Self.form)
            #expect(own.status == 200, "\(own.body)")
            #expect(try own.json["active"] as? Bool == true)
            #expect(try own.json["sub"] as? String == ada.account)
            let foreign = try await server.ask(
                "POST", "/oauth2/introspect", as: bolt["admin"], body, fields: Self.form)
            #expect(foreign.body == #"{"active":false}"#)
            let nobody = try await server.ask("POST", "/oauth2/introspect", body, fields: Self.form)
            #expect(nobody.status == 401)
            let member = try await server.ask(
                "POST", "/oauth2/introspect", as: acme["viewer"], body, fields: Self.form)
            #expect([403, 404, 400].contains(member.status))
            _ = try await revoke(server, signedIn.access)
            let ended = try await server.ask(
                "POST", "/oauth2/introspect", as: acme["admin"], body, fields: Self.form)
            #expect(ended.body == #"{"active":false}"#)
        }
    }

    @Test func aSessionOfAnOrganizationIsForItsMembers() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            let reply = try await server.ask(
                "POST", "/api/v1/auth/sign-in",
                """
                {"email":"\(Self.ada)","password":"\(PublicServer.password)",
                "organization":"\(server.world.acme.id)"}
                """)
            #expect(reply.status == 403, "\(reply.body)")
            let wrong = try await server.ask(
                "POST", "/api/v1/auth/sign-in",
                """
                {"email":"\(Self.ada)","password":"wrong and long enough",
                "organization":"\(server.world.acme.id)"}
                """)
            #expect(wrong.status == 401)
        }
    }
}
