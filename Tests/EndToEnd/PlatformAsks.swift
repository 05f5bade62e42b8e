import Loopback
import Testing

/// What administrators of the installation do, for the sweeps.
struct PlatformAsks {
    typealias Ask = LostRuleTests.Ask

    let asks: [Ask]

    /// What wants a fresh sign-in, or an administrator whose credential is no organization's:
    /// `MaintenanceTests`, `PlatformAccountTests` and `PlatformOrganizationTests` ask for it.
    static let operations: Set = [
        "PUT /api/v1/platform/maintenance", "DELETE /api/v1/platform/maintenance",
        "POST /api/v1/platform/accounts/{account}/suspend",
        "POST /api/v1/platform/accounts/{account}/reactivate",
        "POST /api/v1/platform/accounts/{account}/unlock",
        "POST /api/v1/platform/accounts/{account}/sessions/revoke",
        "POST /api/v1/platform/sessions/revoke",
        "GET /api/v1/platform/organizations/{organization}",
        "POST /api/v1/platform/organizations/{organization}/suspend",
        "POST /api/v1/platform/organizations/{organization}/reactivate",
        "PUT /api/v1/platform/organizations/{organization}/tier",
        "GET /api/v1/platform/organizations/{organization}/usage",
    ]

    /// What a key does.
    static func sweep(_ world: World) -> [String: OperationSweepTests.Ask] {
        let account = "\(PublicServer.accounts)/\(world.bolt.owner.account)"
        let targets = [
            "GET /api/v1/platform/maintenance": PublicServer.maintenance,
            "GET /api/v1/platform/organizations": "\(PublicServer.organizations)?search=acm",
            "GET /api/v1/platform/accounts": "\(PublicServer.accounts)?email=owner%40",
            "GET /api/v1/platform/accounts/{account}": account,
            "GET /api/v1/platform/accounts/{account}/sessions": "\(account)/sessions",
        ]
        return targets.mapValues { .init(target: $0, asksAs: "administrator", isTenants: false) }
    }

    init(_ server: PublicServer) async throws {
        let world = server.world
        asks = [
            Ask(
                rule: "administrator_maintains", method: "GET", target: PublicServer.maintenance,
                person: world.administrator),
            Ask(
                rule: "administrator_runs", method: "GET", target: PublicServer.accounts,
                person: world.administrator),
            Ask(
                rule: "role_reads_usage", method: "GET",
                target: "/api/v1/organizations/\(world.acme.id)/usage",
                person: world.acme.owner),
        ]
    }
}

extension PublicServer {
    static let maintenance = "/api/v1/platform/maintenance"
    static let accounts = "/api/v1/platform/accounts"
    static let organizations = "/api/v1/platform/organizations"

    /// As an administrator who has signed in just now.
    func administer(
        _ method: String, _ target: String, _ body: String? = nil
    ) async throws -> HTTPReply {
        try await ask(
            method, target, body,
            fields: try await cookie(of: world.administrator.account).fields)
    }

    /// Does something to what the path names, for a reason.
    func administer(_ target: String) async throws -> HTTPReply {
        try await administer("POST", target, #"{"reason":"case 4711"}"#)
    }

    func begin(
        maintenance message: String = "Back at ten.", endsAt: String? = nil
    ) async throws -> HTTPReply {
        let end = endsAt.map { #","ends_at":"\#($0)""# } ?? ""
        return try await administer(
            "PUT", Self.maintenance, #"{"message":"\#(message)","reason":"disks"\#(end)}"#)
    }

    func endMaintenance() async throws -> HTTPReply {
        try await administer("DELETE", Self.maintenance, #"{"reason":"done"}"#)
    }
}
