import Storage

/// An address that an account has named.
struct AddressRow: Sendable {
    let id: String
    let account: String
    let address: MailAddress
    let isPrimary: Bool
    /// Microseconds since 1970; `nil`: nobody has shown that it is theirs.
    let verifiedAt: Int64?
    let createdAt: Int64

    var isVerified: Bool { verifiedAt != nil }

    private static let columns =
        "e.id, e.account_id, e.address, e.is_primary, e.verified_at, e.created_at"

    static func all(of account: String) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM account_addresses e
            WHERE e.account_id = $1 ORDER BY e.created_at, e.id
            """, [.text(account)])
    }

    /// One, with how many its owner has shown to be theirs.
    static func one(_ id: String) -> Statement {
        Statement(
            """
            SELECT \(columns), (
                SELECT COUNT(*) FROM account_addresses v
                WHERE v.account_id = e.account_id AND v.verified_at IS NOT NULL
            ) AS verified_count
            FROM account_addresses e WHERE e.id = $1
            """, [.text(id)])
    }

    init(_ row: Row) throws(StorageFailure) {
        guard let address = MailAddress(try row.text("address")) else {
            throw .invalid("an address that is none")
        }
        self.address = address
        id = try row.text("id")
        account = try row.text("account_id")
        isPrimary = try row.boolean("is_primary")
        verifiedAt = try row.integer(orNull: "verified_at")
        createdAt = try row.integer("created_at")
    }

    /// A new one.
    init(_ address: MailAddress, of account: String, id: String, verifiedAt: Int64?, now: Int64) {
        self.id = id
        self.account = account
        self.address = address
        isPrimary = false
        self.verifiedAt = verifiedAt
        createdAt = now
    }

    var insertion: Statement {
        Statement(
            """
            INSERT INTO account_addresses (
                id, realm_id, account_id, address, address_key, is_primary, verified_at, created_at
            ) VALUES ($1, 'default', $2, $3, $4, $5, $6, $7)
            """,
            [
                .text(id), .text(account), .text(address.text), .text(address.key),
                .boolean(isPrimary), verifiedAt.map { .integer($0) } ?? .null,
                .integer(createdAt),
            ])
    }

    static let shape = Shape.object([
        .init("id", .identifier(.address)), .init("address", .text(3...254)),
        .init("primary", .boolean, "Where we write to."),
        .init("verified", .boolean, "Whether it was shown to be the account's."),
        .init("verified_at", .nullable(.instant)), .init("created_at", .instant),
    ])

    var json: JSON {
        [
            "id": .text(id), "address": .text(address.text), "primary": .boolean(isPrimary),
            "verified": .boolean(isVerified),
            "verified_at": JSON(verifiedAt.map(Instant.text)),
            "created_at": .text(Instant.text(createdAt)),
        ]
    }
}
