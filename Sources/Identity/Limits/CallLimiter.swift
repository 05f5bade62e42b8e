public import Storage
import Synchronization

/// Counts calls: in the store that the nodes share, or each node for itself where there is none or
/// it does not answer. A node by itself admits its share of a limit: of all nodes together never
/// more come through.
public struct CallLimiter: Sendable {
    private let shared: (any ExpiringKeys)?
    private let own: MemoryKeys
    private let nodes: LiveNodes
    private let clock: @Sendable () -> Int64
    private let lapse = Lapse()

    /// - Parameter keys: Memory is this node's own; anything else is shared by all.
    /// - Parameter clock: Microseconds, never set back.
    public init(
        _ keys: any ExpiringKeys, nodes: LiveNodes, clock: @escaping @Sendable () -> Int64
    ) {
        let memory = keys as? MemoryKeys
        shared = memory == nil ? keys : nil
        own = memory ?? MemoryKeys(now: clock)
        self.nodes = nodes
        self.clock = clock
    }

    /// Whose calls they are.
    public enum Bucket: Sendable, Hashable {
        /// The id of an organization.
        case tenant(String)
        /// As text; of IPv6 the network alone.
        case address(String)

        fileprivate var name: String {
            switch self {
            case .tenant(let id): "tenant:\(id)"
            case .address(let text): "address:\(text)"
            }
        }
    }

    /// What was counted, without counting.
    /// - Returns: Whether by all nodes together, and the windows by which this node admits: by
    ///   itself, its share of each. `nil`: nobody could look.
    func usage(
        of bucket: Bucket, _ windows: [RateWindow]
    ) async -> (isShared: Bool, windows: [RateWindow], usages: [RateUsage])? {
        if let usages = try? await shared?.usage(of: bucket.name, windows) {
            return (true, windows, usages)
        }
        let share = share(of: windows)
        return (try? await own.usage(of: bucket.name, share)).map { (false, share, $0) }
    }

    /// Admits one call, or not. What is refused is not counted.
    /// - Returns: `nil` where nobody could count: this process has no room for more callers.
    public func admit(_ bucket: Bucket, _ windows: [RateWindow]) async -> Admission? {
        guard let shared else { return await ownShare(bucket, windows) }
        do throws(StorageFailure) {
            let admission = try await shared.admit(1, of: bucket.name, windows)
            guard admission.isAdmitted else { return admission }
            if lapse.isOver(clock()) {
                // Known here, too, in case the store goes away.
                _ = try? await own.admit(1, of: bucket.name, windows)
                return admission
            }
            // A store that was started anew does not know of the calls it has missed.
            guard let share = await ownShare(bucket, windows) else { return nil }
            return share.isAdmitted ? admission : share
        } catch {
            lapse.begin(clock())
            return await ownShare(bucket, windows)
        }
    }

    private func ownShare(_ bucket: Bucket, _ windows: [RateWindow]) async -> Admission? {
        try? await own.admit(1, of: bucket.name, share(of: windows))
    }

    private func share(of windows: [RateWindow]) -> [RateWindow] {
        let count = nodes.count
        return windows.map { $0.share(of: count) }
    }

    /// The time in which the shared store did not count every call.
    private final class Lapse: Sendable {
        /// A minute, which is the shortest window.
        private static let length: Int64 = 60_000_000
        private let last = Atomic<Int64>(.min)

        func begin(_ now: Int64) { last.store(now, ordering: .relaxed) }

        func isOver(_ now: Int64) -> Bool {
            let last = last.load(ordering: .relaxed)
            return last == .min || now - last > Self.length
        }
    }
}
