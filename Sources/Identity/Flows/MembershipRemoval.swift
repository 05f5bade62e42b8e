import Storage

/// The end of a principal's place in an organization: its roles and its membership there, and its
/// keys, sessions and tokens that are good there alone, which stay dead when it comes back. A
/// sign-in of the same moment may have read the membership before: its session opens nothing there
/// until it comes back.
struct MembershipRemoval: Sendable {
    /// Of the membership; `nil`: it is gone already.
    let id: String?
    let principal: String
    let organization: String

    /// What has ended with it.
    struct Ended: Sendable {
        /// How many keys were revoked.
        let keys: Int
        let sessions: [Revocation]

        /// For the record.
        var details: [(String, JSON?)] {
            [
                ("keys_revoked", .integer(Int64(keys))),
                ("sessions_revoked", .integer(Int64(sessions.count))),
            ]
        }
    }

    func run(in transaction: Transaction, now: Int64) async throws -> Ended {
        if let id {
            for table in ["membership_roles WHERE membership_id", "memberships WHERE id"] {
                try await transaction.execute(
                    Statement(
                        "DELETE FROM \(table) = $1 AND organization_id = $2",
                        [.text(id), .text(organization)]))
            }
        }
        let keys = try await transaction.execute(
            Statement(
                """
                UPDATE api_keys SET revoked_at = $3, version = version + 1
                WHERE principal_id = $1 AND organization_id = $2 AND revoked_at IS NULL
                """, [.text(principal), .text(organization), .integer(now)]))
        let sessions = try await SessionRows.revokeBound(
            to: organization, of: principal, for: "membership_removed", in: transaction, now: now)
        return Ended(keys: keys, sessions: sessions)
    }
}
