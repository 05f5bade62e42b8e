import Identity
import Loopback
import Servers
import Testing

/// What an account says of itself.
@Suite struct ProfileTests {
    private static let ada = "ada@example.com"

    @Test(arguments: IdentityDatabase.all)
    func itTellsOfTheAccountAndHowOneHasSignedIn(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let me = try await server.ask("GET", "/api/v1/me", fields: ada.bearer).json
            #expect(me["display_name"] as? String == "Ada")
            #expect(me["email"] as? String == Self.ada)
            #expect((me["created_at"] as? String)?.hasSuffix("Z") == true)
            let session = try #require(me["session"] as? [String: Any])
            #expect(session["id"] as? String == ada.session)
            #expect(session["acr"] as? String == "aal1")
            #expect(session["amr"] as? [String] == ["otp"])
            #expect((session["auth_time"] as? String)?.hasSuffix("Z") == true)
            let byKey = try await server.ask("GET", "/api/v1/me", as: server.world.acme.owner).json
            #expect(byKey["email"] as? String == "owner@acme.test")
            #expect(!(byKey["session"] is [String: Any]))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aNameIsChangedByWhoHasSeenTheLast(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let seen = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
            let tag = try #require(seen.field("etag"))
            let body = #"{"display_name":"Countess"}"#
            let changed = try await server.ask(
                "PATCH", "/api/v1/me", body, fields: ada.bearer + ["If-Match: \(tag)"])
            #expect(changed.status == 200, "\(changed.body)")
            #expect(try changed.json["display_name"] as? String == "Countess")
            #expect(changed.field("etag") != tag)
            let late = try await server.ask(
                "PATCH", "/api/v1/me", #"{"display_name":"Nobody"}"#,
                fields: ada.bearer + ["If-Match: \(tag)"])
            #expect(late.status == 412)
            let now = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
            #expect(now.body.contains("Countess"))
        }
    }

    @Test(arguments: [" ", "\u{3000}", "\u{A0}\u{2003}", "\u{200B}"])
    func blanksAreNoName(_ name: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let reply = try await server.ask(
                "PATCH", "/api/v1/me", #"{"display_name":"\#(name)"}"#, fields: ada.bearer)
            #expect(reply.status == 422, "\(reply.body)")
            #expect(reply.body.contains(#""pointer":"/display_name""#), "\(reply.body)")
            let framed = try await server.ask(
                "PATCH", "/api/v1/me", #"{"display_name":"\#(name)A\#(name)"}"#,
                fields: ada.bearer)
            #expect(framed.status == 200, "\(framed.body)")
        }
    }

    /// Roles and sessions are others while the account's own row is as it was.
    @Test func itIsNeverCalledUnchanged() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let seen = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
            let tag = try #require(seen.field("etag"))
            let again = try await server.ask(
                "GET", "/api/v1/me", fields: ada.bearer + ["If-None-Match: \(tag)"])
            #expect(again.status == 200)
        }
    }

    @Test(arguments: ["status", "platform_roles", "email", "id", "version"])
    func nothingButTheNameIsChanged(_ member: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let reply = try await server.ask(
                "PATCH", "/api/v1/me", #"{"\#(member)":"administrator"}"#, fields: ada.bearer)
            #expect(reply.status == 422)
            #expect(reply.body.contains(#""pointer":"/\#(member)""#), "\(reply.body)")
        }
    }
}
