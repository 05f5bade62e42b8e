public import Cryptography
public import RegoMachine
public import Storage
import Synchronization

/// The signing keys as one node knows them: read from the table at the start and every few seconds,
/// so that what another node or an operator changes is known here without a restart.
public final class SigningKeys: Sendable {
    private struct Known {
        var keys: [SigningKey] = []
        /// Microseconds since 1970.
        var readAt: Int64 = .min
    }

    public let algorithm: SigningAlgorithm
    private let table: SigningKeyTable
    private let host: Host
    private let known = Mutex(Known())

    private var now: Int64 { host.now() / 1_000 }

    public init(_ algorithm: SigningAlgorithm = .es256, sealing: SealingKeys, host: Host) {
        self.algorithm = algorithm
        table = SigningKeyTable(sealing: sealing)
        self.host = host
    }

    /// Makes the first keys where there are none, and reads what there is: before anything else.
    /// - Throws: `SigningFailure`, `StorageFailure`.
    public func open(_ database: any Database) async throws {
        let (table, algorithm, now) = (table, algorithm, now)
        try await database.transaction(in: .none) { transaction in
            _ = try await table.complete(algorithm, in: transaction, now: now)
        }
        try await look(database)
    }

    /// Reads the table again.
    public func look(_ database: any Database) async throws {
        let before = now
        let rows = try await database.read(in: .none, [SigningKeyTable.statement])[0]
        let keys = try table.keys(rows)
        known.withLock { $0 = Known(keys: keys, readAt: before) }
    }

    /// Looks again and again, and rotates when it is time.
    /// - Parameter owner: This node's name among those that rotate.
    public func jobs(_ database: any Database, _ audit: AuditLog, owner: String) -> [Job] {
        let rotation = SigningKeyRotation(table, algorithm, audit, owner: owner, host: host)
        return [
            Job("signing keys", everySeconds: SigningKeyTable.lookSeconds) {
                try await self.look(database)
            },
            Job("signing key rotation", everySeconds: 60) {
                // Whoever rotated knows it first.
                if try await rotation.run(database) { try await self.look(database) }
            },
        ]
    }

    // MARK: What is known

    /// Those that a token may be verified with: none whose tokens have all expired.
    public var published: [SigningKey] {
        let now = now
        return known.withLock { $0.keys }.filter { $0.expiresAt ?? .max > now }
    }

    /// The published keys, for whoever verifies tokens.
    /// - Source: RFC 7517, section 5.
    public var jwks: JSON { ["keys": .array(published.compactMap(\.jwk))] }

    /// What `jwks` looks like.
    public static let shape = Shape.object([
        .init(
            "keys",
            .array(
                of: .object(
                    ["kid", "use", "alg", "kty"].map { .init($0, .text(1...64)) }
                        + ["crv", "x", "y", "n", "e"].map {
                            .init($0, .text(1...2_048), isRequired: false)
                        }), count: 0...16))
    ])

    /// The key that signs, and how long it has; `nil` where nothing is known.
    public var active: (key: SigningKey, ageSeconds: Int64)? {
        let key = known.withLock { $0.keys }.first { $0.state == .active }
        return key.map { ($0, max(0, (now - ($0.activatedAt ?? now)) / 1_000_000)) }
    }

    /// Why this node signs nothing; `nil`: it does.
    public var fault: SigningFailure? {
        do throws(SigningFailure) {
            _ = try signer()
            return nil
        } catch { return error }
    }

    /// The key that signs.
    /// - Throws: `SigningFailure.stale` where it may have been replaced.
    func signer() throws(SigningFailure) -> SigningKey {
        let known = known.withLock { $0 }
        let lag = SigningKeyTable.nodeLagSeconds * 1_000_000
        guard known.readAt != .min, now - known.readAt <= lag,
            let key = known.keys.first(where: { $0.state == .active })
        else { throw .stale }
        return key
    }

    func verifier(_ id: String) -> SigningKey? { published.first { $0.id == id } }
}

/// Rotates signing keys when they have had their time; one node does.
struct SigningKeyRotation: Sendable {
    private let table: SigningKeyTable
    private let algorithm: SigningAlgorithm
    private let audit: AuditLog
    private let lease: Lease
    private let host: Host

    init(
        _ table: SigningKeyTable, _ algorithm: SigningAlgorithm, _ audit: AuditLog, owner: String,
        host: Host
    ) {
        self.table = table
        self.algorithm = algorithm
        self.audit = audit
        self.host = host
        lease = Lease("signing-keys", owner: owner, seconds: 60)
    }

    /// - Returns: Whether something has changed.
    func run(_ database: any Database) async throws -> Bool {
        let now = host.now() / 1_000
        return try await lease.whileHeld(database, now: now) {
            try await database.transaction(in: .system) { transaction in
                try await change(in: transaction, now: now)
            }
        } ?? false
    }

    private func change(in transaction: Transaction, now: Int64) async throws -> Bool {
        var hasChanged = try await table.prune(in: transaction, now: now) > 0
        if try await table.replaceNext(by: algorithm, in: transaction, now: now) {
            hasChanged = true
        }
        let keys = try await table.keys(in: transaction)
        guard let active = keys.first(where: { $0.state == .active }),
            table.isDue(active, algorithm, now: now),
            let changed = try await table.rotate(in: transaction, now: now)
        else { return hasChanged }
        let details: JSON = ["retired": .text(changed.retired), "active": .text(changed.active)]
        try audit.append(
            AuditEntry(
                id: AuditEntry.newID(host), organization: nil, occurredAt: now,
                actorKind: .system, actor: nil, action: "signing_key:rotate", outcome: .allowed,
                details: String(decoding: details.bytes, as: UTF8.self)),
            in: transaction)
        return true
    }
}
