public import RegoMachine
public import Storage

/// Orders to keep what there is: as long as one stands, nothing that it covers is removed for its
/// age, neither from the record nor from the decisions.
public struct LegalHold: Sendable, Hashable {
    public let id: String
    /// `nil`: it covers everything.
    public let organization: String?
    public let reason: String
    /// Microseconds since 1970.
    public let placedAt: Int64

    public static func newID(_ host: Host) -> String { Identifier(.legalHold, host).text }

    public init(id: String, organization: String?, reason: String, placedAt: Int64) {
        self.id = id
        self.organization = organization
        self.reason = reason
        self.placedAt = placedAt
    }

    private init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        organization = try row.text(orNull: "organization_id")
        reason = try row.text("reason")
        placedAt = try row.integer("placed_at")
    }

    /// - Throws: `StorageFailure`, of which `constraint` says that there is no such organization.
    public func place(in transaction: Transaction) async throws(StorageFailure) {
        try await transaction.execute(
            Statement(
                "INSERT INTO legal_holds VALUES ($1, $2, $3, $4, NULL)",
                [.text(id), SQLValue(organization), .text(reason), .integer(placedAt)]))
    }

    /// - Parameter now: Microseconds since 1970.
    /// - Returns: False where no such hold stands.
    public static func release(
        _ id: String, in transaction: Transaction, now: Int64
    ) async throws(StorageFailure) -> Bool {
        try await transaction.execute(
            Statement(
                "UPDATE legal_holds SET released_at = $2 WHERE id = $1 AND released_at IS NULL",
                [.text(id), .integer(now)])) == 1
    }

    /// Those that stand, oldest first.
    public static func standing(
        _ database: any Database
    ) async throws(StorageFailure) -> [LegalHold] {
        let statement = Statement(
            """
            SELECT id, organization_id, reason, placed_at FROM legal_holds
            WHERE released_at IS NULL ORDER BY placed_at, id
            """)
        var holds: [LegalHold] = []
        for row in try await database.read(in: .system, [statement])[0] {
            holds.append(try LegalHold(row))
        }
        return holds
    }

    /// A condition of SQL: nothing holds the row of that organization.
    static func none(on organization: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.released_at IS NULL
            AND (h.organization_id IS NULL OR h.organization_id = \(organization)))
        """
    }
}
