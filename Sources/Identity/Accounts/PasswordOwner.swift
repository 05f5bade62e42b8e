import Storage

/// Whose a password is to be, as far as whoever guesses at it knows: of the account its addresses,
/// its name, and what the organizations are called that it belongs to.
struct PasswordOwner: Sendable {
    let addresses: [MailAddress]
    let names: [String]

    /// More than anybody belongs to.
    private static let organizationsMax = 100

    /// Nothing where there is no such account, after the same steps.
    static func find(_ account: String?, _ database: any Database) async throws -> PasswordOwner {
        let id = account ?? ""
        let rows = try await database.read(
            in: .system,
            [AccountAddresses.all(of: id), AccountAddresses.name(of: id), organizations(of: id)])
        let own = try rows[1].map { try $0.text("display_name") }
        let theirs = try rows[2].flatMap { row in [try row.text("name"), try row.text("slug")] }
        return PasswordOwner(
            addresses: try rows[0].compactMap { MailAddress(try $0.text("address")) },
            names: own + theirs)
    }

    /// Whatever tenant is asking: somebody has one password for all of them.
    private static func organizations(of account: String) -> Statement {
        Statement(
            """
            SELECT o.name, o.slug FROM memberships m
            JOIN organizations o ON o.id = m.organization_id
            WHERE m.principal_id = $1 ORDER BY m.id LIMIT \(organizationsMax)
            """, [.text(account)])
    }
}
