import Storage

/// What is kept of an account itself, and where we write to.
struct Profile: Sendable {
    let displayName: String
    /// The primary address.
    let address: String?
    let version: Int64
    /// Microseconds since 1970.
    let createdAt: Int64

    static func finding(_ account: String) -> Statement {
        Statement(
            """
            SELECT a.display_name, a.version, a.created_at, e.address FROM accounts a
            LEFT JOIN account_addresses e ON e.account_id = a.id AND e.is_primary = TRUE
                AND e.verified_at IS NOT NULL
            WHERE a.id = $1
            """, [.text(account)])
    }

    /// - Returns: `nil` for who is no account.
    init?(_ rows: [Row]) throws(StorageFailure) {
        guard let row = rows.first else { return nil }
        displayName = try row.text("display_name")
        address = try row.text(orNull: "address")
        version = try row.integer("version")
        createdAt = try row.integer("created_at")
    }

    /// The subject's own.
    static let loader = Loader(
        "account", { $0.credential.map { [finding($0.principal)] } ?? [] },
        read: { (rows, request) throws(StorageFailure) in
            ResourceFacts(
                id: request.credential?.principal, exists: true,
                version: try Profile(rows.first ?? [])?.version, rows: rows)
        })
}
