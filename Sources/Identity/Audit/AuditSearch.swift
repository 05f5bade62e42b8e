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

    /// - Parameters:
    ///   - scope: Whose rows may be seen: all tenants', or one's.
    ///   - rows: At most `pageRowsMax`.
    /// - Throws: `StorageFailure`.
    public func page(
        _ database: any Database, in scope: Scope = .system, after position: Position? = nil,
        rows count: Int = pageRowsMax
    ) async throws -> Page {
        let rows = try await database.read(in: scope, [statement(after: position, count)])[0]
        // Rows that no entry can have are `audit verify`'s to name.
        let read = try rows.map(AuditRow.init)
        return Page(
            entries: read.compactMap(\.entry),
            end: read.count < count
                ? nil : read.last.map { Position(occurredAt: $0.occurredAt, id: $0.id) })
    }

    private func statement(after position: Position?, _ count: Int) -> Statement {
        var selection = Selection()
        selection.demand("organization_id = ?", organization.map { .text($0) })
        selection.demand("actor_id = ?", actor.map { .text($0) })
        selection.demand("action = ?", action.map { .text($0) })
        selection.demand("outcome = ?", outcome.map { .text($0.rawValue) })
        selection.demand("resource_id = ?", resource.map { .text($0) })
        selection.demand("occurred_at >= ?", since.map { .integer($0) })
        selection.demand("occurred_at < ?", until.map { .integer($0) })
        if let position {
            selection.demand(
                "(occurred_at, id) > (?, ?)", .integer(position.occurredAt), .text(position.id))
        }
        return selection.statement(
            "SELECT \(AuditRow.columns) FROM audit_entries",
            "ORDER BY occurred_at, id LIMIT \(count)")
    }
}
