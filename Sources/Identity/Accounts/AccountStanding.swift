import Storage

/// Whether somebody may come in at all, which administrators and operators change.
enum AccountStanding {
    /// The account is suspended: its sessions, its refresh tokens and its access tokens are of no
    /// use from now on, and nobody comes in by it. Its keys are refused while it is.
    /// - Returns: What has ended.
    static func suspend(
        _ account: String, in transaction: Transaction, now: Int64
    ) async throws -> [Revocation] {
        try await transaction.execute(status("suspended", of: account, now: now))
        let revoked = try await SessionRows.revokeEvery(
            of: account, for: "account_suspended", in: transaction, now: now)
        try await transaction.execute(
            Statement(
                """
                UPDATE refresh_families SET revoked_at = $2, revoked_for = 'account_suspended'
                WHERE revoked_at IS NULL
                    AND grant_id IN (SELECT id FROM grants WHERE principal_id = $1)
                """, [.text(account), .integer(now)]))
        return revoked
    }

    /// The account may be used again; what had ended stays ended.
    static func reactivate(
        _ account: String, in transaction: Transaction, now: Int64
    ) async throws {
        try await transaction.execute(status("active", of: account, now: now))
    }

    private static func status(_ status: String, of account: String, now: Int64) -> Statement {
        Statement(
            """
            UPDATE accounts SET status = $2, version = version + 1, updated_at = $3
            WHERE id = $1 AND status <> 'deleted'
            """, [.text(account), .text(status), .integer(now)])
    }

    /// How many administrators of the installation are left without the account `$1`.
    static let administrators = """
        SELECT COUNT(*) AS others FROM platform_roles g
        JOIN accounts a ON a.id = g.principal_id AND a.status = 'active'
        WHERE g.role = 'administrator' AND g.principal_id <> $1
        """
}
