import Identity
import Loopback
import Servers
import Storage
import Testing

/// Passwords that are forgotten, changed, and shown again.
@Suite struct PasswordTests {
    private static let ada = "ada@example.com"
    private static let other = "quite another sentence of ours"

    private func forget(_ server: PublicServer, _ address: String = ada) async throws -> HTTPReply {
        try await server.ask(
            "POST", "/api/v1/auth/password/forgotten", #"{"email":"\#(address)"}"#)
    }

    private func reset(
        _ server: PublicServer, _ secret: String, _ password: String = other
    ) async throws -> HTTPReply {
        try await server.ask(
            "POST", "/api/v1/auth/password/reset",
            #"{"token":"\#(secret)","password":"\#(password)"}"#)
    }

    @Test(arguments: IdentityDatabase.all)
    func aNewPasswordByMailEndsWhatWasBefore(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let (known, unknown) = (
                try await forget(server), try await forget(server, "eve@example.com")
            )
            #expect(known.status == 202 && known.body == unknown.body)
            let mail = try await server.mailbox.mail(to: Self.ada, "Choose a new password")
            #expect(mail.text.contains("http://localhost:8080/reset#"))
            let weak = try await reset(server, try mail.secret, "password")
            #expect(weak.status == 422)
            let signedIn = try SignedIn(try await reset(server, try mail.secret))
            #expect(signedIn.account == ada.account)
            let before = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
            #expect(before.status == 401)
            #expect(try await server.refresh(ada.refresh).status == 400)
            #expect(try await server.signIn(Self.ada).status == 401)
            #expect(try await server.signIn(Self.ada, password: Self.other).status == 200)
            #expect(try await reset(server, try mail.secret).status == 401)
            _ = try await server.mailbox.mail(to: Self.ada, "password")
        }
    }

    @Test func aResetLinkDiesOfTheNextAndOfASignIn() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            _ = try await forget(server)
            let first = try await server.mailbox.mail(to: Self.ada, "Choose a new").secret
            _ = try await forget(server)
            var second = first
            while second == first {
                second = try await server.mailbox.mail(to: Self.ada, "Choose a new").secret
            }
            #expect(try await reset(server, first).status == 401)
            #expect(try await server.signIn(Self.ada).status == 200)
            #expect(try await reset(server, second).status == 401)
        }
    }

    /// Whatever the request says of its host, the link is the issuer's.
    @Test func aPoisonedHostMovesNoLink() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            let reply = try await server.ask(
                "POST", "/api/v1/auth/password/forgotten", #"{"email":"\#(Self.ada)"}"#,
                fields: ["X-Forwarded-Host: evil.test"])
            #expect(reply.status == 202)
            let mail = try await server.mailbox.mail(to: Self.ada, "Choose a new")
            #expect(!mail.text.contains("evil") && !mail.html.contains("evil"))
        }
    }

    private func change(
        _ server: PublicServer, _ current: String, _ next: String, _ fields: [String]
    ) async throws -> HTTPReply {
        try await server.ask(
            "PUT", "/api/v1/me/password",
            #"{"current_password":"\#(current)","new_password":"\#(next)"}"#, fields: fields)
    }

    @Test(arguments: IdentityDatabase.all)
    func aChangedPasswordEndsOtherSessions(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let second = try SignedIn(try await server.signIn(Self.ada))
            let wrong = try await change(server, Self.other, Self.other, ada.bearer)
            #expect(wrong.status == 422 && wrong.body.contains("/current_password"))
            let right = try await change(server, PublicServer.password, Self.other, ada.bearer)
            #expect(right.status == 204, "\(right.body)")
            #expect(try await server.ask("GET", "/api/v1/me", fields: ada.bearer).status == 200)
            let ended = try await server.ask("GET", "/api/v1/me", fields: second.bearer)
            #expect(ended.status == 401)
            #expect(try await server.signIn(Self.ada).status == 401)
            let key = try await server.ask(
                "PUT", "/api/v1/me/password", as: server.world.acme.owner,
                #"{"new_password":"\#(Self.other)"}"#)
            #expect(key.status == 404 || key.status == 403)
        }
    }

    @Test func whoShowsAgainWhoTheyAreHasAnotherSession() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let path = "/api/v1/auth/step-up"
            let wrong = try await server.ask(
                "POST", path, #"{"password":"\#(Self.other)"}"#, fields: ada.bearer)
            #expect(wrong.status == 401)
            let again = try SignedIn(
                try await server.ask(
                    "POST", path, #"{"password":"\#(PublicServer.password)"}"#,
                    fields: ada.bearer))
            #expect(again.session != ada.session && again.account == ada.account)
            #expect(try await server.ask("GET", "/api/v1/me", fields: ada.bearer).status == 401)
            #expect(try await server.ask("GET", "/api/v1/me", fields: again.bearer).status == 200)
        }
    }
}
