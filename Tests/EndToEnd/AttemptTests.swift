import Identity
import Loopback
import Outbound
import RegoMachine
import Servers
import Storage
import Testing

/// What is shown in a sign-in counts for whom it shows, and for nobody else.
@Suite struct AttemptTests {
    private static let mallory = "mallory@example.com"
    private static let ada = "ada@example.com"
    private static let path = "/api/v1/auth"

    private func begin(
        _ server: PublicServer, _ address: String = mallory, _ members: String = ""
    ) async throws -> String {
        let begun = try await server.ask(
            "POST", "\(Self.path)/magic-link", #"{"email":"\#(address)"\#(members)}"#)
        #expect(begun.status == 202, "\(begun.body)")
        return try #require(try begun.json["attempt_token"] as? String)
    }

    private func signIn(
        _ server: PublicServer, _ address: String, _ password: String, _ attempt: String,
        fields: [String] = []
    ) async throws -> HTTPReply {
        try await server.ask(
            "POST", "\(Self.path)/sign-in",
            #"{"email":"\#(address)","password":"\#(password)","attempt_token":"\#(attempt)"}"#,
            fields: fields)
    }

    /// Three ways to have shown one's own password in a sign-in that has given no session yet.
    enum Way: String, CaseIterable {
        case failedCondition, noMember, closedLane
    }

    @Test(arguments: Way.allCases, IdentityDatabase.all)
    func onesOwnPasswordOpensNobodyElsesAccount(
        _ way: Way, _ backend: IdentityDatabase
    ) async throws {
        try await PublicServer.with(backend) { server in
            _ = try await server.signUp(Self.mallory)
            _ = try await server.signUp(Self.ada)
            let organization = #","organization":"\#(server.world.acme.id)""#
            let attempt = try await begin(
                server, Self.mallory, way == .noMember ? organization : "")
            if way == .closedLane {
                for number in 0..<100 {
                    #expect(
                        try await server.signIn(Self.mallory, password: "wrong \(number)").status
                            == 401)
                }
            }
            let fields = way == .failedCondition ? [#"If-Match: "1""#] : []
            let own = try await signIn(
                server, Self.mallory, PublicServer.password, attempt, fields: fields)
            #expect(own.status != 200)
            for victim in [Self.ada, "owner@operations.test", "owner@acme.test"] {
                let reply = try await signIn(server, victim, "no idea of it", attempt)
                #expect(reply.status == 401, "\(way) \(victim): \(reply.body)")
            }
            // Nor does it open one's own, where the password is a guess.
            let guess = try await signIn(server, Self.mallory, "no idea of it", attempt)
            #expect(guess.status == 401)
        }
    }

    /// Whether a guess is right is told once it was counted, and not before.
    @Test func aConditionHidesNoGuess() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            let attempt = try await begin(server)
            for password in ["no idea of it", PublicServer.password] {
                let reply = try await signIn(
                    server, Self.ada, password, attempt, fields: [#"If-Match: "1""#])
                #expect(reply.status == 412)
            }
            #expect(try await signIn(server, Self.ada, "no idea of it", attempt).status == 401)
        }
    }

    // MARK: Several pieces

    /// A policy that wants a password and a mail.
    private static func demandBoth(_ policy: EditedPolicy) throws {
        let text = try policy.text("session.rego")
            .replacing(
                #"{"may_read": known, "obligations": obligations}"#,
                with: #"{"may_read": known, "obligations": obligations, "next": wanted}"#
            )
            .replacing(
                #"shown.method in {"password", "mail"}"#,
                with: #"shown.method in {"password", "mail"}"# + "\n\tcount(wanted) == 0")
        try policy.write(
            text + """

                methods := {shown.method | some shown in input.resource.attributes.evidence}

                default wanted := []

                wanted := [method | some method in ["password", "mail"]; not method in methods] if {
                \tcount(methods) > 0
                }

                """, to: "session.rego")
    }

    private func demandingBoth(
        _ backend: IdentityDatabase, _ body: @escaping @Sendable (PublicServer) async throws -> Void
    ) async throws {
        try await EditedPolicy.with { policy in
            try await PublicServer.with(backend, policies: policy.folder) { server in
                _ = try await server.signUp(Self.ada)
                _ = try await server.signUp(Self.mallory)
                let shipped = try await EditedPolicy.revision(server)
                try Self.demandBoth(policy)
                try await EditedPolicy.wait(server) { $0["policy_revision"] as? String != shipped }
                try await body(server)
            }
        }
    }

    private func steps(_ reply: HTTPReply) throws -> [String] {
        #expect(reply.status == 200, "\(reply.body)")
        return try reply.json["next"] as? [String] ?? []
    }

    private func bringCode(
        _ server: PublicServer, _ address: String, after count: Int, _ attempt: String
    ) async throws -> HTTPReply {
        let code = try await server.mailbox.mail(to: address, "Sign in", after: count).code
        return try await server.ask(
            "POST", "\(Self.path)/magic-link/redeem",
            #"{"code":"\#(code)","attempt_token":"\#(attempt)"}"#)
    }

    @Test(arguments: IdentityDatabase.all)
    func twoPiecesMakeOneSession(_ backend: IdentityDatabase) async throws {
        try await demandingBoth(backend) { server in
            let first = try await server.signIn(Self.ada)
            #expect(try steps(first) == ["mail"])
            let attempt = try #require(try first.json["attempt_token"] as? String)
            let count = server.mailbox.all.count
            #expect(
                try await begin(server, Self.ada, #","attempt_token":"\#(attempt)""#) == attempt)
            let done = try Refreshed(
                try await bringCode(server, Self.ada, after: count, attempt))
            let methods = try done.claims["amr"]?.elements?.compactMap(\.text)
            #expect(methods == ["pwd", "otp"])
        }
    }

    @Test func theOtherWayRound() async throws {
        try await demandingBoth(.sqlite) { server in
            let count = server.mailbox.all.count
            let attempt = try await begin(server, Self.ada)
            let first = try await bringCode(server, Self.ada, after: count, attempt)
            #expect(try steps(first) == ["password"])
            #expect(try await signIn(server, Self.ada, "no idea of it", attempt).status == 401)
            let other = try await signIn(server, Self.mallory, PublicServer.password, attempt)
            #expect(try steps(other) == ["mail"])
        }
    }

    /// A wrong password takes nothing from what was shown before it.
    @Test func aSlipCostsNothing() async throws {
        try await demandingBoth(.sqlite) { server in
            let count = server.mailbox.all.count
            let attempt = try await begin(server, Self.ada)
            _ = try await bringCode(server, Self.ada, after: count, attempt)
            #expect(try await signIn(server, Self.ada, "no idea of it", attempt).status == 401)
            let done = try await signIn(server, Self.ada, PublicServer.password, attempt)
            #expect(try done.json["status"] as? String == "complete", "\(done.body)")
        }
    }

    /// What was shown counts as long as it would be taken again.
    @Test(arguments: IdentityDatabase.all)
    func aPasswordThatWasChangedIsNoEvidence(_ backend: IdentityDatabase) async throws {
        try await demandingBoth(backend) { server in
            let first = try await server.signIn(Self.ada)
            let attempt = try #require(try first.json["attempt_token"] as? String)
            try await server.edit("UPDATE credentials SET version = version + 1")
            let count = server.mailbox.all.count
            _ = try await begin(server, Self.ada, #","attempt_token":"\#(attempt)""#)
            let late = try await bringCode(server, Self.ada, after: count, attempt)
            #expect(try steps(late) == ["password"])
        }
    }

    @Test func anAddressThatWasGivenUpIsNoEvidence() async throws {
        try await demandingBoth(.sqlite) { server in
            let count = server.mailbox.all.count
            let attempt = try await begin(server, Self.ada)
            _ = try await bringCode(server, Self.ada, after: count, attempt)
            try await server.edit(
                "UPDATE account_addresses SET address_key = 'former@example.com'"
                    + " WHERE address_key = '\(Self.ada)'")
            // By the new address.
            let late = try await signIn(
                server, "former@example.com", PublicServer.password, attempt)
            #expect(try steps(late) == ["mail"])
        }
    }

    /// A browser that has begun something else says which one it means.
    @Test func theAttemptThatIsNamedCounts() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            let browser = Browser(server)
            _ = try await browser.submit("/sign-in/mail", "email=mallory%40example.com")
            let count = server.mailbox.all.count
            let attempt = try await begin(server, Self.ada)
            let code = try await server.mailbox.mail(to: Self.ada, "Sign in", after: count).code
            let reply = try await browser.call(
                "POST", "\(Self.path)/magic-link/redeem",
                #"{"code":"\#(code)","attempt_token":"\#(attempt)"}"#)
            #expect(reply.status == 200, "\(reply.body)")
        }
    }

    /// Whoever comes in with a browser leaves nobody else's session behind in it.
    @Test func aBrowserHasOneSession() async throws {
        try await PublicServer.with(.sqlite) { server in
            let (browser, former) = (Browser(server), Browser(server))
            let typed = PublicServer.password.replacing(" ", with: "+")
            for address in [Self.ada, Self.mallory] {
                _ = try await server.signUp(address)
                let name = address.replacing("@", with: "%40")
                let reply = try await browser.submit(
                    "/sign-in", "email=\(name)&password=\(typed)")
                #expect(reply.status == 303, "\(reply.body)")
                if address == Self.ada { former["ostiary_session"] = browser["ostiary_session"] }
            }
            #expect(try await browser.call("GET", "/api/v1/me").status == 200)
            #expect(try await former.call("GET", "/api/v1/me").status == 401)
        }
    }

    @Test func aResetGoesOnToo() async throws {
        try await demandingBoth(.sqlite) { server in
            _ = try await server.ask(
                "POST", "\(Self.path)/password/forgotten", #"{"email":"\#(Self.ada)"}"#)
            let secret = try await server.mailbox.mail(to: Self.ada, "Choose a new").secret
            let chosen = "quite another sentence of ours"
            let reply = try await server.ask(
                "POST", "\(Self.path)/password/reset",
                #"{"token":"\#(secret)","password":"\#(chosen)"}"#)
            #expect(try steps(reply) == ["password"])
            let attempt = try #require(try reply.json["attempt_token"] as? String)
            let done = try await signIn(server, Self.ada, chosen, attempt)
            #expect(try done.json["status"] as? String == "complete", "\(done.body)")
        }
    }

    @Test func pagesLeadToWhatIsWanted() async throws {
        try await demandingBoth(.sqlite) { server in
            let (browser, count) = (Browser(server), server.mailbox.all.count)
            let typed = PublicServer.password.replacing(" ", with: "+")
            let first = try await browser.submit(
                "/sign-in", "email=ada%40example.com&password=\(typed)")
            #expect(first.field("location") == "/sign-in/mail", "\(first.body)")
            #expect(browser["ostiary_session"] == nil)
            _ = try await browser.submit("/sign-in/mail", "email=ada%40example.com")
            let code = try await server.mailbox.mail(to: Self.ada, "Sign in", after: count).code
            let done = try await browser.submit("/magic-link", "code=\(code)")
            #expect(done.field("location") == "/account", "\(done.body)")
            #expect(browser["ostiary_session"] != nil)
        }
    }

    // MARK: Late mails

    /// A sign-in lasts ten minutes, and its mail fifteen: who has begun it comes in by that.
    @Test func aMailOutlivesTheSignIn() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let monotonic = RegoMachine.Host.system.monotonic
            let keys = MemoryKeys { Int64(monotonic() / 1_000) }
            try await PublicServer.with(database, sharing: keys, changing: { _ in }) { server in
                _ = try await server.signUp(Self.ada)
                for member in ["token", "code"] {
                    let count = server.mailbox.all.count
                    let attempt = try await begin(server, Self.ada)
                    let id = try #require(OpaqueToken(.attempt, attempt)).id
                    #expect(try await keys.take("attempt:\(id)") != nil)
                    let mail = try await server.mailbox.mail(
                        to: Self.ada, "Sign in", after: count)
                    let value = member == "code" ? try mail.code : try mail.secret
                    func redeem(_ attempt: String) async throws -> HTTPReply {
                        try await server.ask(
                            "POST", "\(Self.path)/magic-link/redeem",
                            #"{"\#(member)":"\#(value)","attempt_token":"\#(attempt)"}"#)
                    }
                    let forged = OpaqueToken(.attempt, .system).text
                    let mixed = "\(attempt.prefix(30))\(forged.dropFirst(30))"
                    #expect(try await redeem(forged).status == 401)
                    #expect(try await redeem(mixed).status == 401)
                    #expect(try await redeem(attempt).status == 200)
                    #expect(try await redeem(attempt).status == 401)
                }
            }
        }
    }

    /// Guesses at a code at once are as good as one after the other.
    @Test(arguments: IdentityDatabase.all)
    func fiveWrongCodesAreEnough(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            _ = try await server.signUp(Self.ada)
            let attempt = try await begin(server, Self.ada)
            let code = try await server.mailbox.mail(to: Self.ada, "Sign in").code
            let bring: @Sendable (String) async throws -> Int = { code in
                try await server.ask(
                    "POST", "\(Self.path)/magic-link/redeem",
                    #"{"code":"\#(code)","attempt_token":"\#(attempt)","password":"x"}"#
                ).status
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<20 {
                    group.addTask { try await bring("\(10_000_000 + number)") }
                }
                for try await status in group { #expect(status == 401) }
            }
            #expect(try await bring(code) == 401)
        }
    }
}
