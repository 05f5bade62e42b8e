import Storage

/// Rows of one table that are an organization's, and go with it.
struct OrganizationRows: Sendable {
    let table: String
    /// What is unique in the table: a column, or several with commas.
    let key: String
    /// Of SQL: which are the organization's, whose id is `$1`.
    let condition: String

    /// In an order in which nothing refers to what is gone.
    static let all = [
        OrganizationRows(
            table: "refresh_tokens", key: "family_id, used_digest",
            condition: "family_id IN (\(families))"),
        OrganizationRows(table: "refresh_families", key: "id", condition: "id IN (\(families))"),
        OrganizationRows(table: "grants", key: "id", condition: "id IN (\(grants))"),
        OrganizationRows(
            table: "session_evidence", key: "session_id, place",
            condition: "session_id IN (\(sessions))"),
        OrganizationRows(table: "sessions", key: "id", condition: own),
        OrganizationRows(
            table: "idempotent_answers", key: "principal_id, key_digest",
            condition: "principal_id IN (\(programs))"),
        OrganizationRows(table: "api_keys", key: "id", condition: own),
        OrganizationRows(
            table: "membership_roles", key: "organization_id, membership_id, role_id",
            condition: own),
        OrganizationRows(table: "memberships", key: "id", condition: own),
        OrganizationRows(
            table: "platform_roles", key: "principal_id, role",
            condition: "principal_id IN (\(programs))"),
        OrganizationRows(table: "service_accounts", key: "id", condition: own),
        OrganizationRows(table: "principals", key: "id", condition: own),
        OrganizationRows(table: "organization_settings", key: "organization_id", condition: own),
        OrganizationRows(table: "roles", key: "id", condition: own),
        OrganizationRows(table: "domains", key: "id", condition: own),
        OrganizationRows(table: "messages", key: "id", condition: own),
        OrganizationRows(table: "decisions", key: "id", condition: own),
        // Those that were released: one that stands keeps everything.
        OrganizationRows(table: "legal_holds", key: "id", condition: own),
    ]

    private static let own = "organization_id = $1"
    /// Service accounts; the principals of people are nobody's.
    private static let programs = "SELECT id FROM principals WHERE organization_id = $1"
    private static let sessions = "SELECT id FROM sessions WHERE organization_id = $1"
    private static let grants = """
        SELECT id FROM grants WHERE organization_id = $1
        UNION SELECT id FROM grants WHERE principal_id IN (\(programs))
        """
    private static let families = """
        SELECT id FROM refresh_families WHERE grant_id IN (\(grants))
        UNION SELECT id FROM refresh_families WHERE session_id IN (\(sessions))
        """

    /// Removes a number of them.
    /// - Parameter condition: Of SQL, what must be so of the organization `o`.
    func removal(atMost count: Int, where condition: String, _ values: [SQLValue]) -> Statement {
        Statement(
            """
            DELETE FROM \(table) WHERE (\(key)) IN (
                SELECT \(key) FROM \(table) WHERE \(self.condition) LIMIT \(count))
            AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = $1 AND \(condition))
            """, values)
    }
}
