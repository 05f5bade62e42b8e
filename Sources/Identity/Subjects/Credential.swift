public import RegoMachine
public import Storage

/// What a client has shown, once it was found to be genuine.
public struct Credential: Sendable, Hashable {
    public let kind: Kind
    /// Of the key, the token, the session.
    public let id: String
    public let principal: String
    /// The one organization that it is good for; `nil`: those of its owner.
    public let organization: String?
    public let scopes: [String]
    /// What stands behind it; `nil` for a key.
    public var session: SessionFacts?
    /// The end of a key, in microseconds since 1970; `nil`: it has none, or it is no key.
    public var expiresAt: Int64?
    /// Whether the key has another secret by now.
    public var isSuperseded = false

    /// Whether it speaks for organizations that it names, if it is one of the right organization's
    /// programs. `*` does not say so.
    public var isForAsserting: Bool {
        kind == .key && principal.hasPrefix("\(Identifier.Kind.service.rawValue)_")
            && scopes.contains("tenant:assert")
    }

    public enum Kind: String, Sendable {
        case key = "api_key"
        /// A cookie of a browser.
        case session
        case token = "access_token"
    }
}

/// How somebody has signed in.
public struct SessionFacts: Sendable, Hashable {
    public let id: String
    /// By their names of RFC 8176.
    public let methods: [String]
    /// What they amount to: the `acr`.
    public let assurance: String
    /// Microseconds since 1970.
    public let signedInAt: Int64
    /// The one host of an organization that its cookie is good at; `nil`: the issuer's.
    public var site: String?
}

/// An API key as text: `osk_`, the digits of its id, `_`, a secret of 160 bits, and a checksum.
public struct APIKey: Sendable, Hashable {
    private let token: OpaqueToken

    public var text: String { token.text }
    /// `key_…`.
    public var id: String { token.id }
    /// SHA-256 of the whole text, which is all that is kept.
    public var digest: [UInt8] { token.digest }

    /// Of a key that does all that its owner may, other keys included, which `*` does not say.
    public static let allScopes = ["*", "key:*"]

    /// A new one.
    public init(_ host: Host) { token = OpaqueToken(.key, host) }

    /// Another secret for a key.
    init(replacing id: String, _ host: Host) { token = OpaqueToken(.key, of: id, host) }

    /// - Returns: `nil`: the text is no key, or one with a typing error.
    public init?(_ text: String) {
        guard let token = OpaqueToken(.key, text) else { return nil }
        self.token = token
    }

    /// The part of a key's text by which people tell it from their others: it is no secret.
    static func prefix(of id: String) -> String {
        "\(OpaqueToken.Kind.key.rawValue)_\(id.dropFirst(4))"
    }

    // MARK: Rows

    /// The row of a key, whoever's it is: it says which tenant the request is about.
    public var lookUp: Statement {
        Statement(
            """
            SELECT k.id, k.principal_id, k.organization_id, k.secret_digest, k.previous_digest,
                k.previous_until, k.scopes, k.expires_at, k.revoked_at,
                o.status AS organization_status
            FROM api_keys k JOIN organizations o ON o.id = k.organization_id WHERE k.id = $1
            """, [.text(id)])
    }

    /// Who shows it; or why it is of no use.
    /// - Parameter now: Microseconds since 1970.
    public func credential(_ rows: [Row], now: Int64) throws(StorageFailure) -> Result<
        Credential, Fault
    > {
        let unfit = Result<Credential, Fault>.failure(Fault(.tokenInvalid))
        guard let row = rows.first else { return unfit }
        guard try hasSecret(of: row, now: now), try row.integer(orNull: "revoked_at") == nil,
            try row.integer(orNull: "expires_at") ?? .max > now,
            try row.text("organization_status") != "deleted"
        else { return unfit }
        var credential = Credential(
            kind: .key, id: id, principal: try row.text("principal_id"),
            organization: try row.text("organization_id"),
            scopes: try row.text("scopes").split(separator: " ").map(String.init),
            expiresAt: try row.integer(orNull: "expires_at"))
        credential.isSuperseded = !token.isOf(try row.bytes("secret_digest"))
        return .success(credential)
    }

    /// Whether its secret is the one that the key has, or the one before it in their overlap.
    private func hasSecret(of row: Row, now: Int64) throws(StorageFailure) -> Bool {
        let present = try row.bytes("secret_digest")
        if token.isOf(present) { return true }
        guard let previous = try row.bytes(orNull: "previous_digest"),
            try row.integer(orNull: "previous_until") ?? 0 > now
        else { return false }
        return token.isOf(previous)
    }

    /// Keeps it: for whom, where, and what for.
    /// - Parameter scopes: `*`, `area:*` or actions.
    public func insertion(
        principal: String, organization: String, name: String, scopes: [String], now: Int64,
        expiresAt: Int64? = nil
    ) -> Statement {
        Statement(
            """
            INSERT INTO api_keys (
                id, principal_id, organization_id, name, secret_digest, scopes, created_at,
                expires_at
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .text(id), .text(principal), .text(organization), .text(name), .bytes(digest),
                .text(scopes.joined(separator: " ")), .integer(now),
                expiresAt.map { .integer($0) } ?? .null,
            ])
    }
}
