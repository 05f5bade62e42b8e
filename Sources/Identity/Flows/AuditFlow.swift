import Storage

/// The record of what was done, for those who may read it.
struct AuditFlow: Flow {
    static let name = "audit"

    let operations = [
        Operation(
            .get, "/api/v1/audit", "audit:read", "List what was done, oldest first",
            answer: .page(of: shape), loader: Loader("audit"), work: .read(list)
        ).with {
            $0.traits = [.paged, .audited]
            $0.query = [
                .init("actor", .text(1...64), isRequired: false),
                .init("action", .text(1...100), isRequired: false),
                .init(
                    "outcome", .choice(["allowed", "denied", "rejected", "failed"]),
                    isRequired: false),
                .init("resource", .text(1...64), isRequired: false),
                .init("since", .instant, isRequired: false, "From this instant on."),
                .init("until", .instant, isRequired: false, "Before this instant."),
            ]
        }
    ]

    private static func list(_ call: OperationCall, _ database: any Database) async throws -> Reply
    {
        guard let tenant = call.request.tenant else { throw Fault(.notFound) }
        let paging = try Paging(call)
        let query = call.request.query
        var search = AuditSearch()
        search.organization = tenant
        search.actor = query["actor"]
        search.action = query["action"]
        search.outcome = query["outcome"].flatMap(AuditEntry.Outcome.init)
        search.resource = query["resource"]
        search.since = query["since"].flatMap(Instant.microseconds)
        search.until = query["until"].flatMap(Instant.microseconds)
        let position = paging.position.flatMap { position -> AuditSearch.Position? in
            guard position.count == 2, let time = Int64(position[0]) else { return nil }
            return AuditSearch.Position(occurredAt: time, id: position[1])
        }
        let page = try await search.page(
            database, in: .organization(tenant), after: position, rows: paging.limit + 1)
        return try paging.reply(page.entries, json) { [String($0.occurredAt), $0.id] }
    }

    private static func json(_ entry: AuditEntry) throws -> JSON {
        [
            "id": .text(entry.id), "occurred_at": .text(Instant.text(entry.occurredAt)),
            "actor": ["kind": .text(entry.actorKind.rawValue), "id": JSON(entry.actor)],
            "action": .text(entry.action), "outcome": .text(entry.outcome.rawValue),
            "resource": ["type": JSON(entry.resourceType), "id": JSON(entry.resource)],
            "decision": JSON(entry.decision), "request_id": JSON(entry.request),
            "address": JSON(entry.address), "details": try JSON(reading: Array(entry.details.utf8)),
        ]
    }

    private static let shape = Shape.object([
        .init("id", .identifier(.audit)), .init("occurred_at", .instant),
        .init(
            "actor",
            .object([.init("kind", .text(1...32)), .init("id", .nullable(.text(1...64)))])),
        .init("action", .text(1...100)),
        .init("outcome", .choice(["allowed", "denied", "rejected", "failed"])),
        .init(
            "resource",
            .object([
                .init("type", .nullable(.text(1...64))),
                .init(
                    "id", .nullable(.text(1...65_536)),
                    "As it was asked for, where there is nothing of that id."),
            ])),
        .init("decision", .nullable(.text(1...64))),
        .init("request_id", .nullable(.text(1...128))),
        .init("address", .nullable(.text(1...64))), .init("details", .anyObject),
    ])
}
