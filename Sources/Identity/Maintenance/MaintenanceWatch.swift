import Storage
import Synchronization

/// Maintenance as one node knows it: read together with what was revoked, twice a second, so that
/// what another node began is in force here within a second.
public final class MaintenanceWatch: Sendable {
    private struct Known {
        var row: MaintenanceRow?
        /// Microseconds since 1970, of the last look that succeeded.
        var readAt = Int64.min

        /// A look that began before a change does not take it back.
        mutating func keep(_ found: MaintenanceRow) {
            if let row, row.version > found.version { return }
            row = found
        }
    }

    private static let freshness: Int64 = 1_000_000

    private let known = Mutex(Known())

    init() {}

    /// - Parameter time: Of the beginning of the look.
    func take(_ row: MaintenanceRow, readAt time: Int64) {
        known.withLock { known in
            known.keep(row)
            known.readAt = time
        }
    }

    /// What this node has changed itself it knows at once.
    public func add(_ row: MaintenanceRow) { known.withLock { $0.keep(row) } }

    /// - Parameter now: Microseconds since 1970.
    public func notice(now: Int64) -> MaintenanceNotice {
        known.withLock { known in
            guard let row = known.row, known.readAt != .min,
                now - known.readAt <= Self.freshness
            else { return .unknown }
            return row.notice(now: now)
        }
    }
}
