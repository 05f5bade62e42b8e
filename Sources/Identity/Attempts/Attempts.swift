public import RegoMachine
public import Storage

/// The sign-ins under way. They may be lost: whoever is at it begins again.
public struct Attempts: Sendable {
    private let keys: any ExpiringKeys
    private let host: Host

    public init(keys: any ExpiringKeys, host: Host) {
        self.keys = keys
        self.host = host
    }

    /// A new one, which is kept with `keep` once there is something to it.
    func begin(
        organization: String?, returnTo: String?
    ) -> (attempt: Attempt, secret: OpaqueToken) {
        let secret = OpaqueToken(.attempt, host)
        let end = host.now() / 1_000 + Int64(Attempt.lifetimeSeconds) * 1_000_000
        let attempt = Attempt(
            id: secret.id, digest: secret.digest, organization: organization, returnTo: returnTo,
            expiresAt: end)
        return (attempt, secret)
    }

    /// - Throws: `StorageFailure`.
    func keep(_ attempt: Attempt) async throws {
        let left = (attempt.expiresAt - host.now() / 1_000) / 1_000_000
        guard left > 0 else { return }
        try await keys.set(
            Attempts.key(attempt.id), attempt.json.bytes, seconds: Int(left), onlyIfAbsent: false)
    }

    /// That of a secret; `nil` where it is none, or not any more.
    /// - Throws: `StorageFailure`.
    func find(_ text: String?) async throws -> Attempt? {
        guard let secret = text.flatMap({ OpaqueToken(.attempt, $0) }),
            let bytes = try await keys.get(Attempts.key(secret.id)),
            let json = try? JSON(reading: bytes), let attempt = Attempt(json, id: secret.id),
            secret.isOf(attempt.digest),
            attempt.expiresAt > host.now() / 1_000
        else { return nil }
        return attempt
    }

    private static func key(_ id: String) -> String { "attempt:\(id)" }
}
