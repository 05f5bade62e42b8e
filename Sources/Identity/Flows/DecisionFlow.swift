import Storage

/// The decisions that were made: on what, and why.
struct DecisionFlow: Flow {
    static let name = "decisions"

    let operations: [Operation]

    init(buffer: DecisionBuffer) {
        operations = [
            Operation(
                .get, "/api/v1/decisions", "decision:list", "List decisions, newest first",
                answer: .page(of: DecisionFlow.shape), loader: Loader("decision"),
                work: .read(DecisionFlow.list)
            ).with {
                $0.traits = .paged
                $0.query = [
                    .init("action", .text(1...100), isRequired: false),
                    .init("subject", .text(1...64), isRequired: false),
                    .init("outcome", .choice(["allowed", "denied"]), isRequired: false),
                ]
            },
            Operation(
                .get, "/api/v1/decisions/{decision}", "decision:read", "Read a decision",
                answer: .json(200, DecisionFlow.shape), loader: DecisionFlow.loader(buffer),
                work: .read { call, _ in try DecisionFlow.reply(call, buffer) }
            ),
        ]
    }

    private static func loader(_ buffer: DecisionBuffer) -> Loader {
        Loader(
            "decision",
            { request in
                var selection = Selection([("id = ?", .text(request["decision"]))])
                selection.demand(organization: request.tenant)
                return [
                    selection.statement("SELECT \(DecisionRecord.columns) FROM decisions", "")
                ]
            },
            read: { (rows, request) throws(StorageFailure) in
                let id = request["decision"]
                guard let record = try found(rows, request, buffer) else {
                    return ResourceFacts(id: id, exists: false, organization: request.tenant)
                }
                return ResourceFacts(
                    id: id, exists: true, organization: record.organization,
                    attributes: ["subject": JSON(record.subject)], rows: rows)
            })
    }

    /// In the store, or on its way there.
    private static func found(
        _ rows: [[Row]], _ request: RequestFacts, _ buffer: DecisionBuffer
    ) throws(StorageFailure) -> DecisionRecord? {
        if let row = rows.first?.first { return try DecisionRecord(row) }
        let waiting = buffer.record(request["decision"])
        return waiting?.organization == request.tenant ? waiting : nil
    }

    private static func reply(_ call: OperationCall, _ buffer: DecisionBuffer) throws -> Reply {
        guard let record = try found(call.resource.rows, call.request, buffer) else {
            throw Fault(.notFound)
        }
        return .json(try json(record))
    }

    private static func list(_ call: OperationCall, _ database: any Database) async throws -> Reply
    {
        let paging = try Paging(call)
        var selection = Selection()
        selection.demand(organization: call.request.tenant)
        let query = call.request.query
        selection.demand("action = ?", query["action"].map { .text($0) })
        selection.demand("subject_id = ?", query["subject"].map { .text($0) })
        selection.demand("is_allowed = ?", query["outcome"].map { .boolean($0 == "allowed") })
        if call.isRestrictedToOwn { selection.demand("subject_id = ?", SQLValue(call.subject.id)) }
        if let position = paging.position, position.count == 2, let time = Int64(position[0]) {
            selection.demand("(decided_at, id) < (?, ?)", .integer(time), .text(position[1]))
        }
        let rows = try await database.read(
            in: call.request.scope,
            [
                selection.statement(
                    """
                    SELECT \(DecisionRecord.columns) FROM decisions
                    """, "ORDER BY decided_at DESC, id DESC LIMIT \(paging.limit + 1)")
            ])[0]
        return try paging.reply(try rows.map(DecisionRecord.init), json) {
            [String($0.decidedAt), $0.id]
        }
    }

    private static func json(_ record: DecisionRecord) throws -> JSON {
        [
            "id": .text(record.id), "organization": JSON(record.organization),
            "decided_at": .text(Instant.text(record.decidedAt)), "action": .text(record.action),
            "subject": [
                "kind": .text(record.subjectKind), "id": JSON(record.subject),
            ],
            "outcome": record.isAllowed ? "allowed" : "denied", "rule": .text(record.rule),
            "reasons": .array(record.reasons.map(JSON.text)),
            "input": try JSON(reading: Array(record.input.utf8)),
            "revision": .text(record.revision), "request_id": .text(record.request),
        ]
    }

    private static let shape = Shape.object([
        .init("id", .identifier(.decision)),
        .init("organization", .nullable(.identifier(.organization))),
        .init("decided_at", .instant), .init("action", .text(1...100)),
        .init(
            "subject",
            .object([
                .init("kind", .choice(["anonymous", "account", "service", "client"])),
                .init("id", .nullable(.text(1...64))),
            ])),
        .init("outcome", .choice(["allowed", "denied"])), .init("rule", .text(1...200)),
        .init("reasons", .array(of: .text(0...1000), count: 0...100)),
        .init("input", .anyObject, "What it was made of; values under names of secrets are ***."),
        .init("revision", .text(1...100), "Of the policy."), .init("request_id", .text(1...128)),
    ])
}
