import Loopback
import Testing

/// What people ask for who come in by mail and password, for `LostRuleTests`.
struct SignInAsks {
    typealias Ask = LostRuleTests.Ask

    let asks: [Ask]

    private static let form = ["Content-Type: application/x-www-form-urlencoded"]

    init(_ server: PublicServer) async throws {
        let (ada, bob) = (
            try await server.signUp("ada@example.com"), try await server.signUp("bob@example.com")
        )
        let other = try SignedIn(try await server.signIn("ada@example.com"))
        let third = try SignedIn(try await server.signIn("ada@example.com"))
        let refreshed = try await server.refresh(ada.refresh)
        let next = try #require(try refreshed.json["refresh_token"] as? String)
        let tokens = [
            Ask(
                rule: "lost_answer_repeats", method: "POST", target: "/oauth2/token",
                body: "grant_type=refresh_token&refresh_token=\(ada.refresh)", fields: Self.form),
            Ask(
                rule: "unused_token_refreshes", method: "POST", target: "/oauth2/token",
                body: "grant_type=refresh_token&refresh_token=\(next)", fields: Self.form),
        ]
        let sessions = [
            Ask(
                rule: "account_lists_sessions", method: "GET", target: "/api/v1/me/sessions",
                fields: ada.bearer),
            Ask(
                rule: "account_revokes_session", method: "DELETE",
                target: "/api/v1/me/sessions/\(other.session)", fields: ada.bearer),
            Ask(
                rule: "subject_ends_session", method: "POST", target: "/api/v1/auth/sign-out",
                fields: third.bearer),
            Ask(
                rule: "account_revokes_sessions", method: "POST",
                target: "/api/v1/me/sessions/revoke", body: #"{"which":"all"}"#,
                fields: bob.bearer),
        ]
        let administrator = try await server.comeByMail("owner@operations.test")
        let look = Ask(
            rule: "administrator_reads_platform_decisions", method: "GET",
            target: "/api/v1/decisions/\(try #require(refreshed.field("x-decision-id")))",
            fields: administrator.bearer)
        asks =
            try await [look, Self.keyPage(server)] + Self.handovers(server)
            + Self.comings(server) + tokens
            + Self.introspections(server, ada)
            + sessions + Self.passwords(server)
    }

    /// By somebody with a role, and by a service of the organization.
    private static func introspections(
        _ server: PublicServer, _ ada: SignedIn
    ) async throws -> [Ask] {
        let acme = server.world.acme
        let account = try await server.makeServiceAccount(role: "viewer")
        let service = try await server.makeKey(as: acme.owner, for: account)
        return [("role_introspects", acme["admin"]), ("service_introspects", service.person)].map {
            Ask(
                rule: $0, method: "POST", target: "/oauth2/introspect", person: $1,
                body: "token=\(ada.access)", fields: form)
        } + [
            Ask(
                rule: "everybody_revokes", method: "POST", target: "/oauth2/revoke",
                body: "token=nothing", fields: form)
        ]
    }

    /// The form by which people end a key of theirs.
    private static func keyPage(_ server: PublicServer) async throws -> Ask {
        let browser = Browser(server)
        _ = try await browser.submit("/sign-in/mail", "email=viewer%40bolt.test")
        let code = try await server.mailbox.mail(to: "viewer@bolt.test", "Sign in").code
        _ = try await browser.submit("/magic-link", "code=\(code)")
        let page = try await browser.open("/account").body
        let key = try #require(page.firstMatch(of: /name="key" value="(key_\w+)"/)).1
        let token = try #require(page.firstMatch(of: /form_token" value="([0-9a-f]+)"/)).1
        let session = try #require(browser["ostiary_session"])
        return Ask(
            rule: "account_revokes_key", method: "POST", target: "/account/keys",
            body: "key=\(key)&form_token=\(token)",
            fields: form + [Browser.origin, "Cookie: ostiary_session=\(session)"])
    }

    /// Towards an organization's host; `HandoverTests` loses the rule at the end of the way.
    private static func handovers(_ server: PublicServer) async throws -> [Ask] {
        let person = HandoverTests.Person(server)
        try await person.signIn(server, "member@bolt.test")
        try await server.join(
            server.world.bolt["member"].account, server.world.acme.id, role: "viewer")
        let page = try await person.begin()
        let token = try await person.issuer.formToken(page)
        let session = try #require(person.issuer["ostiary_session"])
        return [
            Ask(
                rule: "account_hands_over", method: "POST", target: "/sign-in/organization",
                body: "\(page.drop { $0 != "?" }.dropFirst())&form_token=\(token)",
                fields: form + [Browser.origin, "Cookie: ostiary_session=\(session)"]),
            Ask(
                rule: "everybody_may_finish", method: "GET", target: "/sign-in/finish?code=none",
                fields: ["Host: \(HandoverTests.site)"], refusals: [303]),
        ]
    }

    private static func passwords(_ server: PublicServer) async throws -> [Ask] {
        let max = try await server.signUp("max@example.com")
        _ = try await server.signUp("moe@example.com")
        _ = try await server.ask(
            "POST", "/api/v1/auth/password/forgotten", #"{"email":"moe@example.com"}"#)
        let secret = try await server.mailbox.mail(to: "moe@example.com", "Choose a new").secret
        let (present, next) = (PublicServer.password, "quite another sentence of ours")
        return [
            Ask(
                rule: "everybody_asks_for_reset", method: "POST",
                target: "/api/v1/auth/password/forgotten", body: #"{"email":"x@example.com"}"#),
            Ask(
                rule: "everybody_resets", method: "POST", target: "/api/v1/auth/password/reset",
                body: #"{"token":"\#(secret)","password":"\#(next)"}"#),
            Ask(
                rule: "account_changes_password", method: "PUT", target: "/api/v1/me/password",
                body: #"{"current_password":"\#(present)","new_password":"\#(next)"}"#,
                fields: max.bearer),
            Ask(
                rule: "subject_steps_up", method: "POST", target: "/api/v1/auth/step-up",
                body: #"{"password":"\#(next)"}"#, fields: max.bearer),
        ]
    }

    private static func comings(_ server: PublicServer) async throws -> [Ask] {
        let begun = try await server.beginSignUp("eve@example.com")
        let attempt = try #require(try begun.json["attempt_token"] as? String)
        let secret = try await server.mailbox.mail(to: "eve@example.com", "Confirm").secret
        let signIn =
            #"{"email":"ada@example.com","password":"\#(PublicServer.password)"}"#
        return [
            Ask(
                rule: "everybody_signs_up", method: "POST", target: "/api/v1/auth/sign-up",
                body: #"{"email":"zoe@example.com","display_name":"Zoe"}"#),
            Ask(
                rule: "everybody_verifies", method: "POST", target: "/api/v1/auth/verify",
                body: #"{"token":"\#(secret)","attempt_token":"\#(attempt)"}"#),
            Ask(
                rule: "everybody_may_try", method: "POST", target: "/api/v1/auth/sign-in",
                body: signIn),
            Ask(
                rule: "evidence_suffices", method: "POST", target: "/api/v1/auth/sign-in",
                body: signIn),
        ]
    }
}
