import Identity
import Loopback
import Servers
import Storage
import Testing

/// The end of an account.
@Suite struct AccountEndTests {
    private static let ada = "ada@example.com"

    @Test(arguments: IdentityDatabase.all)
    func nobodyComesInByItAnyMore(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let other = try SignedIn(try await server.signIn(Self.ada))
            let cookie = try await server.cookie(of: ada.account)
            let gone = try await server.ask("DELETE", "/api/v1/me", fields: ada.bearer)
            #expect(gone.status == 204, "\(gone.body)")
            for fields in [ada.bearer, other.bearer, cookie.fields] {
                let reply = try await server.ask("GET", "/api/v1/me", fields: fields)
                #expect(reply.status == 401, "\(reply.body)")
            }
            for token in [ada.refresh, other.refresh] {
                #expect(try await server.refresh(token).status == 400)
            }
            #expect(try await server.signIn(Self.ada).status == 401)
            let mail = try await server.mailbox.mail(to: Self.ada, "was deleted")
            #expect(mail.text.contains("register again"))
            try await expectRows(of: ada.account, server)
            try await expectSomebodyNew(than: ada.account, server)
        }
    }

    /// The address is free again.
    private func expectSomebodyNew(than account: String, _ server: PublicServer) async throws {
        let used = try await server.mailbox.mail(to: Self.ada, "Confirm").secret
        let begun = try await server.beginSignUp(Self.ada)
        let attempt = try #require(try begun.json["attempt_token"] as? String, "\(begun.body)")
        var secret = used
        for _ in 0..<500 where secret == used {
            secret = try await server.mailbox.mail(to: Self.ada, "Confirm").secret
            try await Task.sleep(for: .milliseconds(20))
        }
        let again = try SignedIn(
            try await server.ask(
                "POST", "/api/v1/auth/verify",
                #"{"token":"\#(secret)","attempt_token":"\#(attempt)"}"#))
        #expect(again.account != account)
    }

    /// What is left is the id, and the record of it.
    private func expectRows(of account: String, _ server: PublicServer) async throws {
        let id = SQLValue.text(account)
        let gone = [
            "account_addresses", "credentials", "known_devices", "mail_links",
        ].map { Statement("SELECT account_id FROM \($0) WHERE account_id = $1", [id]) }
        for rows in try await server.database.read(in: .system, gone) { #expect(rows.isEmpty) }
        let rows = try await server.database.read(
            in: .system,
            [
                Statement("SELECT status, display_name FROM accounts WHERE id = $1", [id]),
                Statement(
                    """
                    SELECT action FROM audit_entries
                    WHERE actor_id = $1 AND action = 'account:delete' AND outcome = 'allowed'
                    """, [id]),
            ])
        #expect(try rows[0].first?.text("status") == "deleted")
        #expect(try rows[0].first?.text("display_name").contains("Ada") == false)
        #expect(rows[1].count == 1)
    }

    @Test(arguments: IdentityDatabase.all)
    func membershipsAndKeysEndWithIt(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (world, member) = (server.world, server.world.acme["member"])
            let elsewhere = try await server.ask(
                "POST", "/api/v1/organizations/\(world.bolt.id)/members", as: world.bolt.owner,
                #"{"principal":"\#(member.account)","role":"viewer"}"#)
            #expect(elsewhere.status == 201, "\(elsewhere.body)")
            let cookie = try await server.cookie(of: member.account)
            let gone = try await server.ask("DELETE", "/api/v1/me", fields: cookie.fields)
            #expect(gone.status == 204, "\(gone.body)")
            #expect(try await server.ask("GET", "/api/v1/me", as: member).status == 401)
            for tenant in [world.acme, world.bolt] {
                let list = try await server.ask(
                    "GET", "/api/v1/organizations/\(tenant.id)/members", as: tenant.owner)
                #expect(list.status == 200)
                #expect(!list.body.contains(member.account), "\(list.body)")
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theLastOwnerStays(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let world = server.world
            let owner = try await server.cookie(of: world.acme.owner.account)
            let refused = try await server.ask("DELETE", "/api/v1/me", fields: owner.fields)
            #expect(refused.status == 409, "\(refused.body)")
            #expect(try refused.json["code"] as? String == "last_owner")
            let detail = try #require(try refused.json["detail"] as? String)
            #expect(detail.contains("acme") && detail.contains(world.acme.id))
            #expect(!detail.contains("bolt"))
            #expect(try await server.ask("GET", "/api/v1/me", fields: owner.fields).status == 200)
            let admin = world.acme["admin"]
            let promoted = try await server.ask(
                "PATCH",
                "/api/v1/organizations/\(world.acme.id)/members/\(admin.membership)",
                as: world.acme.owner, #"{"role":"owner"}"#)
            #expect(promoted.status == 200, "\(promoted.body)")
            let gone = try await server.ask("DELETE", "/api/v1/me", fields: owner.fields)
            #expect(gone.status == 204, "\(gone.body)")
        }
    }

    /// Of two that own an organization and end at once, one stays.
    @Test(arguments: IdentityDatabase.all)
    func twoOwnersDoNotEndAtOnce(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let world = server.world
            let admin = world.acme["admin"]
            _ = try await server.ask(
                "PATCH",
                "/api/v1/organizations/\(world.acme.id)/members/\(admin.membership)",
                as: world.acme.owner, #"{"role":"owner"}"#)
            let cookies = [
                try await server.cookie(of: world.acme.owner.account),
                try await server.cookie(of: admin.account),
            ]
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for cookie in cookies {
                    group.addTask {
                        try await server.ask("DELETE", "/api/v1/me", fields: cookie.fields).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [204, 409])
        }
    }

    @Test func theLastAdministratorStays() async throws {
        try await PublicServer.with(.sqlite) { server in
            let cookie = try await server.cookie(of: server.world.administrator.account)
            let refused = try await server.ask("DELETE", "/api/v1/me", fields: cookie.fields)
            #expect(refused.status == 409)
            let detail = try #require(try refused.json["detail"] as? String)
            #expect(detail.contains("the installation would have no administrator"))
        }
    }
}
