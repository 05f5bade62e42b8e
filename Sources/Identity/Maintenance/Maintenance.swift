public import Storage

/// The whole installation is being worked on, and serves nobody but whom the policy lets through.
public struct Maintenance: Sendable, Hashable {
    /// What everybody is told.
    public let message: String
    /// What the record says.
    let reason: String
    /// Microseconds since 1970.
    let since: Int64
    /// When it is over by itself; `nil`: when somebody says so.
    let endsAt: Int64?
    /// The account that began it; `nil`: an operator at the command line.
    let startedBy: String?

    /// Where no end is set, clients are told to come again so much later.
    private static let retrySeconds: Int64 = 60

    /// - Parameter now: Microseconds since 1970.
    func retryAfterSeconds(now: Int64) -> Int {
        guard let endsAt else { return Int(Self.retrySeconds) }
        return Int(max(1, (endsAt - now + 999_999) / 1_000_000))
    }

    /// As policies see it.
    var facts: JSON {
        [
            "known": true, "since": .text(Instant.text(since)), "ends_at": JSON(instant: endsAt),
        ]
    }
}

/// What a node knows about that while it has a request before it.
public enum MaintenanceNotice: Sendable, Hashable {
    case off
    case on(Maintenance)
    /// The node has not heard of the others for too long: it asks before it serves anybody.
    case unknown

    /// As policies see it; nothing where it is off.
    var facts: JSON? {
        switch self {
        case .off: nil
        case .on(let maintenance): maintenance.facts
        case .unknown: ["known": false]
        }
    }

    /// How a request is answered that the policy keeps out because of it.
    /// - Parameter now: Microseconds since 1970.
    /// - Returns: `nil`: there is no maintenance that could have kept it out.
    public func fault(now: Int64) -> Fault? {
        switch self {
        case .off: return nil
        case .on(let maintenance):
            var fault = Fault(.maintenance, maintenance.message)
            fault.retryAfterSeconds = maintenance.retryAfterSeconds(now: now)
            return fault
        case .unknown:
            var fault = Fault(.storeUnavailable)
            fault.retryAfterSeconds = 1
            return fault
        }
    }
}

/// The one row that says whether there is maintenance.
public struct MaintenanceRow: Sendable, Hashable {
    let isOn: Bool
    /// Of the last one, where there is none now.
    let maintenance: Maintenance
    /// Grows with each change.
    let version: Int64

    public static let finding = Statement(
        """
        SELECT is_on, message, reason, since, ends_at, started_by, version
        FROM maintenance WHERE name = 'installation'
        """)

    /// - Throws: `StorageFailure`, also where the row is missing: nobody knows then.
    public init(_ rows: [Row]) throws(StorageFailure) {
        guard let row = rows.first else { throw .invalid("the row of maintenance is missing") }
        isOn = try row.boolean("is_on")
        maintenance = Maintenance(
            message: try row.text("message"), reason: try row.text("reason"),
            since: try row.integer("since"), endsAt: try row.integer(orNull: "ends_at"),
            startedBy: try row.text(orNull: "started_by"))
        version = try row.integer("version")
    }

    init(isOn: Bool, _ maintenance: Maintenance, version: Int64) {
        self.isOn = isOn
        self.maintenance = maintenance
        self.version = version
    }

    /// - Parameter now: Microseconds since 1970.
    public func notice(now: Int64) -> MaintenanceNotice {
        isOn && maintenance.endsAt ?? .max > now ? .on(maintenance) : .off
    }

    var keeping: Statement {
        Statement(
            """
            UPDATE maintenance SET is_on = $1, message = $2, reason = $3, since = $4,
                ends_at = $5, started_by = $6, version = $7
            WHERE name = 'installation'
            """,
            [
                .boolean(isOn), .text(maintenance.message), .text(maintenance.reason),
                .integer(maintenance.since), maintenance.endsAt.map { .integer($0) } ?? .null,
                SQLValue(maintenance.startedBy), .integer(version),
            ])
    }
}
