import RegoMachine
import Storage

/// What somebody typed to sign up: no account until the address was shown to be theirs. Several may
/// wait for one address; the first that is verified discards the others, with their passwords.
struct PendingRegistration: Sendable {
    let id: String
    let address: MailAddress
    let displayName: String
    let passwordHash: String?

    private static let lifetimeSeconds: Int64 = 24 * 3_600

    init(address: MailAddress, displayName: String, passwordHash: String?, host: Host) {
        id = Identifier(.registration, host).text
        self.address = address
        self.displayName = displayName
        self.passwordHash = passwordHash
    }

    func insertion(now: Int64) -> Statement {
        Statement(
            """
            INSERT INTO pending_registrations (
                id, address, address_key, display_name, password_hash, created_at, expires_at
            ) VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .text(id), .text(address.text), .text(address.key), .text(displayName),
                SQLValue(passwordHash), .integer(now),
                .integer(now + Self.lifetimeSeconds * 1_000_000),
            ])
    }

    static func finding(_ id: String, now: Int64) -> Statement {
        Statement(
            """
            SELECT id, address, display_name, password_hash FROM pending_registrations
            WHERE id = $1 AND expires_at > $2
            """, [.text(id), .integer(now)])
    }

    init?(_ rows: [Row]) throws(StorageFailure) {
        guard let row = rows.first, let address = MailAddress(try row.text("address")) else {
            return nil
        }
        self.address = address
        id = try row.text("id")
        displayName = try row.text("display_name")
        passwordHash = try row.text(orNull: "password_hash")
    }

    static func deletion(_ id: String) -> Statement {
        Statement("DELETE FROM pending_registrations WHERE id = $1", [.text(id)])
    }

    /// All that wait for an address.
    static func discarding(_ address: MailAddress) -> Statement {
        Statement(
            "DELETE FROM pending_registrations WHERE address_key = $1", [.text(address.key)])
    }
}
