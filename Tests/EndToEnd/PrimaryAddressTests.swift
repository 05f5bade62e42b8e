import Identity
import Loopback
import Servers
import Storage
import Testing

/// Another primary address, and the way back.
@Suite struct PrimaryAddressTests {
    private static let ada = "ada@example.com"
    private static let path = "/api/v1/me/addresses"

    private func choose(
        _ id: String, _ fields: [String], _ server: PublicServer
    ) async throws -> HTTPReply {
        try await server.ask("POST", "\(Self.path)/\(id)/primary", fields: fields)
    }

    private func undo(_ token: String, _ server: PublicServer) async throws -> HTTPReply {
        try await server.ask(
            "POST", "/api/v1/auth/undo-address", #"{"token":"\#(token)"}"#)
    }

    private func email(_ fields: [String], _ server: PublicServer) async throws -> String? {
        try await server.ask("GET", "/api/v1/me", fields: fields).json["email"] as? String
    }

    /// The addresses of somebody, the primary one first.
    private func addresses(
        _ fields: [String], _ server: PublicServer
    ) async throws -> [String] {
        let list = try await server.ask("GET", Self.path, fields: fields)
        let rows = try #require(try list.json["data"] as? [[String: Any]], "\(list.body)")
        return rows.sorted { ($0["primary"] as? Bool == true) && $1["primary"] as? Bool == false }
            .compactMap { $0["address"] as? String }
    }

    @Test(arguments: IdentityDatabase.all)
    func theFormerOneIsToldAndTakesItBack(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let id = try await server.addVerified("new@example.com", ada.bearer)
            let changed = try await choose(id, ada.bearer, server)
            #expect(changed.status == 200, "\(changed.body)")
            #expect(try changed.json["primary"] as? Bool == true)
            #expect(try await email(ada.bearer, server) == "new@example.com")
            let mail = try await server.mailbox.mail(to: Self.ada, "was changed")
            #expect(mail.text.contains("7 days") && mail.text.contains("new@example.com"))
            #expect(mail.text.contains("/undo-address#osm_"))
            _ = try await server.mailbox.mail(to: "new@example.com", "Security alert")
            #expect(try await undo(try mail.secret, server).status == 204)
            let here = try await server.ask("GET", "/api/v1/me", fields: ada.bearer)
            #expect(here.status == 401)
            #expect(try await server.refresh(ada.refresh).status == 400)
            let back = try SignedIn(try await server.signIn(Self.ada))
            #expect(try await addresses(back.bearer, server) == [Self.ada])
            #expect(try await server.signIn("new@example.com").status == 401)
            #expect(try await undo(try mail.secret, server).status == 401)
        }
    }

    /// Whoever got in makes two addresses of theirs the primary one, and gives the owner's up.
    @Test(arguments: IdentityDatabase.all)
    func nobodyKeepsAnAccountByItsAddresses(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let list = try await server.ask("GET", Self.path, fields: ada.bearer)
            let own = try #require((try list.json["data"] as? [[String: Any]])?.first?["id"])
            for name in ["eve@example.com", "mallory@example.com"] {
                let id = try await server.addVerified(name, ada.bearer)
                #expect(try await choose(id, ada.bearer, server).status == 200)
            }
            let gone = try await server.ask("DELETE", "\(Self.path)/\(own)", fields: ada.bearer)
            #expect(gone.status == 204, "\(gone.body)")
            _ = try await server.mailbox.mail(to: Self.ada, "Security alert")
            let owners = try await server.mailbox.mail(to: Self.ada, "was changed").secret
            let eves = try await server.mailbox.mail(to: "eve@example.com", "was changed").secret
            #expect(try await undo(owners, server).status == 204)
            #expect(try await undo(eves, server).status == 401)
            let back = try SignedIn(try await server.signIn(Self.ada))
            #expect(try await addresses(back.bearer, server) == [Self.ada])
        }
    }

    /// Otherwise the address that was left would take the account with it.
    @Test func whoReturnsLeavesNoWayBack() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let list = try await server.ask("GET", Self.path, fields: ada.bearer)
            let own = try #require((try list.json["data"] as? [[String: Any]])?.first?["id"])
            let id = try await server.addVerified("eve@example.com", ada.bearer)
            #expect(try await choose(id, ada.bearer, server).status == 200)
            let first = try await server.mailbox.mail(to: Self.ada, "was changed").secret
            #expect(try await choose("\(own)", ada.bearer, server).status == 200)
            #expect(try await undo(first, server).status == 401)
            let links = try await server.database.read(
                in: .system,
                [Statement("SELECT id FROM mail_links WHERE purpose = 'undo_address'")])[0]
            #expect(links.isEmpty)
            #expect(try await email(ada.bearer, server) == Self.ada)
        }
    }

    @Test func aWayBackEndsWithItsTime() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let id = try await server.addVerified("new@example.com", ada.bearer)
            _ = try await choose(id, ada.bearer, server)
            let secret = try await server.mailbox.mail(to: Self.ada, "was changed").secret
            try await server.change(Statement("UPDATE mail_links SET expires_at = 1"))
            let late = try await undo(secret, server)
            #expect(late.status == 401)
            #expect(try late.json["code"] as? String == "invalid_credentials")
            #expect(try await email(ada.bearer, server) == "new@example.com")
        }
    }

    @Test func theFormerAddressMayBeAnothersByThen() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let list = try await server.ask("GET", Self.path, fields: ada.bearer)
            let own = try #require((try list.json["data"] as? [[String: Any]])?.first?["id"])
            let id = try await server.addVerified("new@example.com", ada.bearer)
            _ = try await choose(id, ada.bearer, server)
            let secret = try await server.mailbox.mail(to: Self.ada, "was changed").secret
            _ = try await server.ask("DELETE", "\(Self.path)/\(own)", fields: ada.bearer)
            let bob = try await server.signUp("bob@example.com")
            _ = try await server.addVerified(Self.ada, bob.bearer)
            #expect(try await undo(secret, server).status == 409)
            #expect(try await email(ada.bearer, server) == "new@example.com")
        }
    }

    @Test func theMailLeadsToAPage() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let id = try await server.addVerified("new@example.com", ada.bearer)
            _ = try await choose(id, ada.bearer, server)
            let secret = try await server.mailbox.mail(to: Self.ada, "was changed").secret
            let browser = Browser(server)
            let wrong = try await browser.submit("/undo-address", "token=osm_x")
            #expect(wrong.status == 401)
            #expect(wrong.body.contains("This code is not valid"))
            let done = try await browser.submit("/undo-address", "token=\(secret)")
            #expect(done.status == 200, "\(done.body)")
            #expect(done.body.contains("taken back"))
        }
    }
}
