import Identity
import Loopback
import Servers
import Storage
import Testing

/// What the pages of an account do with it: its addresses, its data and its end.
@Suite struct AccountPageTests {
    private static let ada = "ada@example.com"

    /// The browser of somebody.
    /// - Parameter age: Seconds since they have signed in.
    private func signedIn(
        _ account: String, age: Int64 = 0, _ server: PublicServer
    ) async throws -> Browser {
        let session = try await server.cookie(of: account, age: age)
        let secret = try #require(session.fields.last?.split(separator: "=").last)
        let browser = Browser(server)
        browser["ostiary_session"] = String(secret)
        return browser
    }

    @Test func aMailThatWasNotAnsweredIsSentAgain() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let browser = try await signedIn(ada.account, server)
            let before = try await browser.open("/account").body
            #expect(!before.contains("Send the mail again"))
            _ = try await server.addAddress("new@example.com", ada.bearer)
            let page = try await browser.open("/account").body
            #expect(page.contains(#"<form method="post" action="/account/addresses">"#))
            #expect(page.contains(#"name="email" value="new@example.com""#))
            let sent = try await browser.submit(
                "/account", "email=new%40example.com", to: "/account/addresses")
            #expect(sent.status == 303, "\(sent.body)")
            #expect(sent.field("location") == "/account")
            let links = try await server.database.read(
                in: .system,
                [
                    Statement(
                        "SELECT id FROM mail_links WHERE address_key = $1",
                        [.text("new@example.com")])
                ])[0]
            #expect(links.count == 2)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsKeptIsTakenAlongAsAFile(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let late = try await signedIn(ada.account, age: 400, server).open("/account/export")
            #expect(late.status == 303)
            #expect(late.field("location") == "/step-up?return_to=/account/export")
            let browser = try await signedIn(ada.account, server)
            let account = try await browser.open("/account")
            #expect(account.body.contains(#"<a href="/account/export">"#))
            let token = try await browser.formToken("/account/export")
            let file = try await browser.send(
                "/account/export", "form_token=\(token)", [Browser.origin])
            #expect(file.status == 200, "\(file.body)")
            #expect(file.field("content-type") == "application/json")
            #expect(
                file.field("content-disposition") == #"attachment; filename="account.json""#)
            let addresses = try #require(try file.json["addresses"] as? [[String: Any]])
            #expect(addresses.first?["address"] as? String == Self.ada)
            let forged = try await browser.send(
                "/account/export", "form_token=00", [Browser.origin])
            #expect(forged.status == 403)
            #expect(forged.field("content-type")?.hasPrefix("text/html") == true)
            let rows = try await server.database.read(
                in: .system,
                [
                    Statement(
                        """
                        SELECT id FROM audit_entries
                        WHERE actor_id = $1 AND action = 'account:export' AND outcome = 'allowed'
                        """, [.text(ada.account)])
                ])[0]
            #expect(rows.count == 1)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anAccountEndsByItsPage(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let old = try await signedIn(ada.account, age: 400, server)
            let late = try await old.open("/account/delete")
            #expect(late.field("location") == "/step-up?return_to=/account/delete")
            let browser = try await signedIn(ada.account, server)
            let account = try await browser.open("/account")
            #expect(account.body.contains(#"<a href="/account/delete">"#))
            let tooLate = try await old.submit(
                "/account", "confirmation=DELETE", to: "/account/delete")
            #expect(tooLate.field("location") == "/step-up?return_to=/account")
            for typed in ["", "delete", "ada"] {
                let kept = try await browser.submit("/account/delete", "confirmation=\(typed)")
                #expect(kept.status == 422, "\(kept.body)")
                #expect(kept.body.contains("Nothing was deleted."))
            }
            #expect(try await server.ask("GET", "/api/v1/me", fields: ada.bearer).status == 200)
            let gone = try await browser.submit("/account/delete", "confirmation=DELETE")
            #expect(gone.status == 200, "\(gone.body)")
            #expect(gone.body.contains("Your account is gone"))
            #expect(browser["ostiary_session"] == nil)
            #expect(try await server.ask("GET", "/api/v1/me", fields: ada.bearer).status == 401)
            #expect(try await server.signIn(Self.ada).status == 401)
            _ = try await server.mailbox.mail(to: Self.ada, "was deleted")
        }
    }

    @Test func theLastOwnerIsToldByAPage() async throws {
        try await PublicServer.with(.sqlite) { server in
            let owner = try await signedIn(server.world.acme.owner.account, server)
            let page = try await owner.open("/account/delete")
            #expect(page.status == 409)
            #expect(page.field("content-type")?.hasPrefix("text/html") == true)
            #expect(page.body.contains("acme") && page.body.contains("would have no owner"))
        }
    }
}
