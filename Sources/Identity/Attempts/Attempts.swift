public import RegoMachine
public import Storage

/// The sign-ins under way. They may be lost: whoever is at it begins again.
public struct Attempts: Sendable {
    let keys: any ExpiringKeys
    let host: Host

    public init(keys: any ExpiringKeys, host: Host) {
        self.keys = keys
        self.host = host
    }

    /// A new one, which is kept with `keep` once there is something to it.
    /// - Parameter site: The organization's host that it is begun at; `nil`: the issuer's.
    func begin(
        organization: String?, returnTo: String?, site: String? = nil
    ) -> (attempt: Attempt, secret: OpaqueToken) {
        let secret = OpaqueToken(.attempt, host)
        let end = host.now() / 1_000 + Int64(Attempt.lifetimeSeconds) * 1_000_000
        let attempt = Attempt(
            id: secret.id, digest: secret.digest, organization: organization, site: site,
            returnTo: returnTo, expiresAt: end)
        return (attempt, secret)
    }

    /// - Throws: `StorageFailure`.
    func keep(_ attempt: Attempt) async throws {
        let left = (attempt.expiresAt - host.now() / 1_000) / 1_000_000
        guard left > 0 else { return }
        try await keys.set(
            Attempts.key(attempt.id), attempt.json.bytes, seconds: Int(left), onlyIfAbsent: false)
    }

    /// That of a secret; `nil` where it is none, not any more, or another host's.
    /// - Parameter site: As for `begin`.
    /// - Throws: `StorageFailure`.
    func find(_ text: String?, site: String? = nil) async throws -> Attempt? {
        guard let secret = text.flatMap({ OpaqueToken(.attempt, $0) }),
            let attempt = try await known(secret.id), secret.isOf(attempt.digest),
            attempt.site == site
        else { return nil }
        return attempt
    }

    /// One that an organization's host has begun, whoever asks.
    /// - Throws: `StorageFailure`.
    func begunElsewhere(_ id: String) async throws -> Attempt? {
        guard let attempt = try await known(id), attempt.site != nil else { return nil }
        return attempt
    }

    private func known(_ id: String) async throws -> Attempt? {
        guard let bytes = try await keys.get(Attempts.key(id)),
            let json = try? JSON(reading: bytes), let attempt = Attempt(json, id: id),
            attempt.expiresAt > host.now() / 1_000
        else { return nil }
        return attempt
    }

    private static func key(_ id: String) -> String { "attempt:\(id)" }
}
