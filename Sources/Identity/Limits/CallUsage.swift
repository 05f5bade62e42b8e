import Storage

/// What an organization has used of its limits of calls, and what is left: from where calls are
/// counted, without counting.
public struct CallUsage: Sendable {
    private let isEnforced: Bool
    private let limiter: CallLimiter
    private let limits: @Sendable () async -> CallLimits?

    /// - Parameter isEnforced: False where nothing is counted here.
    /// - Parameter limits: As the policy that is active has them.
    public init(
        isEnforced: Bool, _ limiter: CallLimiter,
        limits: @escaping @Sendable () async -> CallLimits?
    ) {
        self.isEnforced = isEnforced
        self.limiter = limiter
        self.limits = limits
    }

    static let fields: [Shape.Field] = [
        .init("enforced", .boolean, "False where calls are not limited here."),
        .init(
            "counted_by", .choice(["all_nodes", "this_node"]),
            "Without Redis, each node admits its share of a limit, and counts by itself."),
        .init(
            "windows",
            .array(
                of: .object([
                    .init("seconds", .integer(1...86_400)), .init("limit", .integer(0...Int64.max)),
                    .init("used", .integer(0...Int64.max)),
                    .init("remaining", .integer(0...Int64.max)),
                    .init(
                        "resets_at", .instant,
                        "When all of it is free again, if nobody calls until then."),
                ]), count: 0...8)),
    ]

    /// - Parameter now: Microseconds since 1970.
    /// - Throws: `Fault` where nobody can say.
    func members(
        of organization: String, tier: String, now: Int64
    ) async throws(Fault) -> [(String, JSON?)] {
        guard let limits = await limits() else { throw Fault(.policyError) }
        let found = await limiter.usage(of: .tenant(organization), limits.windows(tier: tier))
        guard let (isShared, windows, usages) = found else {
            var fault = Fault(.storeUnavailable)
            fault.retryAfterSeconds = 1
            throw fault
        }
        let rows = zip(windows, usages).map { window, usage -> JSON in
            [
                "seconds": .integer(Int64(window.seconds)), "limit": .integer(Int64(window.limit)),
                "used": .integer(Int64(usage.used)),
                "remaining": .integer(Int64(max(0, window.limit - usage.used))),
                "resets_at": .text(Instant.text(now + usage.resetMicroseconds)),
            ]
        }
        return [
            ("enforced", .boolean(isEnforced)),
            ("counted_by", .text(isShared ? "all_nodes" : "this_node")),
            ("windows", .array(rows)),
        ]
    }
}
