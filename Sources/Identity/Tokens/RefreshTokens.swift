public import Cryptography
public import RegoMachine
import Storage

/// Refresh tokens: each is good once, and gives its successor. The line of them is a family.
///
/// A successor is kept sealed until it is used, so that a client whose answer was lost on the way
/// gets the same one again within the grace.
/// - Source: RFC 9700, section 4.14.
public struct RefreshTokens: Sendable {
    private let keys: SealingKeys
    private let host: Host
    private let lifetimes: SessionLifetimes

    public init(keys: SealingKeys, host: Host, lifetimes: SessionLifetimes) {
        self.keys = keys
        self.host = host
        self.lifetimes = lifetimes
    }

    /// One that was given out, and the id of the access token that went with it.
    struct Issued: Sendable {
        let secret: OpaqueToken
        let accessToken: String
        /// Microseconds since 1970.
        let at: Int64
    }

    /// The first of a new family.
    /// - Throws: `StorageFailure`, `CryptographyError`.
    func begin(
        _ grant: String, session: String, sessionEnd: Int64, in transaction: Transaction,
        now: Int64
    ) throws -> Issued {
        let first = issued(OpaqueToken(.refresh, host), now: now)
        let secret = first.secret
        try transaction.add(
            Statement(
                """
                INSERT INTO refresh_families (
                    id, grant_id, session_id, created_at, expires_at, newest_place, newest_digest,
                    newest_expires_at
                ) VALUES ($1, $2, $3, $4, $5, 1, $6, $7)
                """,
                [
                    .text(secret.id), .text(grant), .text(session), .integer(now),
                    .integer(sessionEnd), .bytes(secret.digest), .integer(expiry(now)),
                ]))
        return first
    }

    private func issued(_ secret: OpaqueToken, now: Int64) -> Issued {
        Issued(secret: secret, accessToken: Identifier(.token, host).text, at: now)
    }

    /// A token's successor, which nobody has yet.
    /// - Throws: `CryptographyError`.
    func successor(of row: RefreshRow, now: Int64) throws -> Successor {
        let next = issued(OpaqueToken(.refresh, of: row.family, host), now: now)
        let place = row.place + 1
        let sealed = try keys.seal(
            Array(next.secret.text.utf8).span, for: Self.place(row.family, place))
        let insertion = Statement(
            """
            INSERT INTO refresh_tokens (
                family_id, place, used_digest, used_expires_at, sealed, access_token_id, issued_at,
                expires_at
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .text(row.family), .integer(place), .bytes(row.digest), .integer(row.expiresAt),
                .bytes(sealed), .text(next.accessToken), .integer(now), .integer(expiry(now)),
            ])
        return Successor(issued: next, insertion: insertion)
    }

    /// Uses a token up for its successor.
    /// - Returns: False where another transaction was faster.
    func rotate(
        _ row: RefreshRow, to successor: Successor, in transaction: Transaction, now: Int64
    ) async throws -> Bool {
        let used = try await transaction.execute(
            Statement(
                """
                UPDATE refresh_families
                SET newest_place = $3, newest_digest = $4, newest_expires_at = $5
                WHERE id = $1 AND newest_place = $2
                """,
                [
                    .text(row.family), .integer(row.place), .integer(row.place + 1),
                    .bytes(successor.issued.secret.digest), .integer(expiry(now)),
                ]))
        guard used == 1 else { return false }
        try transaction.add(successor.insertion)
        return true
    }

    /// One that is made, and how it is kept.
    struct Successor: Sendable {
        let issued: Issued
        fileprivate let insertion: Statement
    }

    /// The successor that was given out before, again.
    /// - Throws: `SealingFault` where the row is not as it was written.
    func repeated(_ row: RefreshRow) throws -> Issued? {
        guard let next = row.successor else { return nil }
        let bytes = try keys.open(next.sealed.span, for: Self.place(row.family, row.place + 1))
        guard let secret = OpaqueToken(.refresh, String(decoding: bytes, as: UTF8.self)) else {
            return nil
        }
        return Issued(secret: secret, accessToken: next.accessToken, at: next.issuedAt)
    }

    /// Of a token that is made now.
    private func expiry(_ now: Int64) -> Int64 { now + lifetimes.refreshSeconds * 1_000_000 }

    private static func place(_ family: String, _ place: Int64) -> SealedPlace {
        SealedPlace(
            table: "refresh_tokens", column: "sealed", row: "\(family) \(place)",
            organization: nil)
    }
}

/// A refresh token with all that it depends on.
struct RefreshRow: Sendable {
    let family: String
    let place: Int64
    let digest: [UInt8]
    let expiresAt: Int64
    /// What was given for it; `nil`: it was not used.
    let successor: Successor?
    let familyExpiresAt: Int64
    let familyRevokedAt: Int64?
    let principal: String
    let client: String
    let organization: String?
    /// Of the organization, and of the principal's place in it.
    let organizationStatus: String?
    let membershipStatus: String?
    let scopes: [String]
    let session: Session?
    let platformRole: String?
    let accountStatus: String?

    var usedAt: Int64? { successor?.issuedAt }

    struct Successor: Sendable {
        let sealed: [UInt8]
        let accessToken: String
        let issuedAt: Int64
        let isUsed: Bool
    }

    struct Session: Sendable {
        let id: String
        let endsAt: Int64
        let isRevoked: Bool
        let assurance: String
        let signedInAt: Int64
        let lastActiveAt: Int64
        let methods: [Evidence.Method]
    }

    /// Of whoever's token it is; several rows, one for each piece of evidence. What was given for
    /// it is looked for only where it is not its family's newest: no index finds NULL. Organization
    /// and membership are asked for only where the family has one, so that others do not pay.
    static func finding(_ token: OpaqueToken) -> Statement {
        Statement(
            """
            SELECT f.id AS family_id, f.newest_place,
                COALESCE(n.place - 1, f.newest_place) AS place,
                COALESCE(n.used_digest, f.newest_digest) AS digest,
                COALESCE(n.used_expires_at, f.newest_expires_at) AS expires_at,
                n.sealed AS next_sealed, n.access_token_id AS next_access_token_id,
                n.issued_at AS next_issued_at, f.expires_at AS family_expires_at,
                f.revoked_at AS family_revoked_at, g.principal_id, g.client_id,
                g.organization_id, g.scopes, s.id AS session_id, s.idle_expires_at,
                s.expires_at AS session_expires_at, s.revoked_at AS session_revoked_at, s.acr,
                s.signed_in_at, s.last_active_at, a.status AS account_status,
                CASE WHEN g.organization_id IS NOT NULL THEN (
                    SELECT o.status FROM organizations o WHERE o.id = g.organization_id
                ) END AS organization_status,
                CASE WHEN g.organization_id IS NOT NULL THEN (
                    SELECT m.status FROM memberships m
                    WHERE m.organization_id = g.organization_id AND m.principal_id = g.principal_id
                ) END AS membership_status,
                \(AccountAddresses.platformRole), e.method
            FROM refresh_families f
            JOIN grants g ON g.id = f.grant_id
            LEFT JOIN refresh_tokens n ON n.used_digest = $2
                AND n.family_id = CASE WHEN f.newest_digest = $2 THEN NULL ELSE f.id END
            LEFT JOIN sessions s ON s.id = f.session_id
            LEFT JOIN session_evidence e ON e.session_id = s.id
            LEFT JOIN accounts a ON a.id = g.principal_id
            WHERE f.id = $1 AND (f.newest_digest = $2 OR n.family_id IS NOT NULL)
            ORDER BY e.place
            """, [.text(token.id), .bytes(token.digest)])
    }

    /// - Returns: `nil` where there is none.
    init?(_ rows: [Row]) throws(StorageFailure) {
        guard let row = rows.first else { return nil }
        family = try row.text("family_id")
        place = try row.integer("place")
        digest = try row.bytes("digest")
        expiresAt = try row.integer("expires_at")
        successor = try Successor(row)
        familyExpiresAt = try row.integer("family_expires_at")
        familyRevokedAt = try row.integer(orNull: "family_revoked_at")
        principal = try row.text("principal_id")
        client = try row.text("client_id")
        organization = try row.text(orNull: "organization_id")
        organizationStatus = try row.text(orNull: "organization_status")
        membershipStatus = try row.text(orNull: "membership_status")
        scopes = try row.text("scopes").split(separator: " ").map(String.init)
        session = try Session(rows)
        accountStatus = try row.text(orNull: "account_status")
        platformRole = try row.text(orNull: "platform_role")
    }
}

extension RefreshRow.Successor {
    fileprivate init?(_ row: Row) throws(StorageFailure) {
        guard let sealed = try row.bytes(orNull: "next_sealed") else { return nil }
        self.sealed = sealed
        accessToken = try row.text("next_access_token_id")
        issuedAt = try row.integer("next_issued_at")
        isUsed = try row.integer("place") + 1 < row.integer("newest_place")
    }
}

extension RefreshRow.Session {
    fileprivate init?(_ rows: [Row]) throws(StorageFailure) {
        guard let row = rows.first, let id = try row.text(orNull: "session_id") else { return nil }
        self.id = id
        endsAt = min(try row.integer("idle_expires_at"), try row.integer("session_expires_at"))
        isRevoked = try row.integer(orNull: "session_revoked_at") != nil
        assurance = try row.text("acr")
        signedInAt = try row.integer("signed_in_at")
        lastActiveAt = try row.integer("last_active_at")
        var methods: [Evidence.Method] = []
        for row in rows {
            if let method = try row.text(orNull: "method").flatMap(Evidence.Method.init) {
                methods.append(method)
            }
        }
        self.methods = methods
    }
}

extension RefreshRow {
    /// What a policy learns of a token that somebody shows.
    func facts(graceSeconds: Int64, now: Int64) -> JSON {
        .object(present: [
            ("used", .boolean(usedAt != nil)),
            ("used_age_milliseconds", usedAt.map { .integer(max(0, now - $0) / 1_000) }),
            ("grace_milliseconds", .integer(graceSeconds * 1_000)),
            ("successor_used", .boolean(successor?.isUsed ?? false)),
            ("expired", .boolean(expiresAt <= now)),
            (
                "family",
                [
                    "id": .text(family), "revoked": .boolean(familyRevokedAt != nil),
                    "expired": .boolean(familyExpiresAt <= now),
                ]
            ),
            (
                "session",
                session.map {
                    [
                        "id": .text($0.id), "revoked": .boolean($0.isRevoked),
                        "expired": .boolean($0.endsAt <= now),
                    ]
                }
            ),
            (
                "account",
                [
                    "id": .text(principal), "status": JSON(accountStatus),
                    "platform_roles": .array([platformRole].compactMap(\.self).map(JSON.text)),
                ]
            ),
            ("client", .text(client)), ("organization", organizationFacts),
            ("membership", membershipFacts),
        ])
    }

    private var organizationFacts: JSON? {
        organization.map { ["id": .text($0), "status": JSON(organizationStatus)] }
    }

    private var membershipFacts: JSON? { membershipStatus.map { ["status": .text($0)] } }
}
