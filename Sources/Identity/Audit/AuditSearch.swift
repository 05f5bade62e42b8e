public import Storage

/// Looks entries up, in the order in which they happened.
public struct AuditSearch: Sendable {
    /// What an entry must have; `nil`: anything.
    public var organization: String?
    public var actor: String?
    public var action: String?
    public var outcome: AuditEntry.Outcome?
    public var resource: String?
    /// Microseconds since 1970, this one included.
    public var since: Int64?
    /// Microseconds since 1970, this one not included.
    public var until: Int64?

    public static let pageRowsMax = 500

    public init() {}

    /// A stretch of the answer.
    public struct Page: Sendable {
        public let entries: [AuditEntry]
        /// Behind which the next page begins; `nil`: this is the last.
        public let end: Position?
    }

    /// A place between two entries.
    public struct Position: Sendable, Hashable {
        let occurredAt: Int64
        let id: String
    }

    /// - Throws: `StorageFailure`.
    public func page(
        _ database: any Database, after position: Position? = nil
    ) async throws -> Page {
        let rows = try await database.read(in: .system, [statement(after: position)])[0]
        // Rows that no entry can have are `audit verify`'s to name.
        let read = try rows.map(AuditRow.init)
        let isLast = read.count < AuditSearch.pageRowsMax
        return Page(
            entries: read.compactMap(\.entry),
            end: isLast
                ? nil : read.last.map { Position(occurredAt: $0.occurredAt, id: $0.id) })
    }

    private func statement(after position: Position?) -> Statement {
        var values: [SQLValue] = []
        var conditions: [String] = []
        func demand(_ condition: String, _ value: SQLValue?) {
            guard let value else { return }
            values.append(value)
            conditions.append(condition.replacing("?", with: "$\(values.count)"))
        }
        demand("organization_id = ?", organization.map { .text($0) })
        demand("actor_id = ?", actor.map { .text($0) })
        demand("action = ?", action.map { .text($0) })
        demand("outcome = ?", outcome.map { .text($0.rawValue) })
        demand("resource_id = ?", resource.map { .text($0) })
        demand("occurred_at >= ?", since.map { .integer($0) })
        demand("occurred_at < ?", until.map { .integer($0) })
        if let position {
            values += [.integer(position.occurredAt), .text(position.id)]
            conditions.append("(occurred_at, id) > ($\(values.count - 1), $\(values.count))")
        }
        let demanded = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return Statement(
            """
            SELECT \(AuditRow.columns) FROM audit_entries \(demanded)
            ORDER BY occurred_at, id LIMIT \(AuditSearch.pageRowsMax)
            """, values)
    }
}
