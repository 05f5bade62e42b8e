import Cryptography
import Storage

/// A key that signs tokens, will, or did.
public struct SigningKey: Sendable {
    /// The thumbprint of its public half: what tokens call it.
    public let id: String
    public let algorithm: SigningAlgorithm
    public let state: State
    /// Microseconds since 1970, as all instants here.
    public let createdAt: Int64
    /// Since when it signs.
    public let activatedAt: Int64?
    /// When the last token that it signed has expired.
    public let expiresAt: Int64?
    let publicKey: Key
    /// `nil` once it is retired.
    let privateKey: Key?

    public enum State: String, Sendable {
        /// Known to who verifies, and not in use yet.
        case next
        case active
        case retired
    }

    /// A new one, on its way to the table.
    /// - Throws: `CryptographyError`.
    init(
        _ algorithm: SigningAlgorithm, _ state: State, now: Int64
    ) throws(CryptographyError) {
        let key = try Key(generating: algorithm.generation)
        guard let jwk = PublicJWK(key) else { throw .unfitKey }
        id = jwk.thumbprint
        self.algorithm = algorithm
        self.state = state
        createdAt = now
        activatedAt = state == .active ? now : nil
        expiresAt = nil
        publicKey = key
        privateKey = key
    }

    /// What whoever verifies tokens reads of it.
    var jwk: JSON? { PublicJWK(publicKey)?.json(id: id, algorithm) }
}

// MARK: Rows

extension SigningKey {
    static let columns = """
        id, algorithm, state, public_key, private_key, created_at, activated_at, expires_at
        """

    private static func place(_ id: String, _ column: String) -> SealedPlace {
        SealedPlace(table: "signing_keys", column: column, row: id, organization: nil)
    }

    /// Nothing is changed where there is one of this state already.
    func insertion(_ sealing: SealingKeys) throws(CryptographyError) -> Statement {
        guard let privateKey else { throw .unfitKey }
        // As expressions inside of a call these make the compiler (6.3.1) write broken code.
        let (publicDER, privateDER) = (
            try publicKey.publicKeyDER(), try privateKey.privateKeyDER()
        )
        let sealedPublic = try sealing.seal(publicDER.span, for: Self.place(id, "public_key"))
        let sealedPrivate = try sealing.seal(privateDER.span, for: Self.place(id, "private_key"))
        return Statement(
            """
            INSERT INTO signing_keys (\(Self.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, NULL) ON CONFLICT DO NOTHING
            """,
            [
                .text(id), .text(algorithm.rawValue), .text(state.rawValue),
                .bytes(sealedPublic), .bytes(sealedPrivate), .integer(createdAt),
                activatedAt.map { .integer($0) } ?? .null,
            ])
    }

    /// The key of a row. Its public half is sealed like the other: who can write to the table makes
    /// no key that others trust.
    /// - Throws: `SigningFailure.unreadable` for what these sealing keys do not open.
    init(_ row: Row, _ sealing: SealingKeys) throws {
        let id = try row.text("id")
        self.id = id
        createdAt = try row.integer("created_at")
        activatedAt = try row.integer(orNull: "activated_at")
        expiresAt = try row.integer(orNull: "expires_at")
        guard let algorithm = SigningAlgorithm(rawValue: try row.text("algorithm")),
            let state = State(rawValue: try row.text("state"))
        else { throw SigningFailure.unreadable(id: id) }
        self.algorithm = algorithm
        self.state = state
        let sealed = (try row.bytes("public_key"), try row.bytes(orNull: "private_key"))
        do {
            let der = try sealing.open(sealed.0.span, for: Self.place(id, "public_key"))
            publicKey = try Key(publicKey: der.span)
            privateKey = try sealed.1.map { sealed in
                let der = try sealing.open(sealed.span, for: Self.place(id, "private_key"))
                return try Key(privateKey: der.span)
            }
        } catch {
            throw SigningFailure.unreadable(id: id)
        }
        let isWhole =
            algorithm.signature.fits(publicKey.kind) && PublicJWK(publicKey)?.thumbprint == id
            && privateKey?.hasSamePublicKey(as: publicKey) != false
        guard isWhole else { throw SigningFailure.unreadable(id: id) }
    }
}

/// Why no token is signed.
public enum SigningFailure: Error, Sendable, Hashable {
    /// Nothing was heard of the keys for too long: they may have been replaced.
    case stale
    /// The keys of this node do not open a signing key, or it is none.
    case unreadable(id: String)
    /// The library refused.
    case failed
}

extension SigningFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .stale: "nothing was heard of the signing keys for too long"
        case .unreadable(let id): "the signing key \(id) is not what this node could have sealed"
        case .failed: "a signing key could not be made or used"
        }
    }
}
