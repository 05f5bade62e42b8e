import Decisions
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import Logging
import Rego
import Storage
import Synchronization

/// The limits of calls, as the policy that is active has them.
final class LimitTable: Sendable {
    private let known = Mutex<(revision: String, limits: CallLimits)?>(nil)

    private static let path = ["ostiary", "limits"]

    /// - Returns: The last good ones where another policy has none; `nil` where there were none.
    func limits(
        _ policy: SystemPolicy, _ pool: EvaluationPool, _ logger: Logger
    ) async -> CallLimits? {
        let last = known.withLock { $0 }
        if let last, last.revision == policy.revision { return last.limits }
        guard let found = await pool.run({ policy.document(at: Self.path, $0) }) else {
            return last?.limits
        }
        do throws(CallLimits.Failure) {
            let limits = try CallLimits(reading: found.json ?? [])
            known.withLock { $0 = (found.revision, limits) }
            return limits
        } catch {
            logger.error("the policy has no limits of calls, the last good ones stay: \(error)")
            if let last { known.withLock { $0 = (found.revision, last.limits) } }
            return last?.limits
        }
    }
}

/// What a client is told of its limits.
/// - Source: draft-ietf-httpapi-ratelimit-headers-11.
struct RateNotice: Sendable {
    let windows: [RateWindow]
    let admission: Admission

    private static let names = [60: "minute", 3_600: "hour", 86_400: "day"]

    private static func name(_ window: RateWindow) -> String {
        names[window.seconds] ?? "\(window.seconds)s"
    }

    var policy: String {
        windows.map { "\"\(Self.name($0))\";q=\($0.limit);w=\($0.seconds)" }.joined(separator: ", ")
    }

    /// Of the window that is nearest to its end.
    var state: String {
        let window = windows[admission.window]
        let seconds = admission.isAdmitted ? window.seconds : admission.retryAfterSeconds
        return "\"\(Self.name(window))\";r=\(admission.remaining);t=\(seconds)"
    }
}

extension PublicFront {
    /// Who brings no credential, or one that is no good, draws on what an address has.
    func admitAddress(_ arrival: inout Arrival) async throws(Fault) {
        guard let network = arrival.address?.network else { return }
        try await admit(.address(network), &arrival) { $0.address }
    }

    /// Who brings one draws on what its organization has.
    func admitTenant(
        _ loaded: Loaded, _ arrival: inout Arrival
    ) async throws(Fault) {
        // A session without an organization of its own draws on one that it belongs to.
        let bound = loaded.request.credential?.organization
        guard let organization = bound ?? loaded.subject.membership?.organization else {
            if arrival.rate == nil { try await admitAddress(&arrival) }
            return
        }
        // The least where the organization is not known: its key was good a moment ago.
        let tier = loaded.tenant?.id == organization ? loaded.tenant?.tier : nil
        try await admit(.tenant(organization), &arrival) { $0.windows(tier: tier ?? "") }
    }

    private func admit(
        _ bucket: CallLimiter.Bucket, _ arrival: inout Arrival,
        _ windows: (CallLimits) -> [RateWindow]
    ) async throws(Fault) {
        let isUnlimited = arrival.operation?.traits.contains(.unlimited) == true
        guard options.limitsCalls, !isUnlimited else { return }
        guard let limits = await limits.limits(deployment.policy, pool, logger) else {
            throw Fault(.policyError)
        }
        let windows = windows(limits)
        guard let admission = await limiter.admit(bucket, windows) else {
            var fault = Fault(.storeUnavailable)
            fault.retryAfterSeconds = 1
            throw fault
        }
        arrival.rate = RateNotice(windows: windows, admission: admission)
        guard admission.isAdmitted else {
            arrival.decision = nil
            var fault = Fault(.rateLimited)
            fault.retryAfterSeconds = admission.retryAfterSeconds
            throw fault
        }
    }
}

extension HTTPField.Name {
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")
    static let rateLimit = HTTPField.Name("RateLimit")
}
