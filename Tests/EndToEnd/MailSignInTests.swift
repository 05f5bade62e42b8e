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

    /// Who has no password shows so again who they are: the id of their session changes.
    @Test(arguments: IdentityDatabase.all)
    func whoComesInAgainLeavesNoSessionBehind(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada, password: nil)
            let elsewhere = try await server.comeByMail(Self.ada)
            let bob = try await server.signUp("bob@example.com")
            let again = try await server.comeByMail(Self.ada, fields: ada.bearer)
            #expect(again.account == ada.account && again.session != ada.session)
            let me = "/api/v1/me"
            #expect(try await server.ask("GET", me, fields: ada.bearer).status == 401)
            #expect(try await server.refresh(ada.refresh).status == 400)
            // Neither another's session nor one that was not shown is replaced.
            _ = try await server.comeByMail(Self.ada, fields: bob.bearer)
            for session in [again, elsewhere, bob] {
                #expect(try await server.ask("GET", me, fields: session.bearer).status == 200)
            }
        }
    }

    @Test func aBrowserThatComesInAgainHasAnotherSession() async throws {
        try await PublicServer.with(.sqlite) { server in
            let (browser, address) = (Browser(server), "owner@acme.test")
            var cookies: [String] = []
            for _ in 0..<2 {
                let count = server.mailbox.all.count
                _ = try await browser.submit("/sign-in/mail", "email=owner%40acme.test")
                let mail = try await server.mailbox.mail(to: address, "Sign in", after: count)
                let shown = try await browser.submit("/magic-link", "code=\(try mail.code)")
                #expect(shown.status == 303, "\(shown.body)")
                cookies.append(try #require(browser["ostiary_session"]))
            }
            #expect(try await browser.call("GET", "/api/v1/me").status == 200)
            let former = Browser(server)
            former["ostiary_session"] = cookies[0]
            #expect(try await former.call("GET", "/api/v1/me").status == 401)
        }
    }

    /// Who gets the secret itself has no use for a cookie.
    @Test func theCookieOfASignInIsForPages() async throws {
        try await PublicServer.with(.sqlite) { server in
            let mail = try await server.ask("POST", Self.path, #"{"email":"\#(Self.ada)"}"#)
            #expect(mail.status == 202 && mail.field("set-cookie") == nil)
            let begun = try await server.beginSignUp(Self.ada)
            #expect(begun.status == 202 && begun.field("set-cookie") == nil)
            for (page, form) in [
                ("/sign-in/mail", "email=bob%40example.com"),
                (
                    "/sign-up",
                    "email=bob%40example.com&display_name=Bob&password=an+unlikely+sentence"
                ),
            ] {
                let browser = Browser(server)
                #expect(try await browser.submit(page, form).status == 303, "\(page)")
                #expect(browser["ostiary_attempt"]?.hasPrefix("osa_") == true, "\(page)")
            }
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
