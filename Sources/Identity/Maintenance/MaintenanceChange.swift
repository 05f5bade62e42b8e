public import Storage

/// The beginning and the end of maintenance, by the API and at the command line.
public struct MaintenanceChange: Sendable {
    private let isOn: Bool
    private let message: String
    private let reason: String
    private let endsAt: Int64?
    private let account: String?

    /// - Parameter endsAt: Microseconds since 1970; `nil`: until somebody ends it.
    /// - Parameter account: Whose doing it is; `nil`: an operator's.
    public static func beginning(
        message: String, reason: String, endsAt: Int64?, by account: String? = nil
    ) -> MaintenanceChange {
        MaintenanceChange(
            isOn: true, message: message, reason: reason, endsAt: endsAt, account: account)
    }

    public static func ending(reason: String) -> MaintenanceChange {
        MaintenanceChange(isOn: false, message: "", reason: reason, endsAt: nil, account: nil)
    }

    /// Where it is on already, it goes on since then, with the new message and end.
    /// - Parameter now: Microseconds since 1970.
    /// - Throws: `StorageFailure`.
    public func run(in transaction: Transaction, now: Int64) async throws -> MaintenanceRow {
        let before = try MaintenanceRow(try await transaction.query(MaintenanceRow.finding))
        let isNew = before.notice(now: now) == .off
        let row = MaintenanceRow(
            isOn: isOn,
            Maintenance(
                message: message, reason: reason, since: isNew ? now : before.maintenance.since,
                endsAt: endsAt, startedBy: account),
            version: before.version + 1)
        try await transaction.execute(row.keeping)
        return row
    }

    /// For the record.
    public var details: JSON {
        .object(present: [
            ("reason", .text(reason)), ("message", isOn ? .text(message) : nil),
            ("ends_at", isOn ? JSON(instant: endsAt) : nil),
        ])
    }
}

extension MaintenanceRow {
    /// What administrators are told.
    /// - Parameter now: Microseconds since 1970.
    public func json(now: Int64) -> JSON {
        guard case .on(let maintenance) = notice(now: now) else { return ["on": false] }
        return [
            "on": true, "message": .text(maintenance.message),
            "reason": .text(maintenance.reason),
            "since": .text(Instant.text(maintenance.since)),
            "ends_at": JSON(instant: maintenance.endsAt),
            "started_by": JSON(maintenance.startedBy),
        ]
    }

    static let shape = Shape.object([
        .init("on", .boolean), .init("message", .text(1...500), isRequired: false),
        .init("reason", .text(1...500), isRequired: false),
        .init("since", .instant, isRequired: false),
        .init("ends_at", .nullable(.instant), isRequired: false, "When it is over by itself."),
        .init(
            "started_by", .nullable(.identifier(.account)), isRequired: false,
            "`null`: an operator, at the command line."),
    ])
}
