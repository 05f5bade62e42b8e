import Identity
import Loopback
import Server
import Servers
import Testing

/// Every operation there is, asked over a socket: by somebody who may, by nobody, and by somebody
/// of another organization. An operation without a row here fails.
@Suite struct OperationSweepTests {
    /// One way to ask for an operation with success.
    struct Ask: Sendable {
        let target: String
        var body: String?
        var asksAs = "owner"
        /// Whether anybody may.
        var isOpen = false
        /// Whether the target names a thing of one tenant.
        var isTenants = true
    }

    /// Nobody may where there is an administrator: `SetupTests` asks for them where there is none.
    /// The others need somebody who comes in, or has come in, otherwise than by a key.
    private static let elsewhere: Set = [
        "POST /setup", "POST /api/v1/setup", "POST /api/v1/auth/verify",
        "POST /api/v1/auth/sign-in", "POST /api/v1/auth/sign-out", "POST /oauth2/token",
        "DELETE /api/v1/me/sessions/{session}", "POST /api/v1/auth/magic-link/redeem",
        "POST /api/v1/auth/password/reset", "PUT /api/v1/me/password", "POST /api/v1/auth/step-up",
        "POST /oauth2/revoke", "POST /oauth2/introspect",
        "POST /api/v1/organizations/{organization}/delete",
        "POST /api/v1/organizations/{organization}/restore",
        "POST /api/v1/organizations/{organization}/transfer",
        // Pages' own: `PageTests` comes in by them.
        "GET /account/profile", "POST /account/profile", "GET /account/addresses",
        "POST /account/addresses", "POST /account/addresses/{address}/primary",
        "POST /account/addresses/{address}/remove", "GET /step-up", "POST /step-up",
        "GET /account", "GET /account/password", "POST /account/password",
        "POST /account/sessions", "POST /account/keys", "POST /sign-out", "POST /sign-in",
        // `AccountPageTests` takes its data along and ends its account.
        "GET /account/export", "POST /account/export", "GET /account/delete",
        "POST /account/delete",
        "POST /sign-up",
        "POST /verify", "POST /sign-in/mail", "POST /magic-link", "POST /forgotten-password",
        "POST /reset",
        // `HandoverTests` goes from host to host.
        "GET /sign-in/organization", "POST /sign-in/organization", "GET /sign-in/finish",
        "POST /sign-in/finish", "GET /session",
    ]

    private func asks(_ server: PublicServer, decision: String) async throws -> [String: Ask] {
        let machine = try await server.makeServiceAccount(role: "member")
        let key = try await server.makeKey(as: server.world.acme.owner, for: machine)
        let domain = try await server.nameDomain("login.acme.test", at: server.world.acme)
        server.names.publish([domain.value], at: domain.place)
        return asks(server.world, decision: decision)
            .merging(keyAsks(server.world, machine: machine, key: key.id)) { one, _ in one }
            .merging(DomainAsks.sweep(server.world, domain: domain.id)) { one, _ in one }
    }

    /// What is done with a service account and a key of it.
    func keyAsks(_ world: World, machine: String, key: String) -> [String: Ask] {
        let own = "/api/v1/organizations/\(world.acme.id)"
        let path = "/api/v1/organizations/{organization}"
        let (machines, keys) = ("\(own)/service-accounts", "\(own)/keys")
        let (renamed, thing) = (#"{"name":"renamed"}"#, "{service_account}")
        return [
            "GET \(path)/service-accounts": Ask(target: machines),
            "POST \(path)/service-accounts": Ask(
                target: machines, body: #"{"name":"backup","role":"viewer"}"#),
            "GET \(path)/service-accounts/\(thing)": Ask(target: "\(machines)/\(machine)"),
            "PATCH \(path)/service-accounts/\(thing)": Ask(
                target: "\(machines)/\(machine)", body: renamed),
            "DELETE \(path)/service-accounts/\(thing)": Ask(target: "\(machines)/\(machine)"),
            "GET \(path)/keys": Ask(target: keys),
            "POST \(path)/keys": Ask(
                target: keys, body: #"{"name":"one","scopes":["member:*"]}"#),
            "GET \(path)/keys/{key}": Ask(target: "\(keys)/\(key)"),
            "PATCH \(path)/keys/{key}": Ask(target: "\(keys)/\(key)", body: renamed),
            "POST \(path)/keys/{key}/rotate": Ask(target: "\(keys)/\(key)/rotate", body: "{}"),
            "DELETE \(path)/keys/{key}": Ask(target: "\(keys)/\(key)"),
        ]
    }

    /// What wants somebody who has signed in just now, for `IsolationSweepTests`.
    func endAsks(_ world: World) -> [String: Ask] {
        let own = "/api/v1/organizations/\(world.acme.id)"
        let path = "POST /api/v1/organizations/{organization}"
        return [
            "\(path)/delete": Ask(target: "\(own)/delete", body: #"{"reason":"done"}"#),
            "\(path)/restore": Ask(target: "\(own)/restore"),
            "\(path)/transfer": Ask(
                target: "\(own)/transfer",
                body: #"{"member":"\#(world.acme["viewer"].membership)"}"#),
        ]
    }

    /// What everybody sees.
    private static var openPages: [String: Ask] {
        let paths = [
            "/livez", "/readyz", "/healthz", "/.well-known/jwks.json", "/openapi.json", "/docs",
            "/", "/.well-known/change-password", "/setup", "/sign-in", "/sign-up", "/verify",
            "/sign-in/mail", "/magic-link", "/forgotten-password", "/reset",
        ]
        var asks = ["GET /assets/{file}": Ask(target: "/assets/pages.css")]
        for path in paths { asks["GET \(path)"] = Ask(target: path) }
        return asks.mapValues { Ask(target: $0.target, isOpen: true, isTenants: false) }
    }

    func asks(_ world: World, decision: String) -> [String: Ask] {
        let own = "/api/v1/organizations/\(world.acme.id)"
        let viewer = world.acme["viewer"]
        return [
            "GET /api/v1/me": Ask(target: "/api/v1/me", isTenants: false),
            "POST /api/v1/auth/sign-up": Ask(
                target: "/api/v1/auth/sign-up",
                body: #"{"email":"new@example.com","display_name":"New"}"#, isOpen: true,
                isTenants: false),
            "POST /api/v1/auth/magic-link": Ask(
                target: "/api/v1/auth/magic-link", body: #"{"email":"new@example.com"}"#,
                isOpen: true, isTenants: false),
            "POST /api/v1/auth/password/forgotten": Ask(
                target: "/api/v1/auth/password/forgotten",
                body: #"{"email":"new@example.com"}"#, isOpen: true, isTenants: false),
            "GET /api/v1/me/sessions": Ask(target: "/api/v1/me/sessions", isTenants: false),
            "POST /api/v1/me/sessions/revoke": Ask(
                target: "/api/v1/me/sessions/revoke", body: #"{"which":"others"}"#,
                isTenants: false),
            "GET /api/v1/organizations": Ask(target: "/api/v1/organizations", isTenants: false),
            "POST /api/v1/organizations": Ask(
                target: "/api/v1/organizations", body: #"{"name":"Cargo","slug":"cargo"}"#,
                asksAs: "administrator", isTenants: false),
            "GET /api/v1/organizations/{organization}": Ask(target: own),
            "PATCH /api/v1/organizations/{organization}": Ask(
                target: own, body: #"{"name":"Acme & Sons"}"#),
            "GET /api/v1/organizations/{organization}/usage": Ask(target: "\(own)/usage"),
            "POST /api/v1/organizations/{organization}/rename": Ask(
                target: "\(own)/rename", body: #"{"slug":"rocket"}"#),
            "GET /api/v1/organizations/{organization}/settings": Ask(target: "\(own)/settings"),
            "PUT /api/v1/organizations/{organization}/settings": Ask(
                target: "\(own)/settings",
                body: #"{"default_role":"viewer","email_domains":[]}"#),
            "GET /api/v1/organizations/{organization}/members": Ask(target: "\(own)/members"),
            "POST /api/v1/organizations/{organization}/members": Ask(
                target: "\(own)/members",
                body: #"{"principal":"\#(world.bolt["member"].account)","role":"viewer"}"#),
            "GET /api/v1/organizations/{organization}/members/{member}": Ask(
                target: "\(own)/members/\(viewer.membership)"),
            "PATCH /api/v1/organizations/{organization}/members/{member}": Ask(
                target: "\(own)/members/\(viewer.membership)", body: #"{"role":"member"}"#),
            "DELETE /api/v1/organizations/{organization}/members/{member}": Ask(
                target: "\(own)/members/\(viewer.membership)"),
            "GET /api/v1/decisions": Ask(target: "/api/v1/decisions", isTenants: false),
            "GET /api/v1/decisions/{decision}": Ask(target: "/api/v1/decisions/\(decision)"),
            "GET /api/v1/audit": Ask(target: "/api/v1/audit", isTenants: false),
        ]
    }

    @Test(arguments: IdentityDatabase.all)
    func everyOperationAnswersWhoMayAskAndNobodyElse(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let first = try await server.ask("GET", "/api/v1/me", as: server.world.acme.owner)
            let decision = try #require(first.field("x-decision-id"))
            let asks = try await asks(server, decision: decision)
                .merging(Self.openPages) { $1 }
                .merging(AccountAsks.sweep) { $1 }
                .merging(PlatformAsks.sweep(server.world)) { $1 }
            // Refusals first: an operation that succeeds may change what the next one finds.
            let operations = server.operations.filter {
                !Self.elsewhere.union(AccountAsks.operations).union(PlatformAsks.operations)
                    .contains($0.name)
            }
            for operation in operations {
                let ask = try #require(asks[operation.name], "\(operation.name) is not asked for")
                try await self.checkRefusals(operation, ask, server)
            }
            for operation in operations {
                let ask = try #require(asks[operation.name])
                try await self.checkAnswer(operation, ask, server)
            }
            #expect(asks.count == operations.count)
        }
    }

    private func checkRefusals(
        _ operation: Operation, _ ask: Ask, _ server: PublicServer
    ) async throws {
        guard !ask.isOpen else { return }
        let method = operation.method.rawValue
        let nobody = try await server.ask(method, ask.target, ask.body)
        #expect(nobody.status == 401, "\(operation.name) by nobody")
        let key = server.world.acme.owner.key
        let other = key.last == "0" ? "1" : "0"
        let forged = try await server.ask(
            method, ask.target, ask.body,
            fields: ["Authorization: Bearer \(key.dropLast())\(other)"])
        #expect(forged.status == 401, "\(operation.name) by a forger")
        guard ask.isTenants else { return }
        let foreign = try await server.ask(
            method, ask.target, as: server.world.bolt.owner, ask.body)
        #expect(foreign.status == 404, "\(operation.name) by another tenant's owner")
        #expect(!foreign.body.lowercased().contains("acme"), "\(operation.name)")
    }

    private func checkAnswer(
        _ operation: Operation, _ ask: Ask, _ server: PublicServer
    ) async throws {
        let world = server.world
        let person = ask.asksAs == "administrator" ? world.administrator : world.acme[ask.asksAs]
        let before = server.database.statements
        let reply = try await server.ask(
            operation.method.rawValue, ask.target, as: ask.isOpen ? nil : person, ask.body)
        #expect(reply.status == operation.answer.status, "\(operation.name): \(reply.body)")
        #expect(reply.field("x-request-id") != nil && reply.field("x-decision-id") != nil)
        if !operation.isWrite {
            let statements = server.database.statements - before
            #expect(statements <= 4, "\(operation.name) asks \(statements) statements")
        }
        guard let shape = operation.answer.shape else { return }
        let value = try JSON(reading: Array(reply.body.utf8))
        #expect(shape.faults(in: value).isEmpty, "\(operation.name): \(shape.faults(in: value))")
    }
}

extension Operation {
    var name: String { "\(method.rawValue) \(path.text)" }
}
