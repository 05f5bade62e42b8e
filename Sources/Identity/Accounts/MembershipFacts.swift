import Storage

/// The place that an account has in an organization, and how that one stands.
enum MembershipFacts {
    /// - Returns: `status` and `organization_status`; `nil`: there is no such place.
    static func find(
        _ account: String?, _ organization: String?, _ database: any Database
    ) async throws -> JSON? {
        guard let organization else { return nil }
        // Nobody is looked for as somebody is: it must not take another time.
        let rows = try await database.read(
            in: .organization(organization), [finding(account ?? "", organization)])[0]
        guard let row = rows.first, let status = try row.text(orNull: "membership_status") else {
            return nil
        }
        return [
            "status": .text(status),
            "organization_status": .text(try row.text("organization_status")),
        ]
    }

    /// Asked within the rows of the organization.
    static func finding(_ principal: String, _ organization: String) -> Statement {
        Statement(
            """
            SELECT o.status AS organization_status, m.status AS membership_status
            FROM organizations o
            LEFT JOIN memberships m ON m.organization_id = o.id AND m.principal_id = $2
            WHERE o.id = $1
            """, [.text(organization), .text(principal)])
    }

    /// - Parameter rows: Of `finding`.
    static func isActive(_ rows: [Row]) throws(StorageFailure) -> Bool {
        guard let row = rows.first, try row.text("organization_status") == "active" else {
            return false
        }
        return try row.text(orNull: "membership_status") == "active"
    }
}
