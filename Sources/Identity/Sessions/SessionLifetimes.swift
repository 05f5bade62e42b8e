/// How long sessions and refresh tokens live.
public struct SessionLifetimes: Sendable {
    /// Without activity.
    public var idleSeconds: Int64 = 7 * 86_400
    /// Whatever happens.
    /// - Source: NIST SP 800-63B-4, section 2.1.3 (30 days at AAL1).
    public var sessionSeconds: Int64 = 30 * 86_400
    /// Of each refresh token; its family ends with the session.
    public var refreshSeconds: Int64 = 7 * 86_400
    /// For how long the token before the last one gets the last one again; 0: never.
    public var refreshGraceSeconds: Int64 = 10
    /// Of one account; with one more, the oldest ends.
    public var sessionsMax = 20

    /// A browser is known for so long after it was last used to sign in.
    static let deviceSeconds: Int64 = 180 * 86_400
    /// Failures are counted together for so long after the last one.
    static let laneSeconds: Int64 = 30 * 86_400

    public init() {}
}
