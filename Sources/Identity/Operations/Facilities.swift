public import RegoMachine

/// What operations work with, beside rows. One for all of them: each call has it at hand.
public final class Facilities: Sendable {
    public let host: Host
    /// The URL by which clients know the deployment: `https://id.example.com`. Links in mails begin
    /// with it.
    public let issuer: String
    public let cursors: Cursors
    public let outbox: Outbox
    public let audit: AuditLog
    public let passwords: Passwords
    public let attempts: Attempts
    public let accessTokens: AccessTokens
    public let refreshTokens: RefreshTokens
    public let codes: ShortCodes
    public let lifetimes: SessionLifetimes
    public let challenges: ChallengeLookUps
    /// What was used of the limits of calls.
    public let callUsage: CallUsage
    /// What the policy that is active gives a tier; `nil`: it does not say.
    public let entitlements: @Sendable (_ tier: String) async -> JSON?

    public init(
        host: Host, issuer: String, cursors: Cursors, outbox: Outbox, audit: AuditLog,
        passwords: Passwords, attempts: Attempts, accessTokens: AccessTokens,
        refreshTokens: RefreshTokens, codes: ShortCodes, lifetimes: SessionLifetimes,
        challenges: ChallengeLookUps,
        callUsage: CallUsage,
        entitlements: @escaping @Sendable (_ tier: String) async -> JSON?
    ) {
        self.host = host
        self.issuer = issuer
        self.cursors = cursors
        self.outbox = outbox
        self.audit = audit
        self.passwords = passwords
        self.attempts = attempts
        self.accessTokens = accessTokens
        self.refreshTokens = refreshTokens
        self.codes = codes
        self.lifetimes = lifetimes
        self.challenges = challenges
        self.callUsage = callUsage
        self.entitlements = entitlements
    }
}

extension Facilities {
    /// The origin of an organization's host, which is asked as the issuer's is: by the same scheme
    /// and the same port.
    public func origin(of site: String) -> String {
        let scheme = issuer.hasPrefix("https://") ? "https://" : "http://"
        let authority = issuer.dropFirst(scheme.count)
        let end = authority.lastIndex(of: ":").map { authority[$0...] } ?? ""
        return scheme + site + (end.contains("]") ? "" : end)
    }
}
