import Storage

/// What organizations have used of what they may: calls, and what there is of what.
struct UsageFlow: Flow {
    static let name = "usage"

    let operations = [
        Operation(
            .get, "/api/v1/organizations/{organization}/usage", "usage:read",
            "What the organization has used of its limits", answer: .json(200, shape),
            loader: loader, work: .read { call, _ in try await reply(call) }),
        Operation(
            .get, "/api/v1/platform/organizations/{organization}/usage", "platform:read_usage",
            "What an organization has used of its limits", answer: .json(200, shape),
            loader: loader, work: .read { call, _ in try await reply(call) }),
    ]

    private static let counted = ["members", "service_accounts", "keys", "domains"]

    private static let shape = Shape.object(
        [.init("tier", .text(1...32))] + CallUsage.fields + [
            .init("counts", .object(counted.map { .init($0, .integer(0...Int64.max)) }))
        ])

    /// The rows are the organization's counts.
    private static let loader = Loader(
        "usage",
        { request in
            [
                Statement(
                    """
                    SELECT o.tier, (
                        SELECT COUNT(*) FROM memberships m WHERE m.organization_id = o.id
                    ) AS members, (
                        SELECT COUNT(*) FROM service_accounts v
                        WHERE v.organization_id = o.id AND v.status <> 'deleted'
                    ) AS service_accounts, (
                        SELECT COUNT(*) FROM api_keys k
                        WHERE k.organization_id = o.id AND k.revoked_at IS NULL
                            AND (k.expires_at IS NULL OR k.expires_at > $2)
                    ) AS keys, (
                        SELECT COUNT(*) FROM domains d WHERE d.organization_id = o.id
                    ) AS domains
                    FROM organizations o WHERE o.id = $1 AND o.status <> 'deleted'
                    """, [.text(request["organization"]), .integer(request.time)])
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let id = request["organization"]
            return ResourceFacts(
                id: id, exists: !rows[0].isEmpty, organization: id, rows: rows)
        })

    private static func reply(_ call: OperationCall) async throws -> Reply {
        guard let row = call.resource.rows.first?.first else { throw Fault(.notFound) }
        let tier = try row.text("tier")
        let calls = try await call.facilities.callUsage.members(
            of: call.request["organization"], tier: tier, now: call.request.time)
        let counts = try counted.map { JSON.Member($0, .integer(try row.integer($0))) }
        return .json(
            .object(
                present: [("tier", .text(tier))] + calls + [("counts", .object(counts))]))
    }
}
