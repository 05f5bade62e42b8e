import Identity
import Loopback
import Outbound
import Server
import Servers
import Testing

/// Coming in by the pages, and what browsers must not be led to do.
@Suite struct PageTests {
    private static let ada = "ada@example.com"
    private static let email = "ada%40example.com"
    private static let password = PublicServer.password.replacing(" ", with: "+")
    private static let signIn = "email=\(email)&password=\(password)"

    /// Somebody who has signed up in a browser.
    private func signedUp(_ server: PublicServer) async throws -> Browser {
        let browser = Browser(server)
        let begun = try await browser.submit("/sign-up", "display_name=Ada&\(Self.signIn)")
        #expect(begun.status == 303 && begun.field("location") == "/verify", "\(begun.body)")
        let secret = try await server.mailbox.mail(to: Self.ada, "Confirm").secret
        let verified = try await browser.submit("/verify", "code=\(secret)")
        #expect(verified.status == 303, "\(verified.body)")
        #expect(verified.field("location") == "/account")
        return browser
    }

    @Test(arguments: IdentityDatabase.all)
    func peopleComeInByPages(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let browser = try await signedUp(server)
            let account = try await browser.open("/account")
            #expect(account.status == 200)
            #expect(account.body.contains("this one") && account.body.contains(Self.ada))
            let other = Browser(server)
            let wrong = try await other.submit("/sign-in", "email=\(Self.email)&password=wrong")
            #expect(wrong.status == 401 && wrong.body.contains("is not right"))
            #expect(wrong.body.contains(#"value="ada@example.com""#))
            #expect(!wrong.body.contains(#"value="wrong""#))
            let came = try await other.submit("/sign-in", Self.signIn)
            #expect(came.status == 303 && came.field("location") == "/account")
            let two = try await browser.open("/account")
            #expect(two.body.contains("End all the others"))
            let token = try #require(
                two.body.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)
            ).1
            let ended = try await browser.send(
                "/account/sessions", "form_token=\(token)", [Browser.origin])
            #expect(ended.status == 303)
            #expect(try await other.open("/account").status == 303)
            let left = try await browser.submit("/account", "").status
            #expect(left == 405)
            let out = try await browser.send("/sign-out", "form_token=\(token)", [Browser.origin])
            #expect(out.status == 303 && out.field("location") == "/sign-in")
            #expect(browser["ostiary_session"] == nil)
        }
    }

    @Test func peopleChangeTheirNameAndAddresses() async throws {
        try await PublicServer.with(.sqlite) { server in
            let browser = try await signedUp(server)
            let form = try await browser.open("/account/profile")
            #expect(form.body.contains(#"value="Ada""#))
            let named = try await browser.submit("/account/profile", "display_name=Ada+King")
            #expect(named.status == 303, "\(named.body)")
            let added = try await browser.submit("/account/addresses", "email=ada%40example.net")
            #expect(added.status == 303, "\(added.body)")
            let secret = try await server.mailbox.mail(to: "ada@example.net", "").secret
            let verified = try await browser.submit("/verify-address", "token=\(secret)")
            #expect(verified.status == 200, "\(verified.body)")
            let page = try await browser.open("/account").body
            #expect(page.contains("Ada King") && page.contains("ada@example.net"))
            let path = try #require(page.firstMatch(of: /\/account\/addresses\/adr_\w+\/primary/)).0
            let token = try #require(page.firstMatch(of: /form_token" value="([0-9a-f]+)"/)).1
            let primary = try await browser.send(
                String(path), "form_token=\(token)", [Browser.origin])
            #expect(primary.status == 303, "\(primary.body)")
            let after = try await browser.open("/account").body
            #expect(after.contains("Ada King, ada@example.net"))
        }
    }

    @Test func whatIsNotFilledInIsSaidAtItsField() async throws {
        try await PublicServer.with(.sqlite) { server in
            let browser = Browser(server)
            let long = String(repeating: "a", count: 255)
            let empty = try await browser.submit(
                "/sign-up", "display_name=%E3%80%80+&email=\(long)&password=")
            #expect(empty.status == 422)
            #expect(empty.body.contains(#"id="display_name-fault">This is blank.</p>"#))
            #expect(empty.body.contains("This is longer than 254 characters."))
            #expect(empty.body.contains(#"id="password-fault">Fill this in.</p>"#))
            let known = try await signedUp(server)
            let nameless = try await known.submit("/account/profile", "display_name=+")
            #expect(nameless.status == 422)
            #expect(try await known.open("/account").body.contains("Ada"))
        }
    }

    private static let asBrowsersDo =
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    @Test(arguments: [
        ("GET", "/nowhere", 404), ("GET", "/api/v1/nowhere", 404), ("PUT", "/account", 405),
    ])
    func whoLosesTheirWayIsToldByAPage(
        _ method: String, _ path: String, _ status: Int
    ) async throws {
        try await PublicServer.with(.sqlite) { server in
            let page = try await server.ask(method, path, fields: [Self.asBrowsersDo])
            #expect(page.status == status)
            #expect(page.field("content-type") == "text/html; charset=utf-8")
            #expect(page.body.contains("<h1>There is no such page</h1>"), "\(page.body)")
            #expect(page.body.contains(#"<a href="/account">"#))
            #expect(page.field("x-content-type-options") == "nosniff")
            #expect(page.field("x-frame-options") == "DENY")
            #expect(page.field("referrer-policy") == "same-origin")
            let policy = page.field("content-security-policy") ?? ""
            #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
            #expect((page.field("allow") != nil) == (status == 405))
            for accept in [
                nil, "*/*", "application/json", "text/html, application/json",
                "text/html;q=0.5, */*", "text/html;q=x", "",
            ] {
                let fields = accept.map { ["Accept: \($0)"] } ?? []
                let reply = try await server.ask(method, path, fields: fields)
                #expect(reply.status == status)
                #expect(reply.field("content-type") == "application/problem+json", "\(fields)")
            }
        }
    }

    @Test func whoSignedInLongAgoShowsAgainWhoTheyAre() async throws {
        try await PublicServer.with(.sqlite) { server in
            let browser = try await signedUp(server)
            try await server.edit("UPDATE sessions SET signed_in_at = signed_in_at - 400000000")
            let before = browser["ostiary_session"]
            let late = try await browser.open("/account/addresses")
            #expect(late.status == 303)
            #expect(late.field("location") == "/step-up?return_to=/account/addresses")
            let wrong = try await browser.submit("/step-up", "password=wrong")
            #expect(wrong.status == 401)
            let shown = try await browser.submit(
                "/step-up", "password=\(Self.password)&return_to=%2Faccount%2Faddresses")
            #expect(shown.field("location") == "/account/addresses", "\(shown.body)")
            #expect(browser["ostiary_session"] != before)
            #expect(try await browser.open("/account/addresses").status == 200)
        }
    }

    @Test func keysEndWhereTheyAreSeen() async throws {
        try await PublicServer.with(.sqlite) { server in
            let (browser, owner) = (Browser(server), server.world.acme.owner)
            _ = try await browser.submit("/sign-in/mail", "email=owner%40acme.test")
            let code = try await server.mailbox.mail(to: "owner@acme.test", "Sign in").code
            #expect(try await browser.submit("/magic-link", "code=\(code)").status == 303)
            let page = try await browser.open("/account")
            let key = try #require(page.body.firstMatch(of: /name="key" value="(key_\w+)"/)).1
            let token = try #require(
                page.body.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)
            ).1
            #expect(page.body.contains("in acme") && page.body.contains("End the key"))
            #expect(try await server.ask("GET", "/api/v1/me", as: owner).status == 200)
            let stranger = try await signedUp(server)
            let foreign = try await stranger.send(
                "/account/keys", "key=\(key)&form_token=\(token)", [Browser.origin])
            #expect(foreign.status == 403)
            let ended = try await browser.send(
                "/account/keys", "key=\(key)&form_token=\(token)", [Browser.origin])
            #expect(ended.status == 303, "\(ended.body)")
            #expect(try await server.ask("GET", "/api/v1/me", as: owner).status == 401)
        }
    }

    @Test func aNewPasswordIsChosenByMail() async throws {
        try await PublicServer.with(.sqlite) { server in
            let browser = try await signedUp(server)
            let other = Browser(server)
            let asked = try await other.submit("/forgotten-password", "email=\(Self.email)")
            #expect(asked.status == 202)
            let secret = try await server.mailbox.mail(to: Self.ada, "Choose a new").secret
            let chosen = try await other.submit(
                "/reset", "code=\(secret)&password=quite+another+sentence")
            #expect(chosen.status == 303, "\(chosen.body)")
            #expect(try await other.open("/account").status == 200)
            #expect(try await browser.open("/account").status == 303)
        }
    }

    @Test func aMailSignsInWhereItWasAskedFor() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await signedUp(server)
            let browser = Browser(server)
            let asked = try await browser.submit("/sign-in/mail", "email=\(Self.email)")
            #expect(asked.field("location") == "/magic-link")
            let mail = try await server.mailbox.mail(to: Self.ada, "Sign in")
            let elsewhere = try await Browser(server).submit("/magic-link", "code=\(mail.secret)")
            #expect(elsewhere.status == 401)
            let came = try await browser.submit("/magic-link", "code=\(mail.code)")
            #expect(came.status == 303, "\(came.body)")
        }
    }

    @Test func theCookieIsABrowsersAlone() async throws {
        let secure: @Sendable (inout PublicOptions) -> Void = { options in
            options.issuer = Issuer("https://localhost") ?? .development
        }
        try await PublicServer.with(.sqlite, changing: secure) { server in
            let page = try await server.ask("GET", "/sign-in")
            let cookie = try #require(page.field("set-cookie"))
            #expect(cookie.hasPrefix("__Host-ostiary_form="))
            for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                #expect(cookie.contains(attribute))
            }
            #expect(!cookie.contains("Domain"))
        }
    }

    /// Whatever a browser is made to bring, its session is made at the sign-in.
    @Test func aPlantedSessionIsNotAdopted() async throws {
        try await PublicServer.with(.sqlite) { server in
            let owner = try await signedUp(server)
            let first = try #require(owner["ostiary_session"])
            let browser = Browser(server)
            let planted = OpaqueToken(.session, .system).text
            browser["ostiary_session"] = planted
            #expect(try await browser.open("/account").status == 303)
            let came = try await browser.submit("/sign-in", Self.signIn)
            #expect(came.status == 303)
            let own = try #require(browser["ostiary_session"])
            #expect(own != planted && own != first)
            browser["ostiary_session"] = planted
            #expect(try await browser.open("/account").status == 303)
            let changed = String(own.dropLast()) + (own.last == "0" ? "1" : "0")
            browser["ostiary_session"] = changed
            #expect(try await browser.open("/account").status == 303)
        }
    }

    @Test func pagesOfOthersDoNothingWithOurCookies() async throws {
        try await PublicServer.with(.sqlite) { server in
            let browser = try await signedUp(server)
            let path = "/api/v1/me/sessions/revoke"
            for fields in [
                [], ["Origin: https://evil.test"], ["Origin: null"],
                [Browser.origin, "Sec-Fetch-Site: cross-site"],
                [Browser.origin, "Sec-Fetch-Site: same-site"],
            ] {
                let reply = try await browser.call(
                    "POST", path, #"{"which":"all"}"#, fields: fields)
                #expect(reply.status == 403, "\(fields)")
                #expect(try reply.json["code"] as? String == "csrf_failed")
            }
            let own = try await browser.call("POST", path, #"{"which":"others"}"#)
            #expect(own.status == 200, "\(own.body)")
        }
    }

    /// Login CSRF: a form that another browser was shown signs nobody in here.
    @Test func aFormIsGoodInTheBrowserThatItWasShownIn() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await signedUp(server)
            let (attacker, victim) = (Browser(server), Browser(server))
            let page = try await attacker.open("/sign-in")
            _ = try await victim.open("/sign-in")
            let token = try #require(
                page.body.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)
            ).1
            let body = "\(Self.signIn)&form_token=\(token)"
            let forged = try await victim.send("/sign-in", body, [Browser.origin])
            #expect(forged.status == 403)
            #expect(victim["ostiary_session"] == nil)
            let own = try await attacker.send("/sign-in", body, [Browser.origin])
            #expect(own.status == 303)
        }
    }

    @Test(arguments: [
        ("/account?a=1", "/account?a=1"), ("//evil.test", "/account"), ("/\\evil.test", "/account"),
        ("https://evil.test", "/account"), ("javascript:alert(1)", "/account"),
        ("/%09/evil.test", "/%09/evil.test"), ("\t//evil.test", "/account"), ("", "/account"),
    ])
    func signingInLeadsToPagesOfOurs(_ asked: String, _ led: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await signedUp(server)
            let digits = asked.utf8.map { String(Int($0) + 256, radix: 16).suffix(2) }
            let encoded = digits.map { "%\($0)" }.joined()
            let came = try await Browser(server).submit(
                "/sign-in", "\(Self.signIn)&return_to=\(encoded)")
            guard !asked.contains("\t") else {
                #expect(came.status == 422)
                return
            }
            #expect(came.field("location") == led)
        }
    }

    @Test func whoComesTooEarlyComesBackAfterSigningIn() async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await signedUp(server)
            let browser = Browser(server)
            let early = try await browser.open("/account/password")
            let place = try #require(early.field("location"))
            #expect(early.status == 303 && place.hasPrefix("/sign-in?return_to="))
            let page = try await browser.open(place)
            #expect(page.body.contains(#"name="return_to" value="/account/password""#))
        }
    }

    /// What a mail scanner does: it follows links, and sends nothing.
    @Test func lookingAtALinkDoesNotUseItUp() async throws {
        try await PublicServer.with(.sqlite) { server in
            let browser = Browser(server)
            _ = try await browser.submit("/sign-up", "display_name=Ada&\(Self.signIn)")
            let secret = try await server.mailbox.mail(to: Self.ada, "Confirm").secret
            for _ in 0..<3 { #expect(try await server.ask("GET", "/verify").status == 200) }
            #expect(try await server.ask("GET", "/verify?token=\(secret)").status == 422)
            #expect(try await browser.submit("/verify", "code=\(secret)").status == 303)
        }
    }
}
