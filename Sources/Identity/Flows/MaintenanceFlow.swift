import Storage

/// Maintenance of the installation: whether there is, its beginning and its end.
struct MaintenanceFlow: Flow {
    static let name = "maintenance"

    let operations = [
        Operation(
            .get, path, "maintenance:read", "Whether the installation is under maintenance",
            answer: .json(200, MaintenanceRow.shape), loader: loader,
            work: .read { call, _ in
                let row = try MaintenanceRow(call.resource.rows.first ?? [])
                return .json(row.json(now: call.request.time))
            }),
        Operation(
            .put, path, "maintenance:start", "Begin maintenance, or change message and end of it",
            answer: .json(200, MaintenanceRow.shape), loader: loader, work: .write(start)
        ).with {
            $0.body = .object([
                .init("message", .text(1...500), "What everybody is told."),
                .init("reason", .text(1...500), "For the audit."),
                .init(
                    "ends_at", .nullable(.instant), isRequired: false,
                    "When it is over by itself; never, if it is not said."),
            ])
        },
        Operation(
            .delete, path, "maintenance:stop", "End maintenance", answer: .none, loader: loader,
            work: .write(stop)
        ).with { $0.body = .object([.init("reason", .text(1...500), "For the audit.")]) },
    ]

    private static let path = "/api/v1/platform/maintenance"

    private static let loader = Loader(
        "maintenance", { _ in [MaintenanceRow.finding] },
        read: { (rows, _) throws(StorageFailure) in
            ResourceFacts(exists: true, rows: rows)
        })

    private static func start(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        let endsAt = call.text("ends_at").flatMap(Instant.microseconds)
        guard endsAt ?? .max > call.request.time else {
            throw Fault.invalid([.init("/ends_at", "is not in the future")])
        }
        let change = MaintenanceChange.beginning(
            message: call.text("message") ?? "", reason: call.text("reason") ?? "",
            endsAt: endsAt, by: call.subject.id)
        let row = try await change.run(in: transaction, now: call.request.time)
        var reply = Reply.json(row.json(now: call.request.time))
        reply.maintenance = row
        reply.details = change.details
        return reply
    }

    private static func stop(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        let change = MaintenanceChange.ending(reason: call.text("reason") ?? "")
        var reply = Reply.none
        reply.maintenance = try await change.run(in: transaction, now: call.request.time)
        reply.details = change.details
        return reply
    }
}
