import Cryptography
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
        _ server: PublicServer, _ current: String, _ next: String, _ fields: [String],
        device: String? = nil
    ) async throws -> HTTPReply {
        let device = device.map { #","device_token":"\#($0)""# } ?? ""
        return try await server.ask(
            "PUT", "/api/v1/me/password",
            #"{"current_password":"\#(current)","new_password":"\#(next)"\#(device)}"#,
            fields: fields)
    }

    /// Whoever has come by a session does not find out the password by it.
    @Test(arguments: IdentityDatabase.all)
    func thePresentPasswordIsNotGuessed(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await change(server, "guess \(number)", Self.other, ada.bearer).status
                    }
                }
                for try await status in group { #expect(status == 403) }
            }
            let right = try await change(server, PublicServer.password, Self.other, ada.bearer)
            #expect(right.status == 403 && right.body.contains("too many"), "\(right.body)")
            // Nor does it go on where one signs in, and the owner's device is not kept out.
            #expect(try await server.signIn(Self.ada).status == 401)
            let own = try await change(
                server, PublicServer.password, Self.other, ada.bearer, device: ada.device)
            #expect(own.status == 204, "\(own.body)")
            #expect(try await server.signIn(Self.ada, password: Self.other).status == 200)
        }
    }

    /// Neither a condition nor a new password that is none tells whether the present one is right.
    @Test func nothingTellsOfAGuessThatIsNotCounted() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            for current in ["no idea of it", PublicServer.password] {
                let condition = ada.bearer + [#"If-Match: "1""#]
                for next in [Self.other, "x"] {
                    let reply = try await change(server, current, next, condition)
                    #expect(reply.status == 412)
                }
                let weak = try await change(server, current, "x", ada.bearer)
                #expect(weak.status == 422 && weak.body.contains("/new_password"))
                #expect(!weak.body.contains("/current_password"))
            }
        }
    }

    @Test func aFirstPasswordWantsAFreshSignIn() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada, password: nil)
            let (old, fresh) = (
                try await server.cookie(of: ada.account, age: 301),
                try await server.cookie(of: ada.account, age: 200)
            )
            let body = #"{"new_password":"\#(Self.other)"}"#
            let refused = try await server.ask(
                "PUT", "/api/v1/me/password", body, fields: old.fields)
            #expect(try refused.json["code"] as? String == "step_up_required")
            #expect(try await server.signIn(Self.ada, password: Self.other).status == 401)
            let allowed = try await server.ask(
                "PUT", "/api/v1/me/password", body, fields: fresh.fields)
            #expect(allowed.status == 204, "\(allowed.body)")
            // Who has one types it, however old the session is.
            let again = try await change(
                server, Self.other, PublicServer.password,
                try await server.cookie(of: ada.account, age: 3_000).fields)
            #expect(again.status == 204, "\(again.body)")
        }
    }

    /// Whatever was sent before a new password opens nothing after it.
    @Test func aNewPasswordSpoilsWhatIsOnItsWay() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let further = "further@example.com"
            _ = try await server.addAddress(further, ada.bearer)
            let secret = try await server.mailbox.mail(to: further, "Add this address").secret
            _ = try await forget(server)
            let mail = try await server.mailbox.mail(to: Self.ada, "Choose a new password")
            let again = try SignedIn(try await reset(server, try mail.secret))
            let verified = try await server.ask(
                "POST", "/api/v1/me/addresses/verify", #"{"token":"\#(secret)"}"#,
                fields: again.bearer)
            #expect(verified.status == 404, "\(verified.body)")
        }
    }

    @Test func aSuspendedAccountKeepsItsPassword() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            _ = try await forget(server)
            let secret = try await server.mailbox.mail(to: Self.ada, "Choose a new").secret
            try await server.edit(
                "UPDATE accounts SET status = 'suspended' WHERE id = '\(ada.account)'")
            #expect(try await reset(server, secret).status == 401)
            try await server.edit("UPDATE accounts SET status = 'active'")
            #expect(try await server.signIn(Self.ada, password: Self.other).status == 401)
            #expect(try await server.signIn(Self.ada).status == 200)
        }
    }

    /// Once somebody is in by it, and not where it only was right.
    @Test(arguments: IdentityDatabase.all)
    func aHashOfAFormerCostIsMadeAnew(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let cheap = try PasswordHash(
                of: Array(PublicServer.password.utf8).span,
                cost: try #require(PasswordCost(memoryKiB: 8, passes: 1)))
            try await server.edit("UPDATE credentials SET hash = '\(cheap.text)'")
            for number in 0..<100 {
                _ = try await server.signIn(Self.ada, password: "guess \(number)")
            }
            #expect(try await server.signIn(Self.ada).status == 401)
            #expect(try await hash(server) == cheap.text)
            let known = try await server.signIn(Self.ada, device: ada.device)
            #expect(known.status == 200, "\(known.body)")
            #expect(try await hash(server).contains("$m=64,t=1,"))
            #expect(try await server.signIn(Self.ada, device: ada.device).status == 200)
        }
    }

    private func hash(_ server: PublicServer) async throws -> String {
        let rows = try await server.database.read(
            in: .system, [Statement("SELECT hash FROM credentials WHERE kind = 'password'")])[0]
        return try #require(try rows.first?.text("hash"))
    }

    @Test func theOwnerHearsOfGuesses() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            for number in 1...5 {
                _ = try await server.signIn(Self.ada, password: "guess \(number)")
            }
            #expect(try await server.signIn(Self.ada).status == 200)
            let words = "after 5 wrong passwords"
            for _ in 0..<500 where !server.mailbox.all.contains(where: { $0.text.contains(words) })
            {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(server.mailbox.all.count { $0.text.contains(words) } == 1)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aChangedPasswordEndsOtherSessions(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let second = try SignedIn(try await server.signIn(Self.ada))
            let wrong = try await change(server, Self.other, Self.other, ada.bearer)
            #expect(wrong.status == 403 && wrong.body.contains("/current_password"))
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
