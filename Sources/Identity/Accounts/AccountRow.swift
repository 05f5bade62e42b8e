import Storage

/// An account, as administrators of the installation see it.
struct AccountRow: Sendable {
    let id: String
    let displayName: String
    let status: String
    /// Its primary address.
    let address: String?
    let platformRole: String?
    /// How many it belongs to.
    let organizations: Int64
    let createdAt: Int64
    let updatedAt: Int64

    /// Of accounts that are there.
    static let select = """
        SELECT a.id, a.display_name, a.status, a.created_at, a.updated_at, e.address,
            \(AccountAddresses.platformRole), (
                SELECT COUNT(*) FROM memberships m WHERE m.principal_id = a.id
            ) AS organizations
        FROM accounts a
        LEFT JOIN account_addresses e ON e.account_id = a.id AND e.is_primary = TRUE
        """

    /// With how many administrators of the installation there are beside it.
    static func one(_ id: String) -> Statement {
        Statement(
            """
            SELECT found.*, (\(AccountStanding.administrators)) AS others
            FROM (\(select)) found WHERE found.id = $1 AND found.status <> 'deleted'
            """, [.text(id)])
    }

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        displayName = try row.text("display_name")
        status = try row.text("status")
        address = try row.text(orNull: "address")
        platformRole = try row.text(orNull: "platform_role")
        organizations = try row.integer("organizations")
        createdAt = try row.integer("created_at")
        updatedAt = try row.integer("updated_at")
    }

    var platformRoles: JSON { .array([platformRole].compactMap(\.self).map(JSON.text)) }

    /// - Parameter failures: Wrong passwords from devices that it does not know; `nil`: nobody has
    ///   looked.
    func json(failures: Int64? = nil) -> JSON {
        .object(present: [
            ("id", .text(id)), ("status", .text(status)), ("display_name", .text(displayName)),
            ("email", JSON(address)), ("platform_roles", platformRoles),
            ("organizations", .integer(organizations)),
            ("sign_in_failures", failures.map(JSON.integer)),
            ("created_at", .text(Instant.text(createdAt))),
            ("updated_at", .text(Instant.text(updatedAt))),
        ])
    }

    static let shape = Shape.object([
        .init("id", .identifier(.account)), .init("status", .choice(["active", "suspended"])),
        .init("display_name", .text(1...100)), .init("email", .nullable(.text(3...254))),
        .init("platform_roles", .array(of: .text(1...64), count: 0...64)),
        .init("organizations", .integer(0...Int64.max), "How many it belongs to."),
        .init(
            "sign_in_failures", .integer(0...Int64.max), isRequired: false,
            "Wrong passwords in a row from devices that it does not know."),
        .init("created_at", .instant), .init("updated_at", .instant),
    ])
}
