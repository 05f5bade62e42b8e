import Identity
import Loopback
import Servers
import Storage
import Testing

/// From an address to an account, and back in by a password.
@Suite struct SignUpTests {
    private static let ada = "ada@example.com"

    @Test(arguments: IdentityDatabase.all)
    func whoeverGetsTheMailHasTheAccount(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let early = try await server.signIn(Self.ada)
            #expect(early.status == 401)
            let ada = try await server.signUp(Self.ada)
            let me = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
            #expect(me.status == 200, "\(me.body)")
            #expect(me.body.contains(ada.account) && me.body.contains("access_token"))
            let again = try SignedIn(try await server.signIn(Self.ada))
            #expect(again.account == ada.account && again.session != ada.session)
            let wrong = try await server.signIn(Self.ada, password: "another sentence of ours")
            #expect(wrong.status == 401)
            #expect(try wrong.json["code"] as? String == "invalid_credentials")
        }
    }

    @Test func aCodeTypedWhereItWasAskedForIsAsGood() async throws {
        try await PublicServer.with(.sqlite) { server in
            let begun = try await server.beginSignUp(Self.ada)
            let attempt = try #require(try begun.json["attempt_token"] as? String)
            let code = try await server.mailbox.mail(to: Self.ada, "Confirm").code
            let wrong = code == "00000000" ? "00000001" : "00000000"
            let path = "/api/v1/auth/verify"
            let elsewhere = try await server.ask("POST", path, #"{"code":"\#(code)"}"#)
            #expect(elsewhere.status == 401)
            for _ in 0..<4 {
                let reply = try await server.ask(
                    "POST", path, #"{"code":"\#(wrong)","attempt_token":"\#(attempt)"}"#)
                #expect(reply.status == 401)
            }
            let right = try await server.ask(
                "POST", path, #"{"code":"\#(code)","attempt_token":"\#(attempt)"}"#)
            #expect(right.status == 200, "\(right.body)")
        }
    }

    @Test func fiveWrongCodesAreTheLast() async throws {
        try await PublicServer.with(.sqlite) { server in
            let begun = try await server.beginSignUp(Self.ada)
            let attempt = try #require(try begun.json["attempt_token"] as? String)
            let code = try await server.mailbox.mail(to: Self.ada, "Confirm").code
            let wrong = code == "00000000" ? "00000001" : "00000000"
            for code in [String](repeating: wrong, count: 5) + [code] {
                let reply = try await server.ask(
                    "POST", "/api/v1/auth/verify",
                    #"{"code":"\#(code)","attempt_token":"\#(attempt)"}"#)
                #expect(reply.status == 401)
            }
        }
    }

    /// Somebody registers another's address with a password of their own, and waits.
    @Test func aPasswordThatWasPlantedNeverWorks() async throws {
        try await PublicServer.with(.sqlite) { server in
            let planted = "planted before they came"
            _ = try await server.beginSignUp(Self.ada, password: planted)
            let secret = try await server.mailbox.mail(to: Self.ada, "Confirm").secret
            let clicked = try await server.ask(
                "POST", "/api/v1/auth/verify", #"{"token":"\#(secret)"}"#)
            #expect(clicked.status == 401, "\(clicked.body)")
            let guessed = try await server.ask(
                "POST", "/api/v1/auth/verify",
                #"{"token":"\#(secret)","password":"\#(PublicServer.password)"}"#)
            #expect(guessed.status == 401)
            let begun = try await server.beginSignUp(Self.ada)
            let attempt = try #require(try begun.json["attempt_token"] as? String)
            let own = try await waitForAnother(secret, server)
            let owner = try await server.ask(
                "POST", "/api/v1/auth/verify",
                #"{"token":"\#(own)","attempt_token":"\#(attempt)"}"#)
            #expect(owner.status == 200, "\(owner.body)")
            #expect(try await server.signIn(Self.ada, password: planted).status == 401)
            #expect(try await server.signIn(Self.ada).status == 200)
            let late = try await server.ask(
                "POST", "/api/v1/auth/verify",
                #"{"token":"\#(secret)","password":"\#(planted)"}"#)
            #expect(late.status == 401)
        }
    }

    private func waitForAnother(_ secret: String, _ server: PublicServer) async throws -> String {
        for _ in 0..<500 {
            let found = try await server.mailbox.mail(to: Self.ada, "Confirm").secret
            if found != secret { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ServerFault(message: "no other mail")
    }

    @Test func nobodyLearnsWhoHasAnAccount() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            let (known, unknown) = (
                try await server.beginSignUp(Self.ada),
                try await server.beginSignUp("eve@example.com")
            )
            #expect(known.status == 202 && unknown.status == 202)
            #expect(try Set(known.json.keys) == Set(unknown.json.keys))
            let notice = try await server.mailbox.mail(to: Self.ada, "You have an account")
            #expect(notice.text.contains("/forgotten-password"))
            let replies = [
                try await server.signIn(Self.ada, password: "wrong but long enough"),
                try await server.signIn("nobody@example.com"),
                try await server.signIn("no address"),
                try await server.signIn("eve@example.com"),
            ]
            for reply in replies {
                #expect(reply.status == 401)
                #expect(try Set(reply.json.keys) == Set(replies[0].json.keys))
                #expect(try reply.json["title"] as? String == replies[0].json["title"] as? String)
            }
        }
    }

    @Test(arguments: [
        ("short", "/password"), ("passwordpassword", "/password"), ("ada@example.com", "/password"),
    ])
    func weakPasswordsAreRefused(_ password: String, _ pointer: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.beginSignUp(Self.ada, password: password)
            #expect(reply.status == 422)
            #expect(reply.body.contains(#""pointer":"\#(pointer)""#), "\(reply.body)")
        }
    }

    @Test(arguments: [" ", "\u{3000}\u{2003}"])
    func nobodyIsCalledNothing(_ name: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            let reply = try await server.ask(
                "POST", "/api/v1/auth/sign-up",
                #"{"email":"\#(Self.ada)","display_name":"\#(name)"}"#)
            #expect(reply.status == 422, "\(reply.body)")
            #expect(reply.body.contains(#""pointer":"/display_name""#), "\(reply.body)")
        }
    }

    @Test func secretsStandInNoRecord() async throws {
        try await PublicServer.leaving(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            _ = try await server.refresh(ada.refresh)
        } look: { database in
            let rows = try await database.read(
                in: .system,
                [
                    Statement("SELECT input AS text FROM decisions"),
                    Statement("SELECT details AS text FROM audit_entries"),
                ])
            let texts = try rows.flatMap { try $0.map { try $0.text("text") } }
            #expect(texts.contains { $0.contains("session:create") })
            for text in texts {
                #expect(!text.contains(PublicServer.password), "\(text)")
                #expect(!text.contains("osm_") && !text.contains("osr_"), "\(text)")
                #expect(!text.contains("osa_") && !text.contains("osd_"), "\(text)")
            }
        }
    }
}
