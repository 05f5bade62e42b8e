import Storage

/// An API key as its owner sees it: everything but what it is proven by.
struct KeyRow: Sendable {
    let id: String
    let principal: String
    /// Of the principal.
    let kind: String
    let name: String
    let scopes: [String]
    let version: Int64
    let createdAt: Int64
    let expiresAt: Int64?
    let rotatedAt: Int64?
    /// The end of the overlap in which the secret before the present one is good.
    let previousUntil: Int64?
    let lastUsedAt: Int64?
    let lastUsedAddress: String?

    private static let expiringSoonMicroseconds: Int64 = 7 * 86_400_000_000

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        principal = try row.text("principal_id")
        kind = try row.text("kind")
        name = try row.text("name")
        scopes = try row.text("scopes").split(separator: " ").map(String.init)
        version = try row.integer("version")
        createdAt = try row.integer("created_at")
        expiresAt = try row.integer(orNull: "expires_at")
        rotatedAt = try row.integer(orNull: "rotated_at")
        previousUntil = try row.integer(orNull: "previous_until")
        lastUsedAt = try row.integer(orNull: "last_used_at")
        lastUsedAddress = try row.text(orNull: "last_used_address")
    }

    static let select = """
        SELECT k.id, k.principal_id, p.kind, k.name, k.scopes, k.version, k.created_at,
            k.expires_at, k.rotated_at, k.previous_until, k.last_used_at, k.last_used_address
        FROM api_keys k JOIN principals p ON p.id = k.principal_id
        """

    static func one(_ id: String, in organization: String) -> Statement {
        Statement(
            """
            \(select) WHERE k.organization_id = $1 AND k.id = $2 AND k.revoked_at IS NULL
            """, [.text(organization), .text(id)])
    }

    static let shape = Shape.object(fields)
    /// With the text of the key.
    static let secretShape = Shape.object(
        fields + [
            .init("api_key", .text(1...200), "Shown this once: the database holds its digest.")
        ])

    private static let fields: [Shape.Field] = [
        .init("id", .identifier(.key)),
        .init("principal", .text(1...64), "Whose it is: an account, or a service account."),
        .init("kind", .choice(["account", "service", "client"]), "Of the principal."),
        .init("name", .text(1...100)),
        .init("prefix", .text(1...64), "What the text of the key begins with."),
        .init("scopes", .array(of: .actionPattern, count: 0...KeyFacts.scopesMax)),
        .init("created_at", .instant), .init("expires_at", .nullable(.instant)),
        .init("expires_soon", .boolean, "Within seven days, or it has expired."),
        .init("rotated_at", .nullable(.instant)),
        .init(
            "previous_until", .nullable(.instant),
            "Until then the secret before the present one is good, too."),
        .init("last_used_at", .nullable(.instant), "To a minute."),
        .init("last_used_address", .nullable(.text(0...64))),
    ]

    /// Ends a key: it is of no use from the next request on.
    static func revocation(_ id: String, now: Int64) -> Statement {
        Statement(
            "UPDATE api_keys SET revoked_at = $2, version = version + 1 WHERE id = $1",
            [.text(id), .integer(now)])
    }

    /// - Parameter secret: The key, where its text is shown.
    func json(now: Int64, secret: APIKey? = nil) -> JSON {
        let overlap = previousUntil.flatMap { $0 > now ? $0 : nil }
        let soon = now + KeyRow.expiringSoonMicroseconds
        return .object(present: [
            ("id", .text(id)), ("principal", .text(principal)), ("kind", .text(kind)),
            ("name", .text(name)), ("prefix", .text(APIKey.prefix(of: id))),
            ("scopes", .array(scopes.map(JSON.text))),
            ("created_at", .text(Instant.text(createdAt))),
            ("expires_at", JSON(instant: expiresAt)),
            ("expires_soon", .boolean(expiresAt.map { $0 < soon } ?? false)),
            ("rotated_at", JSON(instant: rotatedAt)), ("previous_until", JSON(instant: overlap)),
            ("last_used_at", JSON(instant: lastUsedAt)),
            ("last_used_address", JSON(lastUsedAddress)),
            ("api_key", secret.map { .text($0.text) }),
        ])
    }
}

extension JSON {
    /// `null` where there is none.
    init(instant: Int64?) { self = instant.map { .text(Instant.text($0)) } ?? .null }
}
