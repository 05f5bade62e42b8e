import Cryptography
public import RegoMachine
public import Storage

/// The link that makes the first administrator: of one use, for a day, and of no use at all once
/// there is an administrator. An installation has one at a time.
public struct SetupLink: Sendable, Hashable {
    /// What the link proves: 160 bits. The database has its digest alone.
    public let secret: String
    /// Microseconds since 1970.
    public let expiresAt: Int64

    /// The link as it is printed. The secret is in the part that browsers keep to themselves.
    /// - Parameter issuer: Such as `https://id.example.com`, without a slash at its end.
    public func text(issuer: String) -> String { "\(issuer)/setup#\(secret)" }
}

/// Makes and redeems links for the first administrator.
public struct SetupLinks: Sendable {
    private let host: Host

    private static let purpose = "first_administrator"
    private static let secretBytes = 20
    private static let lifetime: Int64 = 24 * 3_600 * 1_000_000
    /// Nodes that start within so long start at once.
    private static let simultaneity: Int64 = 5 * 1_000_000
    private static let unlessThereIsOne =
        "NOT EXISTS (SELECT 1 FROM platform_roles WHERE role = 'administrator')"

    public init(_ host: Host) { self.host = host }

    private var now: Int64 { host.now() / 1_000 }

    /// What a node that starts is to print.
    public enum Offer: Sendable, Hashable {
        case link(SetupLink)
        /// A node that started at the same time prints one.
        case elsewhere
        /// There is an administrator.
        case none
    }

    /// The link that a node prints when it starts; the one before is of no use then.
    public func offerAtStart(in transaction: Transaction) async throws(StorageFailure) -> Offer {
        guard try await isNeeded(in: transaction) else { return .none }
        let made = try await link(for: nil, madeBefore: now - Self.simultaneity, in: transaction)
        return made.map(Offer.link) ?? .elsewhere
    }

    private func isNeeded(in transaction: Transaction) async throws(StorageFailure) -> Bool {
        let rows = try await transaction.query(
            Statement("SELECT 1 AS one WHERE \(Self.unlessThereIsOne)"))
        return !rows.isEmpty
    }

    /// The link that an operator asks for; the one before is of no use then.
    /// - Parameter address: The e-mail address of the one account that it may make.
    /// - Returns: `nil` where there is an administrator.
    public func link(
        for address: String, in transaction: Transaction
    ) async throws(StorageFailure) -> SetupLink? {
        try await link(for: address, madeBefore: now, in: transaction)
    }

    private func link(
        for address: String?, madeBefore limit: Int64, in transaction: Transaction
    ) async throws(StorageFailure) -> SetupLink? {
        guard try await isNeeded(in: transaction) else { return nil }
        let now = now
        let link = SetupLink(
            secret: host.randomBytes(Self.secretBytes).hexadecimal,
            expiresAt: now + Self.lifetime)
        // One that is made later than now was made by a clock that was wrong.
        let changed = try await transaction.execute(
            Statement(
                """
                INSERT INTO setup_links VALUES ($1, $2, $3, $4, $5, NULL)
                ON CONFLICT (purpose) DO UPDATE SET
                    digest = $2, address = $3, made_at = $4, expires_at = $5, used_at = NULL
                WHERE setup_links.made_at <= $6 OR setup_links.made_at > $4
                """,
                [
                    .text(Self.purpose), .bytes(Self.digest(link.secret)), SQLValue(address),
                    .integer(now), .integer(link.expiresAt), .integer(limit),
                ]))
        return changed == 1 ? link : nil
    }

    /// Has one row where the secret is a valid link's: `address`, that of the account it may make,
    /// or NULL for any.
    /// - Parameter now: Microseconds since 1970.
    public static func finding(_ secret: String, now: Int64) -> Statement {
        Statement(
            """
            SELECT address FROM setup_links
            WHERE purpose = $1 AND digest = $2 AND used_at IS NULL AND expires_at > $3
                AND \(unlessThereIsOne)
            """,
            [.text(purpose), .bytes(digest(secret)), .integer(now)])
    }

    /// Uses the link up, in the transaction that makes the administrator.
    /// - Parameter now: Microseconds since 1970.
    /// - Returns: `nil` where it is not valid, or not any more; otherwise the address of the
    ///   account it may make, if it was made for one.
    public static func redeem(
        _ secret: String, in transaction: Transaction, now: Int64
    ) async throws(StorageFailure) -> Redeemed? {
        let rows = try await transaction.query(
            Statement(
                """
                UPDATE setup_links SET used_at = $3
                WHERE purpose = $1 AND digest = $2 AND used_at IS NULL AND expires_at > $3
                    AND \(unlessThereIsOne)
                RETURNING address
                """,
                [.text(purpose), .bytes(digest(secret)), .integer(now)]))
        guard let row = rows.first else { return nil }
        return Redeemed(address: try row.text(orNull: "address"))
    }

    /// What a link that was used up says.
    public struct Redeemed: Sendable, Hashable {
        /// `nil`: whoever has it names the address.
        public let address: String?
    }

    private static func digest(_ secret: String) -> [UInt8] {
        DigestAlgorithm.sha256.digest(Array(secret.utf8).span)
    }
}
