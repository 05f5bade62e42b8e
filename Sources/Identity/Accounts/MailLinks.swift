import RegoMachine
import Storage

/// What a mail holds that its reader gives back: a secret in a link, and a code to type. Each is
/// good once, for one purpose.
struct MailLinks: Sendable {
    enum Purpose: String, Sendable, CaseIterable {
        case verify
        case signIn = "sign_in"
        case resetPassword = "reset_password"
        case addAddress = "add_address"
        case undoAddress = "undo_address"

        var lifetimeMinutes: Int {
            switch self {
            case .verify: 24 * 60
            case .signIn: 15
            case .resetPassword: 30
            case .addAddress: 60
            case .undoAddress: 7 * 24 * 60
            }
        }

        /// The page that takes the secret.
        var path: String {
            switch self {
            case .verify: "/verify"
            case .signIn: "/magic-link"
            case .resetPassword: "/reset"
            case .addAddress: "/verify-address"
            case .undoAddress: "/undo-address"
            }
        }
    }

    /// A link that was given back.
    struct Found: Sendable {
        let id: String
        /// The sign-in that it goes on with, as that was when the mail was asked for.
        let attempt: Attempt?
        let registration: String?
        let account: String?
        let address: MailAddress
        let code: [UInt8]?

        init?(_ rows: [Row]) throws(StorageFailure) {
            guard let row = rows.first, let address = MailAddress(try row.text("address")) else {
                return nil
            }
            self.address = address
            id = try row.text("id")
            attempt = try Attempt(row)
            registration = try row.text(orNull: "registration_id")
            account = try row.text(orNull: "account_id")
            code = try row.bytes(orNull: "code")
        }
    }

    private static let columns =
        "id, attempt_id, attempt, registration_id, account_id, address, code"

    static func finding(_ secret: OpaqueToken, _ purpose: Purpose, now: Int64) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM mail_links
            WHERE digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
            """, [.bytes(secret.digest), .text(purpose.rawValue), .integer(now)])
    }

    /// The one that belongs to a sign-in, for which a code may be typed.
    static func finding(ofAttempt id: String, _ purpose: Purpose, now: Int64) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM mail_links
            WHERE attempt_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
                AND wrong_codes < $4
            ORDER BY made_at DESC LIMIT 1
            """,
            [
                .text(id), .text(purpose.rawValue), .integer(now), .integer(ShortCodes.wrongMax),
            ])
    }

    /// Uses a link up.
    /// - Parameter typed: Whether its code was typed, which is of no use after too many wrong ones,
    ///   however many are tried at once.
    /// - Returns: Whether nobody else was faster.
    static func use(
        _ id: String, typed: Bool = false, in transaction: Transaction, now: Int64
    ) async throws -> Bool {
        let wrongMax = typed ? ShortCodes.wrongMax : .max
        return try await transaction.execute(
            Statement(
                """
                UPDATE mail_links SET used_at = $2
                WHERE id = $1 AND used_at IS NULL AND wrong_codes < $3
                """, [.text(id), .integer(now), .integer(wrongMax)])) == 1
    }

    static func countWrongCode(_ id: String) -> Statement {
        Statement(
            "UPDATE mail_links SET wrong_codes = wrong_codes + 1 WHERE id = $1", [.text(id)])
    }

    /// What was not given back yet is of no use any more.
    static func discard(
        _ purpose: Purpose, of account: String, in transaction: Transaction
    ) throws(StorageFailure) {
        try transaction.add(
            Statement(
                """
                DELETE FROM mail_links
                WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL
                """, [.text(account), .text(purpose.rawValue)]))
    }
}

/// A link as it is made, with what its mail says.
struct NewMailLink: Sendable {
    let purpose: MailLinks.Purpose
    let secret: OpaqueToken
    let code: String?
    let address: MailAddress
    var attempt: Attempt?
    var registration: String?
    var account: String?

    func text(issuer: String) -> String { "\(issuer)\(purpose.path)#\(secret.text)" }

    func insertion(_ codes: ShortCodes, now: Int64) -> Statement {
        let end = now + Int64(purpose.lifetimeMinutes) * 60 * 1_000_000
        return Statement(
            """
            INSERT INTO mail_links (
                id, purpose, digest, code, wrong_codes, attempt_id, registration_id, account_id,
                address, address_key, made_at, expires_at, attempt
            ) VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $10, $11, $12)
            """,
            [
                .text(secret.id), .text(purpose.rawValue), .bytes(secret.digest),
                code.map { .bytes(codes.kept($0, row: secret.id)) } ?? .null, SQLValue(attempt?.id),
                SQLValue(registration), SQLValue(account), .text(address.text),
                .text(address.key), .integer(now), .integer(end), attempt?.text ?? .null,
            ])
    }
}
