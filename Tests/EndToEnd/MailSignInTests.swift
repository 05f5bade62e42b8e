import Identity
import Loopback
import Servers
import Storage
import Testing

/// Signing in by a mail.
@Suite struct MailSignInTests {
    private static let ada = "ada@example.com"
    private static let path = "/api/v1/auth/magic-link"

    private func begin(_ server: PublicServer) async throws -> String {
        let begun = try await server.ask("POST", Self.path, #"{"email":"\#(Self.ada)"}"#)
        #expect(begun.status == 202, "\(begun.body)")
        return try #require(try begun.json["attempt_token"] as? String)
    }

    private func redeem(
        _ server: PublicServer, _ member: String, _ value: String, _ attempt: String?
    ) async throws -> HTTPReply {
        let attempt = attempt.map { #","attempt_token":"\#($0)""# } ?? ""
        return try await server.ask(
            "POST", "\(Self.path)/redeem", #"{"\#(member)":"\#(value)"\#(attempt)}"#)
    }

    @Test(arguments: IdentityDatabase.all)
    func theLinkIsForWhoAskedForIt(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let attempt = try await begin(server)
            let secret = try await server.mailbox.mail(to: Self.ada, "Sign in").secret
            #expect(try await redeem(server, "token", secret, nil).status == 401)
            let another = try await begin(server)
            #expect(try await redeem(server, "token", secret, another).status == 401)
            let signedIn = try SignedIn(try await redeem(server, "token", secret, attempt))
            #expect(signedIn.account == ada.account)
            #expect(try await redeem(server, "token", secret, attempt).status == 401)
            let me = try await server.ask("GET", "/api/v1/me", fields: signedIn.bearer)
            #expect(me.status == 200)
        }
    }

    @Test func theCodeIsTypedWhereItWasAskedFor() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            let attempt = try await begin(server)
            let code = try await server.mailbox.mail(to: Self.ada, "Sign in").code
            #expect(try await redeem(server, "code", code, nil).status == 401)
            let spaced = "\(code.prefix(4)) \(code.suffix(4))"
            #expect(try await redeem(server, "code", spaced, attempt).status == 200)
        }
    }

    @Test func oldLinksAreOfNoUse() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            let attempt = try await begin(server)
            let secret = try await server.mailbox.mail(to: Self.ada, "Sign in").secret
            try await server.edit(
                "UPDATE mail_links SET expires_at = made_at + 1 WHERE purpose = 'sign_in'")
            #expect(try await redeem(server, "token", secret, attempt).status == 401)
        }
    }

    /// Somebody has registered the address with a password, and waits for its owner.
    @Test(arguments: IdentityDatabase.all)
    func whoComesByMailHasNoPlantedPassword(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let planted = "planted before they came"
            _ = try await server.beginSignUp(Self.ada, password: planted)
            let trap = try await server.mailbox.mail(to: Self.ada, "Confirm").secret
            let attempt = try await begin(server)
            let secret = try await server.mailbox.mail(to: Self.ada, "Sign in").secret
            let ada = try SignedIn(try await redeem(server, "token", secret, attempt))
            #expect(try await server.signIn(Self.ada, password: planted).status == 401)
            let late = try await server.ask(
                "POST", "/api/v1/auth/verify",
                #"{"token":"\#(trap)","password":"\#(planted)"}"#)
            #expect(late.status == 401, "\(late.body)")
            #expect(try await server.signIn(Self.ada, password: planted).status == 401)
            let me = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
            #expect(me.body.contains(ada.account))
        }
    }

    @Test func nobodyFillsAnothersMailbox() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            for _ in 0..<14 { _ = try await begin(server) }
            _ = try await server.signUp("bob@example.com")
            #expect(server.mailbox.all.filter { $0.recipient.text == Self.ada }.count <= 11)
        }
    }

    @Test func whoIsSuspendedGetsNoMail() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            try await server.edit("UPDATE accounts SET status = 'suspended'")
            _ = try await begin(server)
            _ = try await server.signUp("bob@example.com")
            #expect(!server.mailbox.all.contains { $0.subject.contains("Sign in") })
            #expect(try await server.signIn(Self.ada).status == 401)
        }
    }
}
