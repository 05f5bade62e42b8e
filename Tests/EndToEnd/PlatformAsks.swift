import Loopback
import Testing

/// What administrators of the installation do, for the sweeps.
struct PlatformAsks {
    typealias Ask = LostRuleTests.Ask

    let asks: [Ask]

    /// What wants a fresh sign-in: `MaintenanceTests` asks for it.
    static let operations: Set = [
        "PUT /api/v1/platform/maintenance", "DELETE /api/v1/platform/maintenance",
    ]

    /// What a key does.
    static let sweep: [String: OperationSweepTests.Ask] = [
        "GET /api/v1/platform/maintenance": .init(
            target: PublicServer.maintenance, asksAs: "administrator", isTenants: false)
    ]

    init(_ server: PublicServer) async throws {
        asks = [
            Ask(
                rule: "administrator_maintains", method: "GET", target: PublicServer.maintenance,
                person: server.world.administrator)
        ]
    }
}

extension PublicServer {
    static let maintenance = "/api/v1/platform/maintenance"

    /// As an administrator who has signed in just now.
    func begin(
        maintenance message: String = "Back at ten.", endsAt: String? = nil
    ) async throws -> HTTPReply {
        let end = endsAt.map { #","ends_at":"\#($0)""# } ?? ""
        return try await ask(
            "PUT", Self.maintenance, #"{"message":"\#(message)","reason":"disks"\#(end)}"#,
            fields: try await cookie(of: world.administrator.account).fields)
    }

    func endMaintenance() async throws -> HTTPReply {
        try await ask(
            "DELETE", Self.maintenance, #"{"reason":"done"}"#,
            fields: try await cookie(of: world.administrator.account).fields)
    }
}
