import Foundation
import Identity
import Loopback
import Outbound
import RegoMachine
import Server
import Servers
import Storage
import Testing

/// Which organization a request is about: each carrier that may name one, alone and against
/// another, asked directly and through a proxy.
@Suite struct ResolutionTests {
    /// A request, and what comes of it.
    struct Row: Sendable {
        let host: String
        /// Below `/api/v1`; `ACME`, `BOLT` and `HOME` stand for ids.
        let path: String
        var person = "nobody"
        var fields: [String] = []
        /// Status, and the code of a refusal or the organization that it is about.
        let answer: String

        init(
            _ host: String, _ path: String, _ person: String, _ answer: String,
            fields: [String] = []
        ) {
            self.host = host
            self.path = path
            self.person = person
            self.answer = answer
            self.fields = fields
        }
    }

    private static let acme = "/organizations/ACME"
    private static let none = "/organizations/org_0000000000000000000000000z"

    /// The host alone.
    private static let hosts = [
        Row("localhost", "/me", "nobody", "401 unauthenticated"),
        Row("localhost", "/me", "acme", "200 acme"),
        Row("localhost:8443", "/me", "acme", "200 acme"),
        Row("LOCALHOST", "/me", "acme", "200 acme"),
        Row("127.0.0.1", "/me", "acme", "200 acme"),
        Row("example.test", "/me", "acme", "200 acme"),
        Row("example.test.", "/me", "acme", "200 acme"),
        Row("acme.example.test", "/me", "nobody", "401 unauthenticated"),
        Row("nobody.example.test", "/me", "nobody", "404 unknown_tenant"),
        Row("www.example.test", "/me", "acme", "404 unknown_tenant"),
        Row("gone.example.test", "/me", "nobody", "404 unknown_tenant"),
        Row("a.acme.example.test", "/me", "acme", "421 unknown_host"),
        Row("evil-example.test", "/me", "acme", "421 unknown_host"),
        Row("attacker.test", "/me", "acme", "421 unknown_host"),
        Row("192.0.2.7", "/me", "acme", "421 unknown_host"),
        Row("[2001:db8::7]", "/me", "acme", "421 unknown_host"),
        Row("login.acme.test", "/me", "nobody", "401 unauthenticated"),
        Row("pending.acme.test", "/me", "acme", "421 unknown_host"),
        Row("acme.test", "/me", "acme", "421 unknown_host"),
    ]

    /// Host and credential.
    private static let credentials = [
        Row("acme.example.test", "/me", "acme", "200 acme"),
        Row("ACME.example.test.:80", "/me", "acme", "200 acme"),
        Row("bolt.example.test", "/me", "acme", "403 tenant_mismatch"),
        Row("acme.example.test", "/me", "bolt", "403 tenant_mismatch"),
        Row("operations.example.test", "/me", "acme", "403 tenant_mismatch"),
        Row("login.acme.test", "/me", "acme", "200 acme"),
        Row("LOGIN.acme.test.", "/me", "acme", "200 acme"),
        Row("login.acme.test", "/me", "bolt", "403 tenant_mismatch"),
        Row("localhost", "/me", "session", "200 none"),
        Row("acme.example.test", "/me", "session", "401 session_expired"),
        Row("bolt.example.test", "/me", "session", "401 session_expired"),
        Row("login.acme.test", "/me", "session", "401 session_expired"),
        Row("acme.example.test", "/me", "acme-session", "200 acme"),
        Row("bolt.example.test", "/me", "acme-session", "403 tenant_mismatch"),
        Row("login.acme.test", "/me", "acme-session", "401 session_expired"),
        Row("localhost", "/me", "acme-session", "401 session_expired"),
        Row("example.test", "/me", "acme-session", "401 session_expired"),
        Row("login.acme.test", "/me", "login-session", "200 acme"),
        Row("acme.example.test", "/me", "login-session", "401 session_expired"),
        Row("acme.example.test", "/me", "forged", "401 token_invalid"),
    ]

    /// Host, path and credential.
    private static let paths = [
        Row("localhost", acme, "acme", "200 acme"),
        Row("localhost", acme, "session", "200 acme"),
        Row("localhost", acme, "bolt", "404 not_found"),
        Row("localhost", acme, "nobody", "401 unauthenticated"),
        Row("localhost", none, "acme", "404 not_found"),
        Row("acme.example.test", acme, "acme", "200 acme"),
        Row("bolt.example.test", acme, "acme", "404 not_found"),
        Row("bolt.example.test", acme, "nobody", "404 not_found"),
        Row("login.acme.test", acme, "acme", "200 acme"),
        Row("login.acme.test", "/organizations/BOLT", "bolt", "404 not_found"),
        Row("localhost", "/organizations/BOLT", "session", "404 not_found"),
        Row("nobody.example.test", acme, "acme", "404 unknown_tenant"),
    ]

    /// What the client says of itself.
    private static let claims = [
        Row("localhost", "/me", "acme", "200 acme", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", "/me", "acme", "403 tenant_mismatch", fields: ["X-Tenant-ID: BOLT"]),
        Row("localhost", "/me", "nobody", "403 tenant_mismatch", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", "/me", "session", "403 tenant_mismatch", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", acme, "session", "200 acme", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", acme, "acme", "403 tenant_mismatch", fields: ["X-Tenant-ID: BOLT"]),
        Row(
            "acme.example.test", "/me", "nobody", "403 tenant_mismatch",
            fields: ["X-Tenant-ID: BOLT"]),
        Row("localhost", "/me", "trusted", "200 acme", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", "/me", "trusted", "200 operations"),
        Row("localhost", acme, "trusted", "404 not_found", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", acme, "trusted", "403 tenant_mismatch", fields: ["X-Tenant-ID: BOLT"]),
        Row("localhost", acme, "trusted", "404 not_found"),
        Row(
            "acme.example.test", "/me", "trusted", "200 acme", fields: ["X-Tenant-ID: ACME"]),
        Row(
            "bolt.example.test", "/me", "trusted", "403 tenant_mismatch",
            fields: ["X-Tenant-ID: ACME"]),
        Row("acme.example.test", "/me", "trusted", "403 tenant_mismatch"),
        Row(
            "localhost", "/me", "trusted", "404 unknown_tenant",
            fields: ["X-Tenant-ID: org_0000000000000000000000000z"]),
        Row("localhost", "/me", "unscoped", "403 tenant_mismatch", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", "/me", "foreign", "403 tenant_mismatch", fields: ["X-Tenant-ID: ACME"]),
        Row("localhost", "/me", "human", "403 tenant_mismatch", fields: ["X-Tenant-ID: ACME"]),
        Row(
            "localhost", "/me", "acme", "200 acme", fields: ["X-Forwarded-Host: attacker.test"]),
        Row(
            "acme.example.test", "/me", "acme", "200 acme",
            fields: ["X-Forwarded-Host: bolt.example.test"]),
        Row(
            "attacker.test", "/me", "acme", "421 unknown_host",
            fields: ["X-Forwarded-Host: acme.example.test"]),
        Row(
            "attacker.test", "/me", "acme", "421 unknown_host",
            fields: ["Forwarded: host=acme.example.test"]),
    ]

    private static let rows = hosts + credentials + paths + claims

    @Test(arguments: IdentityDatabase.all)
    func everyCarrierAgreesOrTheRequestIsRefused(_ backend: IdentityDatabase) async throws {
        #expect(Self.rows.count >= 40)
        try await PublicServer.with(backend) { server in
            let cast = try await ResolutionCast(server)
            for row in Self.rows { try await cast.expect(row, at: server.client) }
        }
    }

    @Test(.enabled(if: ReverseProxy.program != nil, "nginx is not installed"))
    func aProxyChangesNothing() async throws {
        try await PublicServer.with(.sqlite, changing: Self.behindProxy) { server in
            let proxy = try ReverseProxy(before: server.client.port)
            defer { proxy.stop() }
            let cast = try await ResolutionCast(server)
            for row in Self.rows { try await cast.expect(row, at: Client(port: proxy.port)) }
        }
    }

    private static let behindProxy: @Sendable (inout PublicOptions) -> Void = { options in
        options.trustedProxies = ["127.0.0.0/8"].compactMap(AddressRange.init)
    }

    /// What a proxy says that is trusted, and one that is not.
    @Test func onlyTrustedProxiesSayWhichHostWasAskedFor() async throws {
        try await PublicServer.with(.sqlite, changing: Self.behindProxy) { server in
            let cast = try await ResolutionCast(server)
            for (forwarded, answer) in [
                ("acme.example.test", "200 acme"), ("login.acme.test", "200 acme"),
                ("bolt.example.test", "403 tenant_mismatch"), ("attacker.test", "421 unknown_host"),
                ("acme.example.test, attacker.test", "421 unknown_host"),
            ] {
                try await cast.expect(
                    Row(
                        "proxy.internal", "/me", "acme", answer,
                        fields: ["X-Forwarded-Host: \(forwarded)"]), at: server.client)
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func withoutLabelsOneOrganizationIsServed(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend, changing: { $0.baseDomain = nil }) { server in
            let cast = try await ResolutionCast(server)
            for row in [
                Row("localhost", "/me", "operations-session", "200 operations"),
                Row("localhost", "/me", "session", "200 operations"),
                Row("localhost", "/me", "acme", "200 acme"),
                Row("localhost", Self.acme, "session", "200 acme"),
                Row("localhost", "/me", "nobody", "401 unauthenticated"),
                Row("acme.example.test", "/me", "acme", "421 unknown_host"),
                Row("login.acme.test", "/me", "session", "401 session_expired"),
                Row("login.acme.test", "/me", "login-session", "200 acme"),
                Row(
                    "localhost", "/me", "operations-session", "200 operations",
                    fields: ["X-Tenant-ID: HOME"]),
                Row(
                    "localhost", "/me", "operations-session", "403 tenant_mismatch",
                    fields: ["X-Tenant-ID: ACME"]),
            ] { try await cast.expect(row, at: server.client) }
        }
    }
}

/// The people, programs and domains of the table.
private struct ResolutionCast {
    let server: PublicServer
    private let fields: [String: [String]]

    init(_ server: PublicServer) async throws {
        self.server = server
        let world = server.world
        _ = try await server.serveDomain("login.acme.test", at: world.acme)
        _ = try await server.nameDomain("pending.acme.test", at: world.acme)
        try await server.edit(
            """
            INSERT INTO organizations (
                id, realm_id, slug, name, tier, status, version, created_at, updated_at
            ) VALUES ('org_gone', 'default', 'gone', 'Gone', 'free', 'deleted', 1, 0, 0)
            """)
        let speaking = ["tenant:assert", "me:read", "organization:read"]
        let (home, owner) = (world.home, world.acme.owner.account)
        fields = [
            "nobody": [], "acme": Self.bearer(world.acme.owner.key),
            "bolt": Self.bearer(world.bolt.owner.key),
            "forged": Self.bearer(String(world.acme.owner.key.dropLast()) + "x"),
            "session": try await server.cookie(of: owner).fields,
            "acme-session":
                try await server.cookie(of: owner, at: (world.acme.id, "acme.example.test")).fields,
            "login-session":
                try await server.cookie(of: owner, at: (world.acme.id, "login.acme.test")).fields,
            "operations-session":
                try await server.cookie(of: world.administrator.account).fields,
            "trusted": Self.bearer(try await server.makeProgram(of: home, speaking).key),
            "unscoped": Self.bearer(try await server.makeProgram(of: home, ["*"]).key),
            "foreign": Self.bearer(try await server.makeProgram(of: world.bolt.id, speaking).key),
            "human": try await Self.key(of: world.administrator.account, home, speaking, server),
        ]
    }

    private static func bearer(_ key: String) -> [String] { ["Authorization: Bearer \(key)"] }

    /// A key behind the server's back.
    private static func key(
        of principal: String, _ organization: String, _ scopes: [String], _ server: PublicServer
    ) async throws -> [String] {
        let key = APIKey(RegoMachine.Host.system)
        try await server.change(
            key.insertion(
                principal: principal, organization: organization, name: "test", scopes: scopes,
                now: 0))
        return bearer(key.text)
    }

    func expect(_ row: ResolutionTests.Row, at client: Client) async throws {
        let reply = try await client.ask(
            "GET", "/api/v1" + named(row.path),
            fields: ["Host: \(row.host)"] + (fields[row.person] ?? [])
                + row.fields.map(named))
        let json = try reply.json
        let about = json["code"] as? String ?? json["slug"] as? String ?? slug(json)
        #expect("\(reply.status) \(about)" == row.answer, "\(row): \(reply.body)")
    }

    private func named(_ text: String) -> String {
        text.replacing("ACME", with: server.world.acme.id)
            .replacing("BOLT", with: server.world.bolt.id)
            .replacing("HOME", with: server.world.home)
    }

    /// The organization that `/me` says it is about.
    private func slug(_ json: [String: Any]) -> String {
        switch (json["organization"] as? [String: Any])?["id"] as? String {
        case server.world.acme.id: "acme"
        case server.world.bolt.id: "bolt"
        case server.world.home: "operations"
        case nil: "none"
        case let other?: other
        }
    }
}
