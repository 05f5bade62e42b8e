import Storage

/// Whose an address is, and which an account has.
enum AccountAddresses {
    /// Of the account `a`, where it has the one that matters before anybody has signed in.
    static let platformRole = """
        (
            SELECT g.role FROM platform_roles g
            WHERE g.principal_id = a.id AND g.role = 'administrator'
        ) AS platform_role
        """

    /// Has a row where somebody has shown that the address is theirs, with their password's hash.
    /// - Parameter key: `MailAddress.key`.
    static func owner(of key: String) -> Statement {
        Statement(
            """
            SELECT a.id, a.status, c.hash, c.version, \(platformRole)
            FROM account_addresses e JOIN accounts a ON a.id = e.account_id
            LEFT JOIN credentials c ON c.account_id = a.id AND c.kind = 'password'
            WHERE e.realm_id = 'default' AND e.address_key = $1 AND e.verified_at IS NOT NULL
            """, [.text(key)])
    }

    /// The same for who has signed in.
    static func password(of account: String) -> Statement {
        Statement(
            """
            SELECT a.id, a.status, c.hash, c.version, \(platformRole) FROM accounts a
            LEFT JOIN credentials c ON c.account_id = a.id AND c.kind = 'password'
            WHERE a.id = $1
            """, [.text(account)])
    }

    static func all(of account: String) -> Statement {
        Statement(
            "SELECT address FROM account_addresses WHERE account_id = $1", [.text(account)])
    }

    static func verified(of account: String) -> Statement {
        Statement(
            """
            SELECT address_key FROM account_addresses
            WHERE account_id = $1 AND verified_at IS NOT NULL
            """, [.text(account)])
    }

    static func name(of account: String) -> Statement {
        Statement("SELECT display_name FROM accounts WHERE id = $1", [.text(account)])
    }

    static func primary(of account: String) -> Statement {
        Statement(
            """
            SELECT address FROM account_addresses
            WHERE account_id = $1 AND is_primary = TRUE AND verified_at IS NOT NULL
            """, [.text(account)])
    }
}

/// The owner of an address, with what their password is compared with.
struct AddressOwner: Sendable {
    let account: SessionCreation.Claimed
    let hash: String?
    let version: Int64?

    /// - Returns: `nil` where it is nobody's.
    init?(_ rows: [Row]) throws(StorageFailure) {
        guard let row = rows.first else { return nil }
        account = SessionCreation.Claimed(
            id: try row.text("id"), status: try row.text("status"),
            platformRole: try row.text(orNull: "platform_role"))
        hash = try row.text(orNull: "hash")
        version = try row.integer(orNull: "version")
    }

    /// Of evidence by the password.
    var basis: String? { version.map { "\($0)" } }
}

/// The rows of passwords.
enum PasswordRow {
    /// That of evidence by a password as it was first kept.
    static let firstBasis = "1"

    /// Keeps another hash of the same password.
    static func renewal(
        _ hash: String, of account: String, instead former: String, now: Int64
    ) -> Statement {
        Statement(
            """
            UPDATE credentials SET hash = $3, updated_at = $4
            WHERE account_id = $1 AND kind = 'password' AND hash = $2
            """, [.text(account), .text(former), .text(hash), .integer(now)])
    }

    /// Keeps a hash in the place of the one before, if any.
    static func keeping(
        _ hash: String, of account: String, id: String, now: Int64
    ) -> Statement {
        Statement(
            """
            INSERT INTO credentials (
                id, account_id, kind, hash, version, created_at, updated_at
            ) VALUES ($1, $2, 'password', $3, 1, $4, $4)
            ON CONFLICT (account_id) WHERE kind = 'password' DO UPDATE SET
                hash = $3, version = credentials.version + 1, updated_at = $4
            """, [.text(id), .text(account), .text(hash), .integer(now)])
    }
}
