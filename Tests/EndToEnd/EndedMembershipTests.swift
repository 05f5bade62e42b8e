import Identity
import Loopback
import Servers
import Storage
import Testing

/// What becomes of sessions and tokens that are good for one organization, once their owner's place
/// there, or the organization itself, is suspended or has ended.
@Suite struct EndedMembershipTests {
    private static let ada = "ada@example.com"
    private static let form = "Content-Type: application/x-www-form-urlencoded"

    /// What stands in the way of a member of acme, and what takes it away again.
    struct Obstacle: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        let back: String
        var reason = "the organization is not active"
    }

    private static let obstacles = [
        Obstacle(
            testDescription: "a suspended membership",
            sql: "UPDATE memberships SET status = 'suspended'",
            back: "UPDATE memberships SET status = 'active'",
            reason: "the account is no active member of the organization"),
        Obstacle(
            testDescription: "a suspended organization",
            sql: "UPDATE organizations SET status = 'suspended' WHERE slug = 'acme'",
            back: "UPDATE organizations SET status = 'active' WHERE slug = 'acme'"),
        Obstacle(
            testDescription: "a deleted organization",
            sql: "UPDATE organizations SET status = 'deleted' WHERE slug = 'acme'",
            back: "UPDATE organizations SET status = 'active' WHERE slug = 'acme'"),
    ]

    /// Ada, who is a member of acme.
    private static func member(_ server: PublicServer) async throws -> SignedIn {
        let ada = try await server.signUp(Self.ada)
        try await server.join(ada.account, server.world.acme.id)
        return ada
    }

    private static func signIn(
        _ server: PublicServer, password: String = PublicServer.password
    ) async throws -> HTTPReply {
        try await server.ask(
            "POST", "/api/v1/auth/sign-in",
            """
            {"email":"\(Self.ada)","password":"\(password)",
            "organization":"\(server.world.acme.id)"}
            """)
    }

    private static func status(_ server: PublicServer, _ fields: [String]) async throws -> Int {
        try await server.ask("GET", "/api/v1/me", fields: fields).status
    }

    /// As owners do it.
    private static func remove(_ account: String, _ server: PublicServer) async throws {
        let acme = server.world.acme
        let rows = try await server.database.read(
            in: .system,
            [
                Statement(
                    "SELECT id FROM memberships WHERE principal_id = $1", [.text(account)])
            ])[0]
        let membership = try #require(rows.first).text("id")
        let removed = try await server.ask(
            "DELETE", "/api/v1/organizations/\(acme.id)/members/\(membership)", as: acme.owner)
        #expect(removed.status == 204, "\(removed.body)")
    }

    @Test(arguments: IdentityDatabase.all)
    func aSignInForAnOrganizationWantsItActive(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            _ = try await Self.member(server)
            for obstacle in Self.obstacles {
                try await server.edit(obstacle.sql)
                let refused = try await Self.signIn(server)
                #expect(refused.status == 403, "\(obstacle): \(refused.body)")
                #expect(refused.body.contains(obstacle.reason), "\(refused.body)")
                // Who has shown nothing learns nothing of it.
                let guess = try await Self.signIn(server, password: "wrong and long enough")
                #expect(guess.status == 401, "\(obstacle)")
                #expect(!guess.body.contains(obstacle.reason))
                try await server.edit(obstacle.back)
                #expect(try await Self.signIn(server).status == 200, "\(obstacle)")
            }
        }
    }

    /// A token that is refused is not used up.
    @Test(arguments: IdentityDatabase.all)
    func aRefreshForAnOrganizationWaitsUntilItIsActive(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let everywhere = try await Self.member(server)
            var token = try SignedIn(try await Self.signIn(server)).refresh
            for obstacle in Self.obstacles {
                try await server.edit(obstacle.sql)
                let refused = try await server.refresh(token)
                #expect(refused.status == 400, "\(obstacle): \(refused.body)")
                #expect(try refused.json["error"] as? String == "invalid_grant")
                try await server.edit(obstacle.back)
                token = try Refreshed(try await server.refresh(token)).refresh
            }
            // Theirs that is no organization's is not asked about any.
            try await server.edit(Self.obstacles[0].sql)
            #expect(try await server.refresh(everywhere.refresh).status == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whoIsRemovedKeepsNoSessionThere(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let everywhere = try await Self.member(server)
            let bound = try SignedIn(try await Self.signIn(server))
            let browser = HandoverTests.Person(server)
            try await browser.signIn(server, Self.ada)
            try await browser.come()
            #expect(try await Self.status(server, bound.bearer) == 200)
            #expect(try await browser.there.call("GET", "/api/v1/me").status == 200)
            try await Self.remove(everywhere.account, server)
            // What has ended stays so, also for who comes back.
            for _ in 1...2 {
                #expect(try await Self.status(server, bound.bearer) == 401)
                #expect(try await server.refresh(bound.refresh).status == 400)
                #expect(try await browser.there.call("GET", "/api/v1/me").status == 401)
                #expect(try await browser.there.open("/session").status == 303)
                #expect(try await Self.status(server, everywhere.bearer) == 200)
                #expect(try await browser.issuer.call("GET", "/api/v1/me").status == 200)
                if try await Self.signIn(server).status == 403 {
                    try await server.join(everywhere.account, server.world.acme.id)
                }
            }
            let record = try await server.ask(
                "GET", "/api/v1/audit?action=member:delete", as: server.world.acme.owner)
            #expect(record.body.contains(#""sessions_revoked":2"#), "\(record.body)")
        }
    }

    @Test func aRemovalIsInForceOnTheOtherNodeWithinASecond() async throws {
        try await PublicServer.with(.sqlite) { server in
            let account = try await Self.member(server).account
            let bound = try SignedIn(try await Self.signIn(server))
            try await server.beside { other in
                #expect(try await Self.status(other, bound.bearer) == 200)
                try await Self.remove(account, server)
                try await Task.sleep(for: .seconds(1))
                #expect(try await Self.status(other, bound.bearer) == 401)
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aDeletedOrganizationsSessionsEnd(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, everywhere) = (server.world.acme, try await Self.member(server))
            let bound = try SignedIn(try await Self.signIn(server))
            let owner = try await server.cookie(of: acme.owner.account, age: -86_400)
            for (verb, body) in [("delete", #"{"reason":"done"}"#), ("restore", nil)] {
                let changed = try await server.ask(
                    "POST", "/api/v1/organizations/\(acme.id)/\(verb)", body, fields: owner.fields)
                #expect([200, 204].contains(changed.status), "\(verb): \(changed.body)")
                #expect(try await Self.status(server, bound.bearer) == 401, "\(verb)")
                #expect(try await server.refresh(bound.refresh).status == 400, "\(verb)")
                #expect(try await Self.status(server, everywhere.bearer) == 200, "\(verb)")
            }
            #expect(try await Self.signIn(server).status == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aSessionAtTheHostIsRefusedWhileItsOwnerIsSuspended(
        _ backend: IdentityDatabase
    ) async throws {
        try await PublicServer.with(backend) { server in
            _ = try await Self.member(server)
            let browser = HandoverTests.Person(server)
            try await browser.signIn(server, Self.ada)
            try await browser.come()
            for obstacle in Self.obstacles.prefix(2) {
                try await server.edit(obstacle.sql)
                #expect(
                    try await browser.there.call("GET", "/api/v1/me").status == 403, "\(obstacle)")
                let page = try await browser.there.open("/session")
                #expect(page.status == 403, "\(obstacle)")
                #expect(!page.body.contains("You are signed in"))
                try await server.edit(obstacle.back)
                #expect(try await browser.there.open("/session").status == 200, "\(obstacle)")
            }
        }
    }

    /// An application at an organization's host asks who is there.
    @Test(arguments: IdentityDatabase.all)
    func whoIsNoMemberIsNobodyAtItsHost(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let there = ada.bearer + ["Host: \(HandoverTests.site)"]
            let refused = try await server.ask("GET", "/api/v1/me", fields: there)
            #expect(refused.status == 403, "\(refused.body)")
            #expect(refused.body.contains("no active member of the organization"))
            #expect(try await Self.status(server, ada.bearer) == 200)
            try await server.join(ada.account, server.world.acme.id)
            #expect(try await Self.status(server, there) == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aRefreshTokenIsOfNoUseAtAnothersHost(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let everywhere = try await Self.member(server)
            var token = try SignedIn(try await Self.signIn(server)).refresh
            func refresh(_ token: String, at host: String) async throws -> HTTPReply {
                try await server.ask(
                    "POST", "/oauth2/token", "grant_type=refresh_token&refresh_token=\(token)",
                    fields: [Self.form, "Host: \(host)"])
            }
            let refused = try await refresh(token, at: "bolt.example.test")
            #expect(refused.status == 403, "\(refused.body)")
            #expect(try refused.json["error"] as? String == "unauthorized_client")
            let unknown = try await refresh("osr_x", at: "bolt.example.test")
            #expect(try unknown.json["error"] as? String == "invalid_grant")
            for host in [HandoverTests.site, "localhost"] {
                token = try Refreshed(try await refresh(token, at: host)).refresh
            }
            // One that is good for no organization alone is no other's.
            let reply = try await refresh(everywhere.refresh, at: "bolt.example.test")
            #expect(reply.status == 200, "\(reply.body)")
        }
    }
}
