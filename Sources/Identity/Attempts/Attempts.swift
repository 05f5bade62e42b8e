public import RegoMachine
public import Storage

/// The sign-ins under way. They may be lost: whoever is at it begins again, or goes on by the mail
/// that was sent for it.
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
    public func keep(_ attempt: Attempt) async throws {
        let left = (attempt.expiresAt - host.now() / 1_000) / 1_000_000
        guard left > 0 else { return }
        try await keys.set(
            Attempts.key(attempt.id), attempt.json.bytes, seconds: Int(left), onlyIfAbsent: false)
    }

    /// That of a secret; `nil` where it is none, not any more, or another host's.
    /// - Parameter site: As for `begin`.
    /// - Throws: `StorageFailure`.
    func find(_ secret: OpaqueToken?, site: String? = nil) async throws -> Attempt? {
        guard let secret, let attempt = try await known(secret.id), secret.isOf(attempt.digest),
            attempt.site == site
        else { return nil }
        return attempt
    }

    /// The one that a call goes on with: which it names, or in which its browser has shown
    /// something. One for another organization is another sign-in.
    /// - Throws: `StorageFailure`.
    func goingOn(_ call: OperationCall) async throws -> (attempt: Attempt, secret: OpaqueToken)? {
        guard let secret = Attempts.secret(of: call.request), let attempt = try await find(secret),
            call.text("attempt_token") != nil || !attempt.evidence.isEmpty,
            call.text("organization").map({ $0 == attempt.organization }) ?? true
        else { return nil }
        return (attempt, secret)
    }

    /// What binds a sign-in to the browser or the client that calls.
    static func secret(of request: RequestFacts) -> OpaqueToken? {
        let text = request.body?["attempt_token"]?.text ?? request.cookies[.attempt]
        return text.flatMap { OpaqueToken(.attempt, $0) }
    }

    /// One that a mail was sent for, for who has begun it: it may have ended before the mail was
    /// read, and goes on by that.
    func resumed(_ attempt: Attempt, by secret: OpaqueToken) -> Attempt? {
        guard secret.id == attempt.id, secret.isOf(attempt.digest) else { return nil }
        let end = host.now() / 1_000 + Int64(Attempt.lifetimeSeconds) * 1_000_000
        return attempt.ending(at: end)
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
