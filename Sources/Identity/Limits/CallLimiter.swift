public import Storage

/// Counts calls: in the store that the nodes share, or in this process where that does not answer.
/// Each node then admits the whole limit, until the store is back.
public struct CallLimiter: Sendable {
    private let shared: any ExpiringKeys
    private let own: MemoryKeys

    public init(shared: any ExpiringKeys, own: MemoryKeys) {
        self.shared = shared
        self.own = own
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

    /// Admits one call, or not. What is refused is not counted.
    /// - Returns: `nil` where nobody could count: this process has no room for more callers.
    public func admit(_ bucket: Bucket, _ windows: [RateWindow]) async -> Admission? {
        do throws(StorageFailure) {
            return try await shared.admit(1, of: bucket.name, windows)
        } catch {
            return try? await own.admit(1, of: bucket.name, windows)
        }
    }
}
