import Storage

/// The end of a principal's place in an organization: its roles, its membership and its keys there,
/// which stay dead when it comes back.
struct MembershipRemoval: Sendable {
    /// Of the membership; `nil`: it is gone already.
    let id: String?
    let principal: String
    let organization: String

    /// - Returns: How many keys were revoked.
    func run(in transaction: Transaction, now: Int64) async throws -> Int {
        if let id {
            for table in ["membership_roles WHERE membership_id", "memberships WHERE id"] {
                try await transaction.execute(
                    Statement(
                        "DELETE FROM \(table) = $1 AND organization_id = $2",
                        [.text(id), .text(organization)]))
            }
        }
        return try await transaction.execute(
            Statement(
                """
                UPDATE api_keys SET revoked_at = $3, version = version + 1
                WHERE principal_id = $1 AND organization_id = $2 AND revoked_at IS NULL
                """, [.text(principal), .text(organization), .integer(now)]))
    }
}
